"""What a run without inputs learns from: the target dates and columns of the sensors of a table, or its ready features; its regions."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from iota_py.config.schema import RunConfig
from iota_py.config.tables import SampleTable, SensorColumns
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.features.indices import resolve
from iota_py.features.names import checked
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.inputs.recipe import Ground, check_names, helpers, make_recipe
from iota_py.pipeline.inventory import STEP, Inventory, Layer, load_nomenclature
from iota_py.pipeline.models.kept import read_kept
from iota_py.pipeline.reference.table_rows import TableRows, columns_of, read_rows, sample_frame, series_frame, table_of
from iota_py.samples.feature_table import INDICATOR, chosen_columns, feature_name, numbers
from iota_py.samples.series import common_days
from iota_py.timeseries.dates import EPOCH, days, regular_grid

_TAKEN = {"polygon", "series", "code", "region", "order", "group", "tile", "row", "col", "x", "y"}  # columns of the samples
YEAR = 2001  # of days of the year and months, when no period says one


def year_of(config: RunConfig) -> int:
    """The year to which days of the year and months belong: that of the period's start."""
    return config.period.start.year if config.period.start else YEAR


def take_table_inventory(config: RunConfig) -> Inventory:
    """The columns and regions of a table. Raises ConfigError or InputError with what is wrong with it."""
    if config.user_features:
        text = "functions of users need windows of images, which a table has not"
        raise ConfigError(Fault("E-TBL-009", config.name, "user_features", text, "leave them out, or give `inputs`"))
    table, rows = table_of(config), read_rows(table_of(config))
    samples = sample_frame(config, load_nomenclature(config), rows)
    if samples.empty:
        raise InputError(Fault("E-TBL-006", str(table.path), "samples.table", "no sample has a class that is not ignored"))
    regions = tuple(enumerate(sorted(samples.zone.unique()), start=1))
    described = f"{len(samples)} samples of {table.path.name}"
    if table.kind == "features":
        ready = tuple(ready_columns(table, rows))
        every = Inventory((), (), regions, None, True, ready=checked(ready, "samples.table.columns"), described=described)
    else:
        layers = tuple(_layer(config, name, sensor, rows) for name, sensor in table.by_sensor.items())
        every = Inventory((), layers, regions, None, True, described=described)
    return replace(every, kept=read_kept(config.keep_columns, every.feature_names))


def ready_columns(table: SampleTable, rows: TableRows) -> dict[str, tuple[str, bool]]:
    """Feature -> (column of the table, whether it says that the number is missing), in order."""
    columns = chosen_columns(rows.frame, table.columns, str(table.path))
    unknown = [name for name in table.scales if name not in columns]
    if unknown:
        text = f"no chosen column is called {', '.join(unknown)}"
        raise InputError(Fault("E-TBL-001", str(table.path), "samples.table.scales", text, "name some of `columns`"))
    found = [(feature_name(name), (name, False)) for name in columns]
    if table.missing.indicator:
        gaps = np.isnan(numbers(rows.frame, columns)).any(axis=0)
        found += [(feature_name(name) + INDICATOR, (name, True)) for name, gap in zip(columns, gaps) if gap]
    checked([name for name, _ in found], "samples.table.columns")
    taken = [name for name, _ in found if name in _TAKEN or re.fullmatch(r"run_\d+", name)]
    if taken:
        text, fix = f"features cannot be called {', '.join(taken)}, which are names of the run's own", "rename the columns"
        raise InputError(Fault("E-TBL-017", str(table.path), "samples.table.columns", text, fix))
    return dict(found)


def _layer(config: RunConfig, name: str, sensor: SensorColumns, rows: TableRows) -> Layer:
    """Columns of one sensor, as those of an input of a map."""
    table, options, where = table_of(config), config.features_of(name), f"features.{name}"
    bands = tuple(sensor.bands)
    strange = [f"{role}: {band}" for role, band in sensor.roles.items() if band not in bands]
    if strange:
        text = f"no band is called so: {', '.join(strange)}"
        raise ConfigError(Fault("E-TBL-010", str(table.path), "samples.table.roles", text, f"bands: {', '.join(bands)}"))
    frame = series_frame(table, sensor, rows.frame, year_of(config))
    dates = target_dates(config, name, frame)
    roles = {str(role): band for role, band in sensor.roles.items()}
    wanted = options.indices or ()
    ground = Ground(bands, dates, False, False, where)
    check_names(options, ground)
    plan = resolve((*wanted, *helpers(options, bands, wanted)), roles, bands, where)
    recipe = make_recipe(options, plan, len(wanted), ground)
    return Layer(name, dates, bands, plan, roles, True, str(table.path), dict.fromkeys(bands), recipe, source=name)


def target_dates(config: RunConfig, name: str, frame: pd.DataFrame) -> tuple[dt.date, ...]:
    """Target dates of a sensor: the days that most of its series have, or those of the period by its step.

    Both lie in the period, where it is given. Series are moved by whole years to begin nearest to its start, else to the first day of the
    table.
    """
    table, options, period = table_of(config), config.features_of(name), config.period
    columns = columns_of(table, table.by_sensor[name])
    own = [EPOCH + dt.timedelta(days=int(day)) for day in common_days(frame, columns, period.start)]
    if options.dates == "grid":
        dates = regular_grid(period.start or own[0], period.end or own[-1], options.step or period.step or STEP)
    else:
        dates = tuple(day for day in own if (period.start or day) <= day <= (period.end or day))
    if not dates:
        text = f"no date of the series ({own[0]} to {own[-1]}) is in the period"
        raise InputError(Fault("E-TBL-011", str(table.path), "period", text, "change it, or leave it out"))
    return dates


def start_of(config: RunConfig, dates: tuple[dt.date, ...] | np.ndarray) -> dt.date | None:
    """The day to which series are moved: the first target of a map; without a map the start of the period, None where there is none."""
    if not config.inputs:
        return config.period.start
    first = dates[0] if isinstance(dates, np.ndarray) else days(dates)[0]
    return EPOCH + dt.timedelta(days=int(first))


def table_faults(config: RunConfig) -> list[Fault]:
    """What a table cannot be used for, before it is read. E-CFG-017, E-TBL-014."""
    table = config.samples.table
    if table is None:
        return []
    faults = []
    if len(config.inputs) > 1:
        text = f"a table of series goes with one input, or with none, found {len(config.inputs)}"
        faults.append(Fault("E-CFG-017", config.name, "samples.table", text))
    if config.inputs:
        given = [key for key in ("region", "sensors", "nodata", "roles") if getattr(table, key)]
        given += ["kind"] if table.kind == "features" else []
        for key in given:
            text = "only in a run without `inputs`, whose models are not for a map"
            faults.append(Fault("E-TBL-014", config.name, f"samples.table.{key}", text, f"leave `{key}` out, or `inputs`"))
    return faults


def check_table(config: RunConfig, nomenclature: Nomenclature | None) -> None:
    """Raise what is wrong with the table of a map; of a run without inputs, `take_table_inventory` says it."""
    table = table_of(config)
    if not config.inputs or nomenclature is None or table.kind == "features":
        return
    rows = read_rows(table)
    for sensor in table.by_sensor.values():
        series_frame(table, sensor, rows.frame, year_of(config))
    sample_frame(config, nomenclature, rows)
