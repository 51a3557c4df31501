"""Files of S1Tiling by pass: what their names say, and whether their tags agree."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iota_py.errors import Fault, InputError
from iota_py.io.raster import read_tags
from iota_py.products.container import fingerprint
from iota_py.products.source import Source

_TIME = re.compile(r"(\d{4})[:-](\d{2})[:-](\d{2})[T ](\d{2}):(\d{2}):(\d{2})")


@dataclass(frozen=True, order=True)
class Passage:
    """One pass over one tile, as the names of its files say. time: hhmmss of a single image, `xxxxxx` of several put together."""

    tile: str
    direction: str
    orbit: int
    date: str
    time: str
    unit: str
    calibration: str

    @property
    def id(self) -> str:
        """Name without polarisation."""
        parts = (self.unit, self.tile, self.direction, f"{self.orbit:03d}", f"{self.date}t{self.time}", self.calibration)
        return "_".join(part for part in parts if part)

    @property
    def when(self) -> dt.datetime:
        """Time in the name, UTC; midnight where it says none. Raises ValueError for a day that does not exist."""
        time = "000000" if self.time == "xxxxxx" else self.time
        return dt.datetime.strptime(self.date + time, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class PassageFiles:
    """Files of a passage in one folder, by polarisation: bands, and border masks (1 = seen)."""

    bands: dict[str, Path] = field(default_factory=dict)
    masks: dict[str, Path] = field(default_factory=dict)


def find_passages(source: Source, filtered: bool) -> list[tuple[Passage, PassageFiles]]:
    """Passages under the folder of a source, three levels deep, in order; filtered: those that S1Tiling has filtered, else the others.

    A passage comes once for each folder that holds files of it.
    """
    pattern = source.family.band_file
    assert pattern is not None
    found: dict[tuple[Passage, Path], PassageFiles] = {}
    for path in sorted(p for depth in ("*.tif*", "*/*.tif*", "*/*/*.tif*") for p in source.path.glob(depth)):
        match = pattern.match(path.name)
        if match is None or not path.is_file() or bool(match["filtered"]) is not filtered:
            continue
        passage = _passage(match)
        if passage is not None:
            files = found.setdefault((passage, path.parent), PassageFiles())
            (files.masks if match["mask"] else files.bands).setdefault(match["polarisation"], path)
    return [(passage, files) for (passage, _), files in sorted(found.items(), key=lambda item: item[0])]


def _passage(match: re.Match[str]) -> Passage | None:
    """What a name says; None for a time that does not exist."""
    said = match.groupdict()
    passage = Passage(
        said["tile"], said["direction"], int(said["orbit"]), said["date"], said["time"], said["unit"], said["calibration"] or ""
    )
    try:
        return passage if passage.when else None
    except ValueError:
        return None


def checked_tags(path: Path, passage: Passage, polarisation: str) -> dict[str, str]:
    """Tags of a file. Raises InputError where one contradicts the name; a tag that is missing contradicts nothing."""
    tags = _tags_of(str(path), fingerprint([path]))
    said = {
        "FLYING_UNIT_CODE": passage.unit,
        "S2_TILE_CORRESPONDING_CODE": passage.tile,
        "POLARIZATION": polarisation,
        "ORBIT_DIRECTION": passage.direction,
        "RELATIVE_ORBIT_NUMBER": f"{passage.orbit:03d}",
        "ACQUISITION_DATETIME": passage.date,
        **({"CALIBRATION": passage.calibration} if passage.calibration else {}),
    }
    found = {**tags, "RELATIVE_ORBIT_NUMBER": tags.get("RELATIVE_ORBIT_NUMBER", "").zfill(3)}
    found["ACQUISITION_DATETIME"] = f"{when:%Y%m%d}" if (when := tagged_time(tags)) else ""
    for name, value in said.items():
        if tags.get(name) and found[name] and found[name].lower() != value.lower():
            raise InputError(Fault("E-PRD-042", str(path), name, f"the tag says {tags[name]}, the name {value}"))
    return tags


@functools.lru_cache(maxsize=65536)
def _tags_of(path: str, stamp: tuple[tuple[str, int, int], ...]) -> dict[str, str]:
    """Tags of a file, read once for each of its states: each direction of an input asks for them. Not to be changed."""
    return read_tags(path)


def tagged_time(tags: Mapping[str, str]) -> dt.datetime | None:
    """Time of the (first) image, UTC; `2020:01:08T04:41:50Z`, or with a blank in old versions."""
    match = _TIME.match(tags.get("ACQUISITION_DATETIME") or tags.get("ACQUISITION_DATETIME_1") or "")
    try:
        return dt.datetime(*map(int, match.groups()), tzinfo=dt.UTC) if match else None  # type: ignore[arg-type]
    except ValueError:
        return None
