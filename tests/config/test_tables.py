"""Section `samples.table`: series and features, and what does not go together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import ConfigError

HEAD = "name: small\noutput: runs/small\nnomenclature: classes.yaml\n"


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str, str], RunConfig]:
    """A configuration without inputs: text of the table, further lines."""

    def call(table: str, more: str = "") -> RunConfig:
        path = tmp_path / "run.yaml"
        path.write_text(f"{HEAD}samples: {{table: {table}}}\n{more}", encoding="utf-8")
        return load_config(path)

    return call


def test_features_without_a_map(load, tmp_path) -> None:
    table = (
        "{kind: features, path: t.csv, id: name, columns: ['ndvi_*'], region: zone, join: {path: f.csv, on: name}, keep: {zone: [a, 1]}}"
    )
    config = load(table)
    assert config.inputs == {}
    assert config.samples.table.join.path == tmp_path / "f.csv"
    assert (config.samples.table.key, config.samples.table.by_sensor) == ("name", {})
    assert RunConfig.model_validate(dump(config)) == config  # what a run keeps of its settings is read again


def test_series_of_one_sensor_and_of_several(load) -> None:
    one = load("{path: t.csv, bands: {ndvi: 'ndvi_doy{doy}'}, nodata: -1}", "features: {series: {indices: []}}\n")
    assert one.samples.table.wide
    assert one.samples.table.by_sensor["series"].nodata == -1
    sensors = "{s2: {bands: {red: B4, nir: B8}, roles: {red: red, nir: nir}}, s1: {bands: {vv: VV}, nodata: 65535}}"
    several = load(f"{{path: t.csv, sensors: {sensors}}}", "features: {s2: {indices: [NDVI]}}\n")
    assert list(several.samples.table.by_sensor) == ["s2", "s1"]
    assert not several.samples.table.wide
    assert RunConfig.model_validate(dump(several)) == several


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("{kind: features, path: t.csv, columns: [a], bands: {b: c}}", "samples.table: kind features has no use for `bands`"),
        ("{path: t.csv, bands: {b: c}, columns: [a]}", "samples.table: kind series has no use for `columns`"),
        ("{kind: features, path: t.csv}", "samples.table: kind features needs `columns`, those to learn from"),
        ("{path: t.csv}", "samples.table: kind series needs `bands`, or `sensors` with bands each"),
        ("{path: t.csv, bands: {b: c}, x: lon}", "samples.table: `x` and `y` go together"),
        (
            "{path: t.csv, bands: {b: 'c{day}'}}",
            "samples.table: `c{day}`: expected the name of a column, or one with one of {date}, {doy}, {month}",
        ),
        ("{path: t.csv, bands: {a: 'c{doy}', b: d}}", "samples.table: either all bands have a column for each date, or none"),
    ],
)
def test_what_does_not_go_together(load, table, line) -> None:
    with pytest.raises(ConfigError) as caught:
        load(table)
    assert line in str(caught.value)


def test_polygons_need_an_input(tmp_path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(f"{HEAD}samples: {{polygons: a.gpkg}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="inputs: expected at least one; only a table of samples is learnt from without"):
        load_config(path)


def test_features_of_a_sensor_that_the_table_has_not(load) -> None:
    with pytest.raises(ConfigError, match=r"features\.s2: no input has that name; inputs are series"):
        load("{path: t.csv, bands: {ndvi: n}}", "features: {s2: {}}\n")
