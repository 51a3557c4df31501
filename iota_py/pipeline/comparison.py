"""Two class maps of one grid, compared: `iota-py compare`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py import __version__
from iota_py.assessment.agreement import agreement_document
from iota_py.assessment.compare_page import Comparison, render_comparison
from iota_py.assessment.quicklooks import map_quicklook
from iota_py.assessment.rivals import rival_document, rival_table
from iota_py.assessment.thumbnail import Thumbnail
from iota_py.assessment.transition_figure import transition_figure
from iota_py.assessment.transition_rules import TransitionRule, implausible_pairs, implausible_table, read_rules
from iota_py.assessment.transitions import (
    DIFFERENCE,
    class_changes,
    difference,
    difference_table,
    joint_counts,
    transition_matrix,
    transition_table,
    unknown_values,
)
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.area import pixel_hectares
from iota_py.grid.lattice import common_part, same_lattice
from iota_py.grid.windows import Window
from iota_py.io.documents import read_yaml
from iota_py.io.publish import write_bytes, write_json, write_text
from iota_py.io.raster import gdal_version
from iota_py.io.tables import write_csv
from iota_py.nomenclature import NODATA, Nomenclature
from iota_py.pipeline.class_maps import PIXELS, ClassMap, Reader, open_class_map, stranger_fault, window_blocks
from iota_py.pipeline.class_rasters import write_class_map
from iota_py.pipeline.rivals import rival_runs
from iota_py.pipeline.steps.reporting import grid_facts

MAX_SIDE = 900
PAGE, DIFFERENCE_MAP, AGREEMENT = "compare.html", "difference.tif", "agreement.json"
TRANSITIONS, FIGURE, IMPLAUSIBLE, CLASSES, SKILL = "transitions.csv", "transitions.png", "implausible.csv", "classes.csv", "skill.csv"


@dataclass(frozen=True)
class Pair:
    """Two maps on the pixels that they share. parts: these pixels, as a window of each. notes: what a reader must know."""

    maps: tuple[ClassMap, ClassMap]
    parts: tuple[Window, Window]
    nomenclature: Nomenclature
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What the page calls them: their names, their files where these are the same."""
        a, b = self.maps
        return (a.name, b.name) if a.name != b.name else (str(a.path), str(b.path))

    @property
    def grid(self) -> GeoBox:
        """Grid of the pixels that they share."""
        return self.parts[0].of(self.maps[0].grid)


@dataclass
class Counted:
    """What one pass over the pixels gives: pixels of each pair of values, int64 (256, 256), and small images of both maps."""

    joint: np.ndarray
    before: Thumbnail
    after: Thumbnail


def compare(places: tuple[Path, Path], folder: Path, rules: Path | None = None, nomenclature: Path | None = None) -> Comparison:
    """Write the comparison of two maps into a folder: `difference.tif`, tables, figure and page; what the page shows.

    places: rasters or folders of runs, of which the held-out polygons are compared too. rules: file of implausible changes. nomenclature: of rasters that
    no run explains.
    Raises ConfigError or InputError: E-CMP-004 to 006, 009 to 013 and 015, E-NOM-013 to 017.
    """
    pair = find_pair(places, nomenclature)
    read = () if rules is None else read_rules(read_yaml(rules), pair.nomenclature, str(rules))
    skill, reason = rival_runs(places, pair.names, pair.nomenclature)
    pair = replace(pair, notes=(*pair.notes, reason)) if reason else pair
    odd = implausible_pairs(read)
    counted = write_difference(pair, odd, folder / DIFFERENCE_MAP)
    page = replace(described(pair, counted, read if rules is not None else None, "" if rules is None else str(rules)), skill=skill)
    write_tables(page, folder, pair)
    write_bytes(folder / FIGURE, page.images["transitions"])
    write_text(folder / PAGE, render_comparison(page))
    return page


def find_pair(places: tuple[Path, Path], nomenclature: Path | None = None) -> Pair:
    """The two maps, when they can be compared. Raises ConfigError or InputError when not."""
    a, b = (open_class_map(place, nomenclature) for place in places)
    if a.nomenclature is None or b.nomenclature is None:
        shared = (a if b.nomenclature is None else b).known()  # what one run knows explains the raster beside it
    else:
        shared = a.nomenclature
        if _named(shared) != _named(b.nomenclature):
            text = f"its classes ({b.nomenclature.name}) are not those of {a.name} ({shared.name})"
            raise ConfigError(Fault("E-CMP-004", str(b.path), "", text, "bring one of them to the other: iota-py aggregate"))
    if not same_lattice(a.grid, b.grid):
        raise InputError(Fault("E-CMP-005", str(b.path), "", f"other pixels than {a.path}: {_grids_differ(a.grid, b.grid)}", _GRID_FIX))
    parts = common_part(a.grid, b.grid)
    if parts is None:
        raise InputError(Fault("E-CMP-006", str(b.path), "", f"no pixel in common with {a.path}", "give two maps of one place"))
    return Pair((a, b), parts, shared, tuple(_notes(a, b, parts)))


_GRID_FIX = "warp one to the grid of the other, by nearest neighbour (gdalwarp -r near -te … -tr …)"


def write_difference(pair: Pair, implausible: np.ndarray, path: Path, pixels: int = PIXELS) -> Counted:
    """Publish the difference raster and count, in one pass by windows. Raises InputError E-NOM-017 for values that are no codes, E-CMP-013 when no
    pixel has a class in both maps; then nothing is published."""
    table = difference_table(implausible)
    shape = pair.parts[0].shape
    counted = Counted(np.zeros((256, 256), np.int64), Thumbnail.of(shape, MAX_SIDE), Thumbnail.of(shape, MAX_SIDE))

    def blocks() -> Iterator[tuple[Window, np.ndarray]]:
        with Reader(pair.maps[0], pair.parts[0]) as first, Reader(pair.maps[1], pair.parts[1]) as second:
            for window in window_blocks(pair.maps[0], pair.parts[0], pixels):
                before, after = first(window), second(window)
                counted.joint += joint_counts(before, after)
                counted.before.take(window.row, window.col, before)
                counted.after.take(window.row, window.col, after)
                yield window, difference(before, after, table)
        _check(pair, counted.joint)

    write_class_map(path, pair.grid, DIFFERENCE, blocks())
    return counted


def described(pair: Pair, counted: Counted, rules: Sequence[TransitionRule] | None, rules_file: str) -> Comparison:
    """The numbers and images of a comparison. rules: None where no file was given."""
    classes, hectares = pair.nomenclature, pixel_hectares(pair.grid)
    matrix, odd = transition_matrix(counted.joint, classes), implausible_pairs(rules or ())
    only = int(counted.joint[1:, NODATA].sum()), int(counted.joint[NODATA, 1:].sum())
    seen = (counted.before.values, counted.after.values)
    images = {
        "before": map_quicklook(seen[0], classes),
        "after": map_quicklook(seen[1], classes),
        "difference": map_quicklook(difference(*seen, difference_table(odd)), DIFFERENCE),
        "transitions": transition_figure(matrix, odd, classes, hectares, pair.names),
    }
    return Comparison(
        names=pair.names,
        places=(str(pair.maps[0].path), str(pair.maps[1].path)),
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        nomenclature=classes,
        grid=grid_facts(pair.grid),
        agreement=agreement_document(matrix, classes, only),
        changes=class_changes(matrix, classes, hectares),
        transitions=transition_table(matrix, odd, classes, hectares),
        implausible=None if rules is None else implausible_table(counted.joint, rules, classes, hectares),
        images=images,
        versions={"iota_py": __version__, "GDAL": gdal_version()},
        notes=pair.notes,
        rules=rules_file,
    )


def write_tables(page: Comparison, folder: Path, pair: Pair) -> None:
    """`transitions.csv`, `classes.csv`, `agreement.json`, `implausible.csv` where there are rules, `skill.csv` of two runs of one reference."""
    write_csv(folder / TRANSITIONS, page.transitions.round({"hectares": 4, "share_of_from": 6}))
    write_csv(folder / CLASSES, page.changes.round(4))
    if page.implausible is not None:
        write_csv(folder / IMPLAUSIBLE, page.implausible.round({"hectares": 4}))
    if page.skill is not None:
        write_csv(folder / SKILL, rival_table(page.skill).round(6))
    write_json(folder / AGREEMENT, agreement_file(page, pair))


def agreement_file(page: Comparison, pair: Pair) -> dict[str, Any]:
    """Content of `agreement.json`: the scores, and what was compared."""
    changed: Mapping[str, Any] = {c.alias: c.code for c in DIFFERENCE.classes}
    return {
        **page.agreement,
        "maps": [{"name": name, "path": place} for name, place in zip(page.names, page.places)],
        "nomenclature": page.nomenclature.name,
        "common_part": [[part.row, part.col, part.height, part.width] for part in pair.parts],
        "pixel_hectares": pixel_hectares(pair.grid),
        "rules": page.rules or None,
        "implausible": None if page.implausible is None else int(page.transitions.pixels[page.transitions.implausible].sum()),
        "difference_values": {"no_data": NODATA, **changed},
        "skill": None if page.skill is None else rival_document(page.skill),
        "notes": list(page.notes),
    }


def _check(pair: Pair, joint: np.ndarray) -> None:
    strangers = zip(pair.maps, unknown_values(joint, pair.nomenclature))
    faults = [stranger_fault(one.path, values, pair.nomenclature) for one, values in strangers if values]
    if not faults and not joint[1:, 1:].any():
        text = f"no pixel has a class both here and in {pair.maps[0].path}"
        faults = [Fault("E-CMP-013", str(pair.maps[1].path), "", text, "give two maps of one place")]
    if faults:
        raise InputError(*faults)


def _named(nomenclature: Nomenclature) -> list[tuple[int, str]]:
    return [(c.code, c.alias) for c in nomenclature.classes]


def _notes(a: ClassMap, b: ClassMap, parts: tuple[Window, Window]) -> Iterator[str]:
    shapes = [(int(one.grid.shape[0]), int(one.grid.shape[1])) for one in (a, b)]
    if any(shape != parts[0].shape for shape in shapes):
        rows, cols = parts[0].shape
        (ra, ca), (rb, cb) = shapes
        yield f"Only the common part is compared, {rows} × {cols} pixels: the first map has {ra} × {ca}, the second {rb} × {cb}."
    if math.isnan(pixel_hectares(a.grid)):
        yield "The maps are not in metres: pixels have no single area, and hectares are left out."


def _grids_differ(a: GeoBox, b: GeoBox) -> str:
    """In what two grids differ, in words."""
    if a.crs != b.crs:
        names = [f"EPSG:{crs.epsg}" if crs is not None and crs.epsg else "a system without EPSG code" for crs in (a.crs, b.crs)]
        return f"{names[1]}, not {names[0]}" if names[0] != names[1] else "another reference system"
    sizes = [(abs(g.transform.a), abs(g.transform.e)) for g in (a, b)]
    (xa, ya), (xb, yb) = sizes
    if not (math.isclose(xa, xb) and math.isclose(ya, yb)):
        return f"pixels of {xb:g} × {yb:g}, not {xa:g} × {ya:g}"
    shift = [(b.transform.c - a.transform.c) / a.transform.a, (b.transform.f - a.transform.f) / a.transform.e]
    parts = [abs(round(v - math.floor(v), 4)) for v in shift]
    return f"pixels of the same size, {parts[0]:g} of a column and {parts[1]:g} of a row beside"
