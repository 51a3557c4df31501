"""Strict YAML: what a person wrote is what is read.

Refused: files over 1 MB, aliases (a few lines can unfold to millions of nodes), duplicate keys (YAML keeps the last in silence), tags
that build Python objects, nesting deeper than 20. Plain scalars are numbers, true, false, null or text: `NO`, `on`, `12:30`,
`0100` and dates stay text, so that the schema decides what they mean.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from iota_py.errors import ConfigError, Fault

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class _StrictLoader(yaml.SafeLoader):
    """A safe loader with its own idea of plain scalars; see the module."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, f"aliases are not allowed (*{event.anchor})", event.start_mark)
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"nested deeper than {MAX_DEPTH}", self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: dict[Any, Any] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int)):
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is not a word", key_node.start_mark)
            if key in seen:
                lines = f"lines {seen[key].line + 1} and {key_node.start_mark.line + 1}"
                raise yaml.constructor.ConstructorError(None, None, f"key `{key}` is given twice ({lines})", key_node.start_mark)
            seen[key] = key_node.start_mark
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false|True|False)$", "tfTF"),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|nan)$",
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", ["~", "n", ""]),
):
    _StrictLoader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def read_yaml(path: str | Path) -> Any:
    """Content of a YAML file. Raises ConfigError with the line and column of what cannot be read."""
    path = Path(path)
    try:
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8") if size <= MAX_BYTES else ""
    except FileNotFoundError:
        raise ConfigError(Fault("E-YML-001", str(path), "", "no such file", "check the path")) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Fault("E-YML-001", str(path), "", f"cannot be read as UTF-8 text ({error})")) from error
    if size > MAX_BYTES:
        raise ConfigError(Fault("E-YML-002", str(path), "", f"{size} bytes, expected at most {MAX_BYTES}"))
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str) -> Any:
    """Content of a YAML text; `source` names it in messages."""
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derives from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        hint = "use spaces, not tabs, to indent" if "\\t" in str(error.problem) else ""
        raise ConfigError(Fault("E-YML-003", source, place, str(error.problem or error.context or "not YAML"), hint)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(Fault("E-YML-003", source, "", f"not YAML ({' '.join(str(error).split())[:200]})")) from error
    except (KeyError, AttributeError) as error:  # PyYAML's answer to `!!bool maybe` and `!!timestamp soon`
        raise ConfigError(Fault("E-YML-003", source, "", "a value does not fit its tag (`!!…`)", "leave the tag out")) from error


def yaml_text(document: Any) -> str:
    """A document as YAML, keys in the order given."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=140)
