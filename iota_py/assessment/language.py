"""Texts of the pages in the language of their reader: English is what stands in the code, other languages are tables of what it becomes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

LANGUAGES = {"en": "English", "fr": "Français"}
NUMBER, REST = "#", "…"  # stand in a table for a number, and for any words, of a sentence that was made elsewhere
_FOLDERS = {"fr": Path(__file__).parent / "french"}
_PARTS = {NUMBER: r"(\d[\d.,\u202f]*\d|\d)", REST: r"(.+?)"}


def translator(language: str) -> Callable[[str], str]:
    """English text -> text of the language; a text that no table holds stays as it is. Raises KeyError for a language without tables.

    Texts may hold `%(name)s`, filled in afterwards, by the same names in every language.
    """
    if language == "en":
        return lambda text: text
    table = catalogue(language)
    return lambda text: table.get(text, text)


def spoken(languages: Sequence[str]) -> tuple[str, ...]:
    """Those of the languages that pages can be written in, in their order; English where there is none."""
    return tuple(language for language in languages if language in LANGUAGES) or ("en",)


def marked(text: str) -> str:
    """The text itself: says that it is shown on a page and has its translations, where it is translated later."""
    return text


def said(sentence: str, language: str) -> str:
    """A sentence with its values in it, in the language: that of the table whose text is the same but for numbers (`#`) and words (`…`),
    which are carried over in their order; the sentence itself where there is none."""
    if language == "en":
        return sentence
    found = catalogue(language).get(sentence)
    if found is not None:
        return found
    for pattern, other in _patterns(language):
        match = pattern.fullmatch(sentence)
        if match:
            return _filled(other, match.groups())
    return sentence


def _filled(text: str, values: Sequence[str]) -> str:
    """A text with its gaps filled, in their order."""
    pieces = re.split(f"[{NUMBER}{REST}]", text)
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))


@functools.lru_cache
def catalogue(language: str) -> dict[str, str]:
    """All the texts of a language: English -> it, from one YAML file for each subject. Raises ValueError for a text with two translations."""
    found: dict[str, str] = {}
    for path in sorted(_FOLDERS[language].glob("*.yaml")):
        for english, other in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            if found.setdefault(english, other) != other:
                raise ValueError(f"{path.name}: {english!r} has two translations")
    return found


@functools.lru_cache
def known_texts() -> frozenset[str]:
    """Every English text that a table translates."""
    return frozenset(text for language in _FOLDERS for text in catalogue(language))


@functools.lru_cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Texts with gaps as expressions; those with the fewest open words first."""
    gaps = {key: other for key, other in catalogue(language).items() if NUMBER in key or REST in key}
    ordered = sorted(gaps, key=lambda key: (key.count(REST), -len(key), key))
    return [
        (re.compile("".join(_PARTS.get(part, re.escape(part)) for part in re.split(f"([{NUMBER}{REST}])", key))), gaps[key])
        for key in ordered
    ]
