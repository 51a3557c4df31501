"""Every text that pages show, as it stands in templates and sources, for the tests of their translations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2] / "iota_py"
TEMPLATES = ROOT / "assessment" / "templates"
MARKS = ("_", "marked", "text")  # functions whose text is shown
_SENTENCE = re.compile(
    r"one draw of .*|1 (used|merged|set aside)|polygons (in|of|out|with).*|pixels outside .*"
)  # without a value, put together too
APART = ("compare.html.j2",)  # pages in English alone


def of_templates() -> dict[str, str]:
    """Text -> template, of every `_("…")`."""
    found = {}
    for path in sorted(TEMPLATES.glob("*.j2")):
        if path.name in APART:
            continue
        for call in Environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_" and isinstance(call.args[0], nodes.Const):
                found[call.args[0].value] = path.name
    return found


def of_sources() -> dict[str, str]:
    """Text -> module, of every `_("…")`, `marked("…")` and of titles and alternatives of topics."""
    found = {}
    for path, tree in _trees("assessment", "pipeline/topics", "pipeline/steps"):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            if call.func.id in MARKS and len(call.args) == 1:
                found.update(dict.fromkeys(_constants(call.args[0]), path.name))
            if call.func.id == "Topic":
                found.update(dict.fromkeys(_topic_texts(call), path.name))
    return found


def literals() -> set[str]:
    """Every constant text of the sources, and every one with values in it, these written as `\\0`."""
    found: set[str] = set()
    for _, tree in _trees("."):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value, node.value.replace("_", " ")}
            elif isinstance(node, ast.JoinedStr):
                found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values))
    return found


def is_used(text: str, known: set[str]) -> bool:
    """Whether a text of a table stands in some source. Sentences with gaps are put together there: all their words must stand in texts."""
    if text in known:
        return True
    words = {word for one in known for word in _words(one)}
    return ("#" in text or "…" in text or _SENTENCE.fullmatch(text) is not None) and _words(text) <= words


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{3,}", text))


def _trees(*places: str) -> Iterator[tuple[Path, ast.Module]]:
    for place in places:
        for path in sorted((ROOT / place).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _constants(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be: itself, or either branch of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _topic_texts(call: ast.Call) -> Iterator[str]:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    title = call.args[0] if call.args else named.get("title")
    if title is not None:
        yield from _constants(title)
    alternatives = call.args[3] if len(call.args) > 3 else named.get("alternatives")
    if isinstance(alternatives, ast.Dict):
        for value in alternatives.values:
            yield from _constants(value)
