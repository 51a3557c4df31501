"""Section `assessment.map_accuracy`: points of a probability sample of the map that were interpreted."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from iota_py.config.section import Section


class MapAccuracy(Section):
    """What the points that `iota-py accuracy design` drew from this map, and people interpreted, say of it."""

    points: Path = Field(description="GeoPackage of `iota-py accuracy design`, with its labels filled in")
    unanswered: Literal["refuse", "drop"] = Field(
        "refuse", description="drop: points without a label are left out, as if they had not been drawn"
    )
