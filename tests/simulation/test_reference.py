import numpy as np
import pytest
import shapely

from iota_py.io.raster import burn
from iota_py.io.vectors import read_vectors
from iota_py.simulation.demo import EAST_TILE, UNION, WEST_TILE
from iota_py.simulation.landscape import make_landscape
from iota_py.simulation.phenology import CODES, LABELS
from iota_py.simulation.reference import ecoregions, reference, write_ecoregions, write_reference


@pytest.fixture(scope="module")
def landscape():
    return make_landscape(UNION, 1)


@pytest.fixture(scope="module")
def polygons(landscape):
    return reference(landscape, 1)


def outline(geobox):
    box = geobox.boundingbox
    return shapely.box(box.left, box.bottom, box.right, box.top)


def test_about_four_hundred_polygons_of_all_classes_in_both_regions(landscape, polygons):
    assert 350 < len(polygons) < 480
    assert list(polygons.columns) == ["code", "name", "geometry"]
    assert polygons["code"].dtype == np.int32
    assert [LABELS[code] for code in polygons["code"]] == polygons["name"].tolist()
    ids = burn(((shape, i) for i, shape in enumerate(polygons.geometry, 1) if shape.is_valid and not shape.is_empty), UNION)
    for region in (1, 2):
        present = np.unique(ids[(ids > 0) & (landscape.region == region)]) - 1
        codes, counts = np.unique(polygons["code"].to_numpy()[present], return_counts=True)
        assert tuple(codes) == CODES
        assert counts.min() >= 8


def test_labels_are_true_but_for_a_few(landscape, polygons):
    sound = polygons.iloc[:-4]
    ids = burn(((shape, i) for i, shape in enumerate(sound.geometry, 1)), UNION)
    agree = np.array([(landscape.truth[ids == i] == code).mean() for i, code in enumerate(sound["code"], 1) if (ids == i).any()])
    wrong = (agree < 0.5).mean()
    assert 0.008 < wrong < 0.03
    assert np.median(agree[agree > 0.5]) == 1.0
    assert agree[agree > 0.5].mean() > 0.99


def test_polygons_are_apart_but_for_the_one_laid_over_another(polygons):
    sound = np.array(polygons.geometry.iloc[:-4])
    first, second = shapely.STRtree(sound).query(sound, predicate="intersects")
    assert (first == second).all()
    over = polygons.iloc[-1]
    (under,) = [
        i for i in shapely.STRtree(sound).query(over.geometry, predicate="intersects") if sound[i].area == pytest.approx(over.geometry.area)
    ]
    assert polygons["code"].iloc[under] != over["code"]
    assert sound[under].intersection(over.geometry).area > 100.0


def test_the_faults_that_surveys_have(polygons):
    bow_tie, nothing, tiny = polygons.geometry.iloc[-4:-1]
    assert not bow_tie.is_valid
    assert nothing.is_empty
    assert 0 < tiny.area < 100.0
    sound = polygons.geometry.iloc[:-4]
    assert sound.is_valid.all()
    assert not sound.is_empty.any()
    assert 3 <= (~sound.intersects(outline(UNION))).sum() <= 25


def test_some_polygons_cross_borders(landscape, polygons):
    for border in (outline(EAST_TILE.geobox).boundary, outline(WEST_TILE.geobox).boundary, landscape.regions[1].boundary):
        assert polygons.geometry.iloc[:-4].intersects(border).sum() >= 3


def test_ecoregions_have_names_and_cover_the_tiles(landscape):
    found = ecoregions(landscape)
    assert found["region"].tolist() == ["1", "2"]
    assert found.union_all().contains(outline(UNION))


def test_files_are_in_lambert_93_and_the_same_twice(tmp_path, landscape, polygons):
    for name, write in (
        ("reference", lambda p: write_reference(p, landscape, 1)),
        ("ecoregions", lambda p: write_ecoregions(p, landscape)),
    ):
        write(tmp_path / f"{name}.gpkg")
        write(tmp_path / f"{name}-again.gpkg")
        assert (tmp_path / f"{name}.gpkg").read_bytes() == (tmp_path / f"{name}-again.gpkg").read_bytes()
        assert read_vectors(tmp_path / f"{name}.gpkg", name).crs.to_epsg() == 2154
    back = read_vectors(tmp_path / "reference.gpkg").to_crs(UNION.crs.to_wkt())
    assert back["code"].tolist() == polygons["code"].tolist()
    centre = shapely.get_coordinates(back.geometry.iloc[:-4].centroid) - shapely.get_coordinates(polygons.geometry.iloc[:-4].centroid)
    assert np.abs(centre).max() < 1e-3
