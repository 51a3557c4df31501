"""Section `vector`: what it means, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from iota_py.config.schema import RunConfig, dump


def section(text: str) -> str:
    return f"vector: {text}"


def test_no_polygons_unless_asked_for(load) -> None:
    assert load().vector is None


def test_an_empty_section_is_one_geopackage_of_the_whole_map(load) -> None:
    wish = load(section("{}")).vector
    assert (wish.simplify, wish.smooth, wish.minimum_mapping_unit, wish.zones, wish.formats) == (10, 10, None, None, ("gpkg",))


def test_the_path_of_zones_is_that_of_the_configuration(load, tmp_path: Path) -> None:
    wish = load(section("{zones: {path: zones.gpkg, field: code}, formats: [shapefile, gpkg, shapefile]}")).vector
    assert (wish.zones.path, wish.zones.field, wish.zones.layer) == (tmp_path / "zones.gpkg", "code", None)
    assert wish.formats == ("shapefile", "gpkg")


def test_what_is_written_down_is_read_back(load) -> None:
    config = load(section("{minimum_mapping_unit: 0.1 ha, zones: {path: z.gpkg, field: code}, formats: [parquet]}"))
    assert RunConfig.model_validate(dump(config)) == config


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{simplify: -1}", "E-CFG-012 run.yaml: vector.simplify: "),
        ("{formats: []}", "E-CFG-012 run.yaml: vector.formats: "),
        ("{formats: [kml]}", "E-CFG-012 run.yaml: vector.formats.0: "),
        ("{minimum_mapping_unit: 3 acres}", "E-CFG-012 run.yaml: vector.minimum_mapping_unit: "),
        ("{zones: {path: z.gpkg}}", "E-CFG-011 run.yaml: vector.zones.field: this key is required and missing"),
        ("{smoth: 3}", "E-CFG-010 run.yaml: vector.smoth: unknown key. Fix: did you mean `smooth`?"),
    ],
)
def test_what_is_refused(lines, text: str, line: str) -> None:
    (found,) = lines(section(text))
    assert found.startswith(line), found
