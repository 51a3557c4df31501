"""The choices of the section `samples` as the stages know them: tables of numbers read, names of regions and classes found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from iota_py.config.schema import RunConfig
from iota_py.config.selection import Choice, Selection
from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.selection import Strategy, numbers_by_class, too_few

_RASTERS = ("map", "validity")
_TABLE = "table "  # before the path, the name of its digest


def strategy_of(choice: Choice, nomenclature: Nomenclature) -> Strategy:
    """What a choice of the configuration means. Raises InputError when its table cannot be read, E-SEL-001 to E-SEL-003."""
    return Strategy(
        kind=choice.strategy,
        number=choice.number,
        percent=choice.percent,
        table=class_numbers(choice.table, nomenclature),
        sampler=choice.sampler,
        jitter=choice.jitter,
        maximum_per_polygon=choice.maximum_per_polygon,
    )


def region_strategies(selection: Selection, regions: Mapping[int, str], nomenclature: Nomenclature) -> dict[int, Strategy]:
    """Strategy of each region that has one of its own. regions: index -> name."""
    return {index: strategy_of(selection.regions[name], nomenclature) for index, name in regions.items() if name in selection.regions}


def class_numbers(table: Mapping[int, int] | Path | None, nomenclature: Nomenclature) -> dict[int, int] | None:
    """Class code -> number, from the configuration or from the CSV file that it names."""
    if isinstance(table, Path):
        return numbers_by_class(read_table(table), nomenclature, str(table))
    return None if table is None else dict(table)


def check_minimum(ws: Workspace, usable: pd.DataFrame, chosen: pd.DataFrame, run: int) -> None:
    """Raise E-SEL-006 when a class has fewer learning pixels in a region than the selection asks for, one line for each run."""
    selection, names = ws.config.samples.selection, ws.region_names
    minimum = {index: selection.choice(name).minimum or 0 for index, name in names.items()}
    few = too_few(usable, chosen, minimum)
    if few.empty or selection.allow_fewer:
        return
    missing = [
        f"{ws.nomenclature[code].alias} in {names[region]}: {found} of {least}"
        for region, code, least, found in few.itertuples(index=False)
    ]
    text = f"run {run} has fewer learning pixels than asked: {'; '.join(missing)}"
    fix = "add polygons, lower `minimum`, or set samples.selection.allow_fewer: true"
    raise InputError(Fault("E-SEL-006", ws.config.samples.where, "samples.selection.minimum", text, fix))


def table_files(config: RunConfig) -> dict[str, Path]:
    """The CSV files of numbers that a configuration names, by the name of their digest."""
    return {_TABLE + str(path): path for path in _tables(config)}


def _tables(config: RunConfig) -> Iterator[Path]:
    selection = config.samples.selection
    sections: Iterable[Any] = (selection, *selection.regions.values(), config.samples.augmentation)
    for section in sections:
        if section is not None and isinstance(section.table, Path):
            yield section.table


def without_tables(settings: Any, digests: Mapping[str, str]) -> Any:
    """Plain settings with the digest of each CSV file of numbers in place of its path: what decides is what it says.

    Without the paths of rasters of annual classes, whose digests are those of the tasks that read them.
    """
    if isinstance(settings, dict):
        return {
            key: digests[_TABLE + value] if key == "table" and isinstance(value, str) else without_tables(value, digests)
            for key, value in settings.items()
            if key not in _RASTERS or not isinstance(value, str)
        }
    if isinstance(settings, (list, tuple)):
        return [without_tables(item, digests) for item in settings]
    return settings
