"""What pages are made with: templates in a language, and pictures that are part of the page."""

from __future__ import annotations

import base64
import functools
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from iota_py.assessment import wording
from iota_py.assessment.baseline import interval_texts
from iota_py.assessment.language import known_texts, said, translator
from iota_py.assessment.regression import figures

TEMPLATES = Path(__file__).parent / "templates"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Image = bytes | Callable[[str], bytes]  # a PNG, or what draws it in a language
_FILTERS: Mapping[str, Callable[..., Any]] = {
    "score": wording.score,
    "spread": wording.spread,
    "signed": wording.signed,
    "count": wording.count,
    "duration": wording.duration,
    "percent": wording.percent,
    "change": wording.change,
    "figures": figures,
    "hectares": wording.hectares,
    "signed_hectares": wording.signed_hectares,
    "moment": wording.moment,
    "said": said,
    "interval_texts": interval_texts,
    "p_value": wording.p_value,
}


@dataclass(frozen=True)
class Picture:
    """An image ready for the page. width, height: pixels."""

    source: str
    alternative: str
    width: int
    height: int


def environment(language: str = "en") -> Environment:
    """Templates whose texts, `_("… %(name)s …", name=value)` with values escaped, and filters of numbers are those of a language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["_"] = _texts(language)
    made.filters.update({name: functools.partial(write, language=language) for name, write in _FILTERS.items()})
    made.filters["keys"] = as_keys
    made.globals.update(language=language, undefined_word=wording.undefined(language))
    return made


def as_keys(text: str) -> Markup:
    """A plain sentence with what stands between back-quotes, keys of a configuration or commands, as code. All of it is escaped."""
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:  # a quote without its fellow
        return escape(text)
    return Markup("").join(Markup("<code>%s</code>") % part if place % 2 else part for place, part in enumerate(parts))


def _texts(language: str) -> Callable[..., Markup]:
    """`_` of the templates: a text of the tables is part of the page and may hold `%(name)s` and `%%`, any other text is escaped; so are values."""
    text, known = translator(language), known_texts()

    def translated(english: str, **values: Any) -> Markup:
        if english in known:
            return Markup(text(english)) % values  # noqa: S704 - what a table holds was written here
        return escape(english) % values if values else escape(english)

    return translated


def drawn(images: Mapping[str, Image], language: str) -> dict[str, bytes]:
    """The images as PNG bytes, those that hold words in the language. Raises ValueError when one is not a PNG."""
    found: dict[str, bytes] = {name: image if isinstance(image, bytes) else image(language) for name, image in images.items()}
    for name, png in found.items():
        if not png.startswith(PNG_SIGNATURE):
            raise ValueError(f"image `{name}` is not a PNG")
    return found


def picture(png: bytes, alternative: str) -> Picture:
    """A PNG as part of the page."""
    width, height = struct.unpack(">II", png[16:24])
    return Picture("data:image/png;base64," + base64.b64encode(png).decode("ascii"), alternative, width, height)


def nested(value: Any) -> bool:
    """Whether a value is shown on several lines."""
    return isinstance(value, (Mapping, list, tuple))
