"""A class map in the classes of a coarser nomenclature: `iota-py aggregate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from iota_py.assessment.legend_figure import legend_figure
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.area import pixel_hectares
from iota_py.grid.windows import Window, whole
from iota_py.io.documents import read_yaml
from iota_py.io.publish import write_bytes
from iota_py.io.raster import count_values
from iota_py.io.tables import write_csv
from iota_py.nomenclature import Nomenclature
from iota_py.nomenclature.aggregation import Aggregation, by_alias, by_rules, to_upper, unknown_codes
from iota_py.pipeline import paths
from iota_py.pipeline.class_maps import PIXELS, ClassMap, Reader, open_class_map, read_nomenclature, stranger_fault, window_blocks
from iota_py.pipeline.class_rasters import ENGLISH, write_class_map
from iota_py.pipeline.plans.legend import unnamed_faults

UPPER = "upper"


@dataclass(frozen=True)
class AggregationWish:
    """place: a raster or a run. to: file of the target nomenclature, or `upper`. out: the raster to write; its tables and styles stand beside it."""

    place: Path
    to: str
    out: Path
    nomenclature: Path | None = None
    rules: Path | None = None
    languages: Sequence[str] = ENGLISH


def aggregate(wish: AggregationWish, pixels: int = PIXELS) -> pd.DataFrame:
    """Write the map, its attribute table, styles, legend and `<out>_areas.csv`; the table of areas before and after.

    Raises ConfigError or InputError: E-AGG-001 to 010, E-NOM-012 to 017. pixels: of a window; the bytes do not depend on it.
    """
    given = open_class_map(wish.place, wish.nomenclature)
    _check_out(wish.out, given.path)
    plan = find_aggregation(wish, given.known())
    check_languages(plan.target, wish.languages, wish.to)
    before = count_values(str(given.path))
    strangers = unknown_codes(before, plan.source)
    if strangers:
        raise InputError(stranger_fault(given.path, strangers, plan.source))
    after = write_class_map(wish.out, given.grid, plan.target, _recoded(given, plan.table(), pixels), wish.languages)
    for language, name in zip(wish.languages, paths.in_languages(str(wish.out.with_name(f"{wish.out.stem}_legend.png")), wish.languages)):
        write_bytes(name, legend_figure(plan.target, language))
    table = area_table(plan, before, after, pixel_hectares(given.grid))
    write_csv(wish.out.with_name(f"{wish.out.stem}_areas.csv"), table)
    return table


def find_aggregation(wish: AggregationWish, source: Nomenclature) -> Aggregation:
    """Where each class goes: to its group, by the rules of a file, or to the class of the same alias."""
    if wish.to == UPPER:
        if wish.rules is not None:
            text = "the upper level is made from the groups of the classes, not from rules"
            raise ConfigError(Fault("E-AGG-009", str(wish.rules), "--rules", text, "leave --rules out, or give --to a nomenclature"))
        return to_upper(source, source.name)
    target = read_nomenclature(Path(wish.to))
    if wish.rules is None:
        return by_alias(source, target)
    return by_rules(read_yaml(wish.rules), source, target, str(wish.rules))


def area_table(plan: Aggregation, before: np.ndarray, after: np.ndarray, hectares: float) -> pd.DataFrame:
    """One row for each class of the source, then one for each class of the target: when (`before`, `after`), code, alias, name, pixels, hectares,
    and `to`, the code that a class of the source went to (empty for the target). hectares: of a pixel, NaN leaves the column empty."""
    rows = []
    for when, classes, counts in (("before", plan.source, before), ("after", plan.target, after)):
        for c in classes.classes:
            pixels = int(counts[c.code])
            rows.append((when, c.code, c.alias, c.label(), pixels, pixels * hectares, plan.codes[c.code] if when == "before" else None))
    table = pd.DataFrame(rows, columns=["when", "code", "alias", "name", "pixels", "hectares", "to"])
    return table.astype({"to": "Int64"}).round({"hectares": 4})


def check_languages(nomenclature: Nomenclature, languages: Sequence[str], where: str) -> None:
    """Raises ConfigError E-NOM-012 for a language in which no class has a name."""
    faults = unnamed_faults(nomenclature, tuple(languages), where, "--language")
    if faults:
        raise ConfigError(*faults)


def _check_out(out: Path, source: Path) -> None:
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise ConfigError(Fault("E-AGG-006", str(out), "--out", "expected a file named .tif", "give --out FILE.tif"))
    if out.exists() and out.samefile(source):
        raise ConfigError(Fault("E-AGG-007", str(out), "--out", "is the map itself", "give another file"))


def _recoded(given: ClassMap, table: np.ndarray, pixels: int) -> Iterator[tuple[Window, np.ndarray]]:
    part = whole(given.grid.shape)
    with Reader(given, part) as read:
        for window in window_blocks(given, part, pixels):
            yield window, table[read(window)]
