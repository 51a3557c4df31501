"""Sections of the sources of reference data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from iota_py.config import load_config
from iota_py.config.reference import Source
from iota_py.config.samples import Samples
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import ConfigError

Writer = Callable[[Path, str], Path]

TWO = """
samples:
  polygons: null
  relabel: {1: 3, wheat: CerealPail}
  border: 5
  sources:
    - {path: a.gpkg, priority: 2, border: 0}
    - {path: sub/b.shp, name: crops, relabel: new.csv, label: culture, ignore: [x], encoding: CP1252}
"""


def test_sources_take_over_what_samples_say(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, TWO))
    first, second = config.samples.places
    assert first == Source(
        path=tmp_path / "a.gpkg", name="a", label="code", ignore=(), relabel={"1": "3", "wheat": "CerealPail"}, priority=2, border=0,
        minimum_area=0, point_radius=0,
    )  # fmt: skip
    assert (second.name, second.path, second.relabel) == ("crops", tmp_path / "sub/b.shp", tmp_path / "new.csv")
    assert (second.label, second.ignore, second.encoding, second.border, second.priority) == ("culture", ("x",), "CP1252", 5, 0)
    assert config.samples.where == f"{tmp_path}/a.gpkg, {tmp_path}/sub/b.shp"
    assert RunConfig.model_validate(dump(config)) == config


def test_polygons_are_one_source() -> None:
    samples = Samples(polygons=Path("/a/b.gpkg"), layer="fields", minimum_area=50)
    (only,) = samples.places
    assert (only.name, only.path, only.layer, only.priority, only.minimum_area) == ("polygons", Path("/a/b.gpkg"), "fields", 0, 50)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "give either `polygons`"),
        ({"polygons": "a.gpkg", "sources": [{"path": "b.gpkg"}]}, "give either `polygons`"),
        ({"sources": [{"path": "x/a.gpkg"}, {"path": "y/a.shp"}]}, "two sources are called `a`: give each a `name` of its own"),
        ({"polygons": "a.gpkg", "encoding": "klingon"}, "unknown encoding `klingon`"),
        ({"polygons": "a.gpkg", "relabel": {}}, "expected labels of the file"),
        ({"polygons": "a.gpkg", "relabel": ["a"]}, "expected labels of the file"),
        ({"polygons": "a.gpkg", "relabel": {"a": None}}, "expected labels, found `None`"),
        ({"polygons": "a.gpkg", "relabel": {True: "b"}}, "expected labels, found `True`"),
        ({"polygons": "a.gpkg", "border": -1}, "greater than or equal to 0"),
        ({"polygons": "a.gpkg", "border": float("inf")}, "finite"),
        ({"table": {"path": "a.csv", "bands": {"red": "red"}}, "border": 5}, "a table has no polygons: leave border"),
        ({"polygons": "a.gpkg", "level": "lower"}, "'class' or 'upper'"),
    ],
)
def test_what_is_no_section(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Samples.model_validate(values)


def test_faults_are_one_line_each(light_config: Writer, tmp_path: Path) -> None:
    more = "samples: {polygons: null, relabel: [1], border: -2, sources: [{path: a.gpkg, prioriti: 2, encoding: xx}]}"
    with pytest.raises(ConfigError) as caught:
        load_config(light_config(tmp_path, more))
    lines = [fault.line().replace(str(tmp_path), "") for fault in caught.value.faults]
    assert len(lines) == 4, lines
    assert any("samples.relabel: expected labels of the file" in line for line in lines)
    assert any("samples.border: input should be greater than or equal to 0, found `-2`" in line for line in lines)
    assert any("samples.sources.0.prioriti: unknown key. Fix: did you mean `priority`?" in line for line in lines)
    assert any("samples.sources.0.encoding: unknown encoding `xx`" in line for line in lines)
