"""One subject of the report, made by itself: its values, its pictures, and the template `templates/<name>.html.j2` that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iota_py.assessment.page import Image


@dataclass(frozen=True)
class Topic:
    """title: heading and entry of the contents, in English. values: `topic.values` of the template. images: PNG by name, unlike those of any
    other topic, or what draws it in a language (`en`, `fr`). alternatives: what each image says to who cannot see it; one for each image."""

    title: str
    values: Mapping[str, Any]
    images: Mapping[str, Image] = field(default_factory=dict)
    alternatives: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if set(self.images) != set(self.alternatives):
            raise ValueError(f"topic {self.title!r}: an image without a text that says what it shows, or a text without its image")
