"""Reader of Sentinel-1 backscatter as S1Tiling writes it: one file per pass and polarisation, on the grid of the tile.

An input is split in series that never mix directions. Without `radar.orbits` there is one series per direction (`sentinel1_asc`,
`sentinel1_des`), so that all tiles share their columns: each tile keeps the one relative orbit that has most dates there, and the
passes of the others are set aside. With `radar.orbits`, the orbits listed are kept: one series per direction while no tile sees
two of them, else one per direction and orbit (`sentinel1_des_007`).

Files hold linear power, 0 where there is none. They are stored as decibels × 100, or as power × 10,000, which ends at 3.2767 (5.2 dB).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, InputError
from iota_py.products.container import fingerprint, require_folder
from iota_py.products.deliveries import aside, judged
from iota_py.products.family import Family
from iota_py.products.passages import Passage, PassageFiles, checked_tags, find_passages, tagged_time
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.source import Interval, Source

_LARGEST = 3.4028234663852886e38  # the largest float32
_SUFFIXES = {"ASC": "asc", "DES": "des"}
_DIRECTIONS = {"ascending": ("ASC",), "descending": ("DES",), "both": ("ASC", "DES")}


@dataclass(frozen=True)
class Track:
    """What one series holds: a direction (`ASC`, `DES`) and its relative orbits, none for any."""

    direction: str
    orbits: tuple[int, ...] = ()


def split_tracks(source: Source) -> tuple[Source, ...]:
    """The series that an input holds; see the head of this module.

    Raises InputError: E-PRD-040 no file of the directions asked for, E-PRD-041 an orbit listed that no file has.
    """
    require_folder(source)
    radar = _radar(source)
    found = sorted({(p.direction, p.orbit, p.tile) for p, files in find_passages(source, radar["filtered"]) if files.bands})
    wanted = [entry for entry in found if entry[0] in _DIRECTIONS[radar["direction"]]]
    if not wanted:
        seen = ", ".join(sorted({direction for direction, _, _ in found})) or "none"
        kind = "filtered file" if radar["filtered"] else "file"
        text = f"no {kind} of {source.family.title} of direction {radar['direction']} (found: {seen})"
        raise InputError(Fault("E-PRD-040", str(source.path), f"inputs.{source.name}.radar", text, "check the path and `radar`"))
    listed = tuple(radar["orbits"] or ())
    absent = sorted(set(listed) - {orbit for _, orbit, _ in wanted})
    if absent:
        have = ", ".join(f"{direction} {orbit:03d}" for direction, orbit in sorted({(d, o) for d, o, _ in wanted}))
        text = f"no file of relative orbit {', '.join(map(str, absent))} (found: {have})"
        raise InputError(Fault("E-PRD-041", str(source.path), f"inputs.{source.name}.radar.orbits", text))
    return tuple(_series_of(source, radar, *named) for named in _tracks(wanted, listed))


def _tracks(found: Iterable[tuple[str, int, str]], listed: tuple[int, ...]) -> list[tuple[str, Track]]:
    """Suffix and track of each series, from (direction, orbit, tile)."""
    tracks = []
    kept = [entry for entry in found if not listed or entry[1] in listed]
    for direction in dict.fromkeys(direction for direction, _, _ in kept):
        own = [(orbit, tile) for d, orbit, tile in kept if d == direction]
        several = max(Counter(tile for _, tile in own).values()) > 1
        orbits = tuple(dict.fromkeys(orbit for orbit, _ in own)) if listed else ()
        if listed and several:
            tracks.extend((f"{_SUFFIXES[direction]}_{orbit:03d}", Track(direction, (orbit,))) for orbit in orbits)
        else:
            tracks.append((_SUFFIXES[direction], Track(direction, orbits)))
    return tracks


def _series_of(source: Source, radar: Mapping[str, Any], suffix: str, track: Track) -> Source:
    """The source of one series. Bands are the polarisations asked for, unless the input names its bands itself."""
    named = source.choice.bands != source.family.default_bands
    bands = source.choice.bands if named else tuple(radar["polarisations"])
    options = {**source.options, "track": track}
    return replace(source, name=f"{source.name}_{suffix}", choice=replace(source.choice, bands=bands), options=options)


def find_s1tiling(source: Source) -> list[Product | SetAside]:
    """The passes of one series, `source.options["track"]`, from all the files of the folder.

    Set aside as bad: a pass that lacks a polarisation, tags that contradict the names, and, where calibrations disagree anywhere in the
    folder, those of all but the most frequent one.
    """
    require_folder(source)
    track, radar = source.options["track"], _radar(source)
    masks: dict[Passage, dict[str, Path]] = {}
    for passage, files in find_passages(source, filtered=False):
        if files.masks:  # a filtered file has no mask of its own, but that of the file it was made from
            masks.setdefault(passage, files.masks)
    scanned = [(passage, files) for passage, files in find_passages(source, radar["filtered"]) if files.bands]
    read = _calibrated_alike([(p, _read(p, files, files.masks or masks.get(p, {}), source)) for p, files in scanned])
    read = [(p, e) for p, e in read if p.direction == track.direction and (not track.orbits or p.orbit in track.orbits)]
    return [entry for _, entry in _one_orbit(_without_parts(read), source.options.get("period"))]


_Read = list[tuple[Passage, Product | SetAside]]


def _radar(source: Source) -> dict[str, Any]:
    """The section `radar` of the input over the defaults of the family."""
    return {**source.family.options["radar"], **(source.options.get("radar") or {})}


def _read(passage: Passage, files: PassageFiles, masks: Mapping[str, Path], source: Source) -> Product | SetAside:
    try:
        return judged(_product(passage, files, masks, source), source.bad)
    except InputError as error:
        return SetAside(passage.id, passage.tile, passage.when, "bad", str(error), platform=passage.unit.upper())


def _product(passage: Passage, files: PassageFiles, masks: Mapping[str, Path], source: Source) -> Product:
    bands = source.choice.bands
    missing = [band for band in bands if band not in files.bands]
    if missing:
        text = f"expected the polarisations {', '.join(bands)}, missing {', '.join(missing)}"
        raise InputError(Fault("E-PRD-006", str(next(iter(files.bands.values())).parent), passage.id, text, "check `radar.polarisations`"))
    tags = {band: checked_tags(files.bands[band], passage, band) for band in bands}
    calibrations = {band: one.get("CALIBRATION", passage.calibration).lower() for band, one in tags.items()}
    if len(set(calibrations.values())) > 1:
        text = "; ".join(f"{band} is calibrated as {calibration or 'unknown'}" for band, calibration in calibrations.items())
        raise InputError(Fault("E-PRD-043", str(files.bands[bands[0]]), "CALIBRATION", text, "make the tile again with S1Tiling"))
    calibration = calibrations[bands[0]]
    used = {band: masks[band] for band in bands if band in masks}
    first = tags[bands[0]]
    return Product(
        id=passage.id,
        family=source.family.name,
        platform=passage.unit.upper(),
        level=calibration,
        when=passage.when if passage.time != "xxxxxx" else tagged_time(first) or passage.when,
        tile=passage.tile,
        version=(0, 0),
        bands={band: _layer(files.bands[band], source.family, _radar(source)["unit"]) for band in bands},
        masks=tuple(MaskLayer(Layer(str(path)), values=(0,), footprint=True) for path in used.values()),
        nodata=source.family.nodata,
        valid_range=(0.0, _LARGEST),
        cloud_share=None,
        fingerprint=fingerprint([*(files.bands[band] for band in bands), *used.values()]),
        warnings=() if calibration else ("neither its name nor its tags say how it is calibrated",),
        about={"relative_orbit": float(passage.orbit)},
    )


def _layer(path: Path, family: Family, unit: str) -> Layer:
    stored = family.options["units"][unit]
    return Layer(str(path), 1, float(stored["scale"]), 0.0, stored["law"])


def _calibrated_alike(read: _Read) -> _Read:
    """Calibrations are not comparable: all but the most frequent one are set aside. Where none is said it is taken to be that one."""
    counts = Counter(entry.level for _, entry in read if isinstance(entry, Product) and entry.level)
    common = min(counts, key=lambda calibration: (-counts[calibration], calibration), default="")

    def judged(entry: Product | SetAside) -> Product | SetAside:
        if isinstance(entry, SetAside) or entry.level in ("", common):
            return entry
        text = f"calibrated as {entry.level}, most of this input as {common}"
        path = next(iter(entry.bands.values())).path
        return aside(entry, "bad", Fault("E-PRD-044", path, "CALIBRATION", text).line())

    return [(passage, judged(entry)) for passage, entry in read]


def _without_parts(read: _Read) -> _Read:
    """Single images are set aside where the whole pass, made of several, is there too."""
    whole = {replace(p, time=""): e.id for p, e in read if p.time == "xxxxxx" and isinstance(e, Product)}

    def judged(passage: Passage, entry: Product | SetAside) -> Product | SetAside:
        found = whole.get(replace(passage, time=""))
        part = isinstance(entry, Product) and passage.time != "xxxxxx" and found
        return aside(entry, "duplicate", f"a part of {found}") if part else entry

    return [(passage, judged(passage, entry)) for passage, entry in read]


def _one_orbit(read: _Read, period: tuple[dt.date | None, dt.date | None] | None) -> _Read:
    """Each tile keeps the relative orbit with most dates inside the period, of equals the lowest; the others are set aside."""
    inside = Interval(*(period or (None, None)))
    days: dict[tuple[str, int], set[dt.date]] = {}
    for passage, entry in read:
        if isinstance(entry, Product):
            days.setdefault((passage.tile, passage.orbit), set()).update([entry.date] if inside.holds(entry.date) else [])
    best: dict[str, int] = {}
    for tile, orbit in sorted(days, key=lambda key: (-len(days[key]), key)):
        best.setdefault(tile, orbit)

    def judged(passage: Passage, entry: Product | SetAside) -> Product | SetAside:
        if isinstance(entry, SetAside) or passage.orbit == best[passage.tile]:
            return entry
        own, other = len(days[passage.tile, passage.orbit]), len(days[passage.tile, best[passage.tile]])
        counted = f"relative orbit {passage.orbit} has {own} dates on this tile, {best[passage.tile]} has {other}"
        return aside(entry, "excluded", f"{counted}; list both under radar.orbits for a series of each")

    return [(passage, judged(passage, entry)) for passage, entry in read]
