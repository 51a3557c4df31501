"""Reference data of a configuration: read, checked and prepared before any work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from iota_py.config import RunConfig, load_config
from iota_py.errors import ConfigError, InputError
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import load_nomenclature
from iota_py.pipeline.preflight import examine, external_digests
from iota_py.pipeline.reference.polygons import read_sources, reference_files, reference_settings
from iota_py.pipeline.reference.summary import make_sample_plan
from iota_py.pipeline.run import run
from iota_py.samples.account import CUTS
from tests.conftest import ROOT
from tests.pipeline.plans.test_plan import changed, plan_of

Writer = Callable[[Path, str], Path]
REFERENCE = ROOT / "data_samples/reference.gpkg"
REGIONS = "regions: {path: " + str(ROOT / "data_samples/ecoregions.gpkg") + ", field: region}"


@pytest.fixture(scope="module")
def drawn() -> gpd.GeoDataFrame:
    """The reference of the demonstration."""
    return read_vectors(REFERENCE)


@pytest.fixture
def config(light_config: Writer, tmp_path: Path) -> Callable[[str], RunConfig]:
    """A light configuration whose section `samples` takes these keys over."""
    return lambda more: load_config(light_config(tmp_path, f"samples: {{polygons: null, {more}}}"))


def lines(caught: pytest.ExceptionInfo[InputError], folder: Path) -> list[str]:
    return [fault.line().replace(f"{folder}/", "") for fault in caught.value.faults]


def test_every_fault_of_every_source_before_any_work(config, drawn: gpd.GeoDataFrame, tmp_path: Path) -> None:
    drawn.rename(columns={"code": "CODE"}).to_file(tmp_path / "a.gpkg")
    drawn.iloc[:0].to_file(tmp_path / "empty.shp")
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(drawn.set_crs(None, allow_override=True), tmp_path / "b.gpkg")
    (tmp_path / "t.csv").write_text("from,to\n10,wood\n")
    lost = "sources: [{path: a.gpkg}, {path: b.gpkg}, {path: none.gpkg}, {path: %s, relabel: t.csv, name: demo}, {path: empty.shp}]"
    with pytest.raises(InputError) as caught:
        examine(config(lost % REFERENCE))
    found = lines(caught, tmp_path)
    assert [line.split(" ")[0] for line in found] == ["E-SAM-001", "E-VEC-002", "E-VEC-001", "E-SAM-022"]
    assert found[0] == "E-SAM-001 a.gpkg: samples.label: field `code` is not in the file (fields: CODE, name). Fix: name one of these"
    assert found[1].startswith("E-VEC-002 b.gpkg: b: expected a coordinate reference system, found none. Fix: declare it")
    assert found[2].startswith("E-VEC-001 none.gpkg: cannot be read (No such file or directory)")
    assert found[3].startswith("E-SAM-022 t.csv: samples.relabel: classes that are not in nomenclature OSO-23: wood (for 10). Fix: ")
    with pytest.raises(InputError) as caught:
        examine(config(f"sources: [{{path: empty.shp}}, {{path: {REFERENCE}}}]"))
    assert lines(caught, tmp_path) == ["E-SAM-006 empty.shp: geometry: none of the 0 polygons has a label and an area"]
    assert not (tmp_path / "run").exists()


def test_a_class_that_borders_take_away_stops_the_run(config, tmp_path: Path) -> None:
    wide = f"sources: [{{path: {REFERENCE}, border: 70}}], {REGIONS}"
    with pytest.raises(InputError) as caught:
        examine(config(wide))
    (line,) = lines(caught, tmp_path)
    assert line.startswith(f"E-SAM-024 {REFERENCE}: samples: nothing is left of ")
    assert "2 UrbainDiff (vanished inside a border of 70 m)" in line
    assert line.endswith(
        "Fix: lower `border` or `minimum_area`, change the priorities, add polygons, or set samples.allow_lost_classes: true"
    )
    assert examine(config(f"{wide}, allow_lost_classes: true")).tiles


def test_relabelling_and_texts(config, drawn: gpd.GeoDataFrame, tmp_path: Path) -> None:
    drawn[["name", "geometry"]].replace({"name": {"maize": "Körnermais"}}).to_file(tmp_path / "names.shp", encoding="ISO-8859-1")
    (tmp_path / "t.csv").write_text("from;to\nKörnermais;10\nhops;10\n", encoding="utf-8")
    settings = config("sources: [{path: names.shp, label: name, relabel: t.csv}]")
    (source,), warnings = read_sources(settings, load_nomenclature(settings))
    assert source.code.value_counts().to_dict() == drawn.code.value_counts().to_dict()
    assert warnings == ["labels of the relabelling table that no row of source names has: hops"]


def test_the_upper_level_is_read_from_the_same_labels(config, drawn: gpd.GeoDataFrame) -> None:
    settings = config(f"sources: [{{path: {REFERENCE}}}], level: upper, relabel: {{13: water}}")
    nomenclature = load_nomenclature(settings)
    (source,), _ = read_sources(settings, nomenclature)
    groups = {2: 1, 5: 3, 6: 3, 9: 3, 10: 3, 13: 10, 15: 5, 16: 6, 17: 6, 23: 10}
    assert source.code.tolist() == [groups[code] for code in drawn.code]


def test_groups_are_needed_for_the_upper_level(config, tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text("name: bare\nclasses:\n- {code: 1, alias: a, name: {en: a}, colour: [1, 2, 3]}\n")
    settings = config(f"sources: [{{path: {REFERENCE}}}], level: upper").model_copy(update={"nomenclature": tmp_path / "bare.yaml"})
    with pytest.raises(ConfigError, match="E-SAM-025"):
        load_nomenclature(settings)


def test_keys_follow_the_content_of_files_not_their_place(config, drawn: gpd.GeoDataFrame, tmp_path: Path) -> None:
    drawn.iloc[:9, [0, 2]].to_file(tmp_path / "a.shp")
    (tmp_path / "t.csv").write_text("from,to\n10,5\n")
    settings = config("sources: [{path: a.shp, relabel: t.csv, priority: 2}]")
    assert [file.name for file in reference_files(settings)] == ["a.shp", "a.cpg", "a.dbf", "a.prj", "a.shx", "t.csv"]
    before = external_digests(settings)["polygons"]
    (tmp_path / "t.csv").write_text("from,to\n10,6\n")
    after = external_digests(settings)["polygons"]
    assert before != after
    drawn.assign(code=5).iloc[:9, [0, 2]].to_file(tmp_path / "a.shp")  # the labels are in the .dbf
    assert external_digests(settings)["polygons"] not in (before, after)
    values = reference_settings(settings.samples.model_dump(mode="json"))
    assert str(tmp_path) not in str(values)
    assert values["sources"][0]["priority"] == 2
    upper = settings.model_copy(update={"samples": settings.samples.model_copy(update={"level": "upper"})})
    assert external_digests(upper)["nomenclature"] != external_digests(settings)["nomenclature"]


def test_sources_points_and_a_split_by_a_field(config, drawn: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """Two sources, one of points, on the real tiles: from files to the ledger, and one pixel for each point."""
    half = drawn[~drawn.is_empty & drawn.is_valid].reset_index(drop=True)
    half.iloc[:300].assign(plot="a").to_file(tmp_path / "fields.gpkg")
    points = half.iloc[250:].assign(geometry=lambda f: f.representative_point(), plot=lambda f: ["bc"[n % 2] for n in range(len(f))])
    points.to_parquet(tmp_path / "points.parquet")
    more = "sources: [{path: fields.gpkg, priority: 1, border: 10}, {path: points.parquet}], allow_lost_classes: true"
    settings = config(f"{more}, {REGIONS}, split: {{kind: column, column: plot, held_out: [b], runs: 1, ratio: 0.7, seed: 0}}")
    run(settings, None, make_sample_plan)
    frame = read_vectors(settings.output / paths.POLYGONS, "polygons")
    assert set(frame.source) == {"fields", "points"}
    assert set(frame.group) == {"a", "b", "c"}
    assert frame.polygon.is_unique
    pixels = read_table(settings.output / paths.SELECTION)
    per = pixels.groupby("polygon").size()
    of_points = frame[(frame.source == "points") & frame.polygon.isin(pixels.polygon)]
    assert per[of_points.polygon].max() == 1
    fields = frame[frame.source == "fields"].union_all()
    assert shapely.distance(of_points.geometry.to_numpy(), fields).min() > 0
    drops = read_table(settings.output / paths.DROPS).set_index("reason").polygons
    assert drops["covered by sources of higher priority"] >= 40
    ledger = read_table(settings.output / paths.LEDGER)
    steps = ledger.step.drop_duplicates().tolist()
    assert steps[0] == "polygons inside the tiles, as drawn"
    assert steps[1:4] == [f"polygons {step}" for step in CUTS[:3]]
    assert (pixels.merge(frame[["polygon", "group"]]).query("group == 'b'").run_0 == 2).all()


@pytest.mark.parametrize(
    "update",
    [{"border": 5.0}, {"minimum_area": 100.0}, {"point_radius": 8.0}, {"relabel": {"5": "6"}}, {"encoding": "UTF-8"}, {"ignore": ("5",)}],
)
def test_what_is_made_of_the_reference_redoes_all_that_learns(light_config: Writer, tmp_path: Path, update: dict[str, object]) -> None:
    before = load_config(light_config(tmp_path, ""))
    after = before.model_copy(update={"samples": before.samples.model_copy(update=update)})
    stages = changed(plan_of(before), plan_of(after))
    assert {"polygons", "candidates", "split", "selection", "samples", "train", "assemble", "assess", "report"} <= stages
    assert "footprint" not in stages


def test_the_level_redoes_the_map_too(light_config: Writer, tmp_path: Path) -> None:
    before = load_config(light_config(tmp_path, ""))
    after = before.model_copy(update={"samples": before.samples.model_copy(update={"level": "upper"})})
    assert {"polygons", "train", "mosaic", "summary", "report"} <= changed(plan_of(before), plan_of(after))
