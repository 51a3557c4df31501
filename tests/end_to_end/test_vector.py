"""The polygons that a run delivers, measured in its files: no gap, no overlap, valid, the same bytes however they were made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json, sha256
from iota_py.io.raster import read_header, read_window
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import Summary, run
from iota_py.simulation.zones import NAMES

Writer = Callable[[Path, str], Path]
SECTION = """
regularisation: {minimum_size: 0.1 ha, resolution: 20}
vector:
  minimum_mapping_unit: 0.1 ha
  zones: {path: %s, field: code}
  formats: [gpkg, parquet, shapefile]
"""


def settings(light_run: RunConfig, light_config: Writer, project: Path, folder: Path, more: str = "") -> RunConfig:
    """A run that stands where the light one ended, with these sections."""
    path = light_config(folder, SECTION % (project / "data_samples" / "zones.geojson") + more)
    shutil.copytree(light_run.output, folder / "run")
    return load_config(path)


@pytest.fixture(scope="module")
def delivered(light_run: RunConfig, light_config: Writer, project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    config = settings(light_run, light_config, project, tmp_path_factory.mktemp("vector"))
    return config.output, run(config)


@pytest.fixture(scope="module")
def polygons(delivered: tuple[Path, Summary]) -> dict[str, gpd.GeoDataFrame]:
    return {zone: read_vectors(delivered[0] / paths.vector(zone, "gpkg")) for zone in NAMES}


def vectors(root: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in sorted((root / "vector").iterdir())}


def test_only_the_polygons_are_made(delivered: tuple[Path, Summary]) -> None:
    root, summary = delivered
    assert summary.executed == {"regularise": 1, "vector": 3, "vector_table": 1, "report": 1}
    expected = {f"{zone}{suffix}" for zone in NAMES for suffix in (".gpkg", ".parquet", ".zip", ".qml")}
    assert set(vectors(root)) == expected
    assert 'attr="Classe"' in (root / "vector" / "96.qml").read_text(encoding="utf-8")


def test_no_gap_no_overlap_valid(delivered: tuple[Path, Summary], polygons: dict[str, gpd.GeoDataFrame], project: Path) -> None:
    root = delivered[0]
    header = read_header(str(root / paths.REGULARISED))
    assert (read_window(str(root / paths.REGULARISED)) > 0).all()  # so that the map is its rectangle
    outline = header.geobox.extent.geom
    every = np.concatenate([frame.geometry.to_numpy() for frame in polygons.values()])
    assert len(every) > 50
    assert shapely.is_valid(every).all()
    assert (shapely.area(every) > 0).all()
    for frame in polygons.values():
        assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    whole = shapely.union_all(every)
    assert shapely.area(every).sum() == pytest.approx(whole.area, abs=0.01)
    inner = outline.buffer(-100, join_style="mitre")  # the corners of the map are rounded as others are
    assert shapely.difference(inner, whole).area == pytest.approx(0, abs=1e-6)
    assert shapely.difference(whole, outline).area == pytest.approx(0, abs=1e-6)
    assert shapely.difference(outline, whole).area < 0.001 * outline.area
    zones = read_vectors(project / "data_samples" / "zones.geojson").to_crs(polygons["96"].crs).dissolve("code").geometry
    for zone, frame in polygons.items():
        assert shapely.symmetric_difference(frame.union_all(), zones[zone]).intersection(inner).area < 0.01


def test_the_formats_hold_the_same(delivered: tuple[Path, Summary], polygons: dict[str, gpd.GeoDataFrame]) -> None:
    for zone, frame in polygons.items():
        for form in ("parquet", "shapefile"):
            found = read_vectors(delivered[0] / paths.vector(zone, form))
            found.columns = frame.columns  # a shapefile's have ten letters
            pd.testing.assert_frame_equal(
                pd.DataFrame(found.drop(columns="geometry")), pd.DataFrame(frame.drop(columns="geometry")), check_dtype=False
            )
            assert shapely.equals(shapely.normalize(found.geometry.to_numpy()), shapely.normalize(frame.geometry.to_numpy())).all()


def test_attributes_agree_with_the_rasters(delivered: tuple[Path, Summary], polygons: dict[str, gpd.GeoDataFrame]) -> None:
    root = delivered[0]
    classes = read_window(str(root / paths.map_layer("classification")))
    pixels = np.bincount(classes.ravel(), minlength=24)
    every = pd.concat(polygons.values(), ignore_index=True)
    aliases = list(every.columns[4:-2])
    assert len(aliases) == 23
    assert np.allclose(every[aliases].sum(axis=1), 100, atol=0.12)
    assert every.Confidence.between(0, 100).all()
    assert (every.Validmean > 0).all()
    assert np.allclose(every.Aire, every.geometry.area / 1e4, atol=0.00501)
    hectares = (every[aliases].mul(every.geometry.area / 1e6, axis=0)).sum().to_numpy()  # share of the area of each class
    assert np.abs(hectares - pixels[1:] * 0.01).max() < 0.02 * classes.size * 0.01


def test_the_table_of_all_zones(delivered: tuple[Path, Summary], polygons: dict[str, gpd.GeoDataFrame]) -> None:
    table = pd.read_csv(delivered[0] / paths.VECTOR_TABLE, dtype={"zone": str})
    assert table.columns.tolist() == ["zone", "code", "name", "polygons", "hectares"]
    for zone, frame in polygons.items():
        rows = table[table.zone == zone].set_index("code")
        assert rows.polygons.to_dict() == frame.Classe.value_counts().sort_index().to_dict()
        assert rows.hectares.sum() == pytest.approx(frame.geometry.area.sum() / 1e4, abs=0.1)
    assert table.hectares.sum() == pytest.approx(440 * 240 / 100, abs=0.3)
    report = (delivered[0] / paths.REPORT).read_text(encoding="utf-8")
    assert '<h2 id="vector">Polygons</h2>' in report


def test_the_manifest_names_files_and_zones(delivered: tuple[Path, Summary], project: Path) -> None:
    root, summary = delivered
    write_manifest(load_config(root.parent / "config.yaml"), summary.inventory, summary.plan, summary.started)
    document = read_json(root / paths.MANIFEST)
    assert {entry["path"] for entry in document["outputs"]} >= {"vector/96.gpkg", "vector/98.zip", "assessment/vector.csv"}
    assert str(project / "data_samples" / "zones.geojson") in {entry["path"] for entry in document["inputs"]}


def test_two_workers_give_the_same_bytes_and_a_lost_file_is_made_again(
    delivered: tuple[Path, Summary], light_run: RunConfig, light_config: Writer, project: Path, tmp_path: Path
) -> None:
    config = settings(light_run, light_config, project, tmp_path, "engine: {workers: 2, window: 64}\n")
    run(config)
    assert vectors(config.output) == vectors(delivered[0])
    (config.output / paths.vector("97", "gpkg")).unlink()
    assert run(config).executed["vector"] == 1
    assert vectors(config.output) == vectors(delivered[0])
    assert run(config).nothing
    assert not list(config.output.rglob("*.part*"))


def test_the_whole_map_from_the_classification_itself(light_run: RunConfig, light_config: Writer, tmp_path: Path) -> None:
    path = light_config(tmp_path, "vector: {simplify: 0, smooth: 0}")
    shutil.copytree(light_run.output, tmp_path / "run")
    config = load_config(path)
    assert run(config).executed == {"vector": 1, "vector_table": 1, "report": 1}
    found = read_vectors(config.output / "vector" / "map.gpkg", "map")
    classes = read_window(str(config.output / paths.map_layer("classification")))
    hectares = (found.geometry.area / 1e4).groupby(found.Classe).sum()
    counts = np.bincount(classes.ravel())
    assert hectares.to_dict() == pytest.approx({code: counts[code] * 0.01 for code in np.flatnonzero(counts) if code})
    aliases = found.columns[4:-2]
    shares = found[aliases].to_numpy()
    assert (shares[np.arange(len(found)), found.Classe - 1] == 100).all()  # the outlines are those of the pixels
