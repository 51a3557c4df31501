"""Numbers of the reference, their strata, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pydantic import ValidationError

from iota_py.config import load_config
from iota_py.config.target import Target
from iota_py.errors import ConfigError, InputError
from iota_py.grid.windows import whole
from iota_py.io.assembly import write_map
from iota_py.pipeline.plans.target_faults import check_target
from iota_py.pipeline.reference.target import limits_of, numbers_of, strata_of, target_nomenclature
from iota_py.pipeline.steps.value_maps import NODATA, as_stored, number_raster, stored_numbers
from iota_py.training.fitted import Target as Fitted
from tests.end_to_end.covers import write_covers

Writer = Callable[[Path, str], Path]
COVER = Target(field="cover", unit="%")


def frame(values: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"cover": values}, geometry=[shapely.Point(k, 0) for k in range(len(values))], crs=32631)


def test_strata_by_hand() -> None:
    values = np.array([0.0, 0, 0, 1, 2, 3, 4, 5, 6, 7])
    assert limits_of(values, 5) == (0.0, 1.0, 3.0, 5.0)  # the 2nd, 4th, 6th and 8th of ten
    assert strata_of(values, (0.0, 1.0, 3.0, 5.0)).tolist() == [1, 1, 1, 2, 3, 3, 4, 4, 5, 5]
    assert limits_of(values, 1) == ()
    assert limits_of(np.full(4, 2.5), 5) == ()
    assert limits_of(np.zeros(0), (10, 30.5)) == (10.0, 30.5)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(1, 12))
def test_every_stratum_has_values_and_they_ascend(values: list[int], bins: int) -> None:
    found = np.array(values, float)
    limits = limits_of(found, bins)
    codes = strata_of(found, limits)
    assert set(codes) == set(range(1, len(limits) + 2))
    assert len(limits) < bins
    assert (np.diff(codes[np.argsort(found, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(
    ("values", "target", "message"),
    [
        ([1.0, 2.0], Target(field="height"), r"E-TGT-001.*field `height` is not in the file \(fields: cover\)"),
        ([1.0, None, "x", np.inf], COVER, r"E-TGT-002.*3 rows have no number \(rows 1, 2, 3\)"),
        ([1.0, -400.0], Target(field="cover", scale=100), r"E-TGT-003.*400 × 100 is above 32767"),
    ],
)
def test_numbers_that_cannot_be_used(values: list[object], target: Target, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        numbers_of(frame(values), target, "here.gpkg")
    assert "\n" not in str(caught.value)


def test_numbers_may_be_whole_or_text() -> None:
    assert numbers_of(frame(["1.5", "2"]), COVER, "here").tolist() == [1.5, 2.0]
    assert numbers_of(frame([3, 4]), COVER, "here").dtype == np.float64


@pytest.mark.parametrize(
    ("bins", "text"), [((), "from 1 to 99"), ((3.0, 3.0), "ascending"), ((1.0, float("nan")), "from 1 to 99"), (0, "greater")]
)
def test_strata_that_make_no_sense(bins: object, text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Target(field="cover", bins=bins)


def configuration(light_config: Writer, folder: Path, more: str = "") -> Path:
    covers = write_covers(folder / "covers.gpkg")
    return light_config(
        folder, f"samples: {{polygons: {covers}, target: {{field: cover, bins: [20, 30.5], unit: '%'}}}}\nnomenclature: null\n{more}"
    )


def test_the_strata_are_classes(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(configuration(light_config, tmp_path))
    found = target_nomenclature(config.samples)
    assert [(c.code, c.alias, c.label()) for c in found.classes] == [
        (1, "stratum_1", "cover up to 20 %"), (2, "stratum_2", "cover 20 to 30.5 %"), (3, "stratum_3", "cover above 30.5 %"),
    ]  # fmt: skip
    assert [c.colour for c in found.classes] == [(68, 1, 84), (33, 145, 140), (253, 231, 37)]
    assert config.nomenclature is None


def test_classes_need_a_nomenclature(light_config: Writer, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nomenclature: expected a file of classes"):
        load_config(light_config(tmp_path, "nomenclature: null\n"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("model: {kind: svm}", "E-TGT-005.*svm predicts classes only"),
        ("model: {kind: voting, members: {a: {kind: knn}, b: {kind: svm}}}", "E-TGT-005.*voting"),
        ("model: {class_weight: balanced}", "E-TGT-006.*model.class_weight"),
        ("model: {criterion: entropy}", "E-TGT-006.*model.criterion"),
        ("model: {trainer: auto}", "E-TGT-006.*model.trainer"),
        ("fusion: {members: {a: [sentinel2], b: [sentinel2]}}", "E-TGT-008.*fusion"),
        ("calibration: {}", "E-TGT-008.*calibration"),
        ("regularisation: {}", "E-TGT-008.*regularisation"),
        ("search: {}", "E-TGT-008.*search"),
        ("assessment: {cross_validation: {}}", "E-TGT-008.*cross_validation"),
        ("importance: {shap: true}", "E-TGT-008.*importance.shap"),
    ],
)
def test_what_goes_with_classes_only(light_config: Writer, tmp_path: Path, more: str, message: str) -> None:
    base = configuration(light_config, tmp_path)
    path = tmp_path / "more.yaml"
    path.write_text(f"extends: {base.name}\n{more}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        check_target(load_config(path))
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("cleaning: {}", "E-TGT-007.*samples.cleaning"),
        ("ignore: [5]", "E-TGT-007.*samples.ignore"),
        ("relabel: {a: b}", "E-TGT-007.*samples.relabel"),
        ("level: upper", "E-TGT-007.*samples.level"),
        ("augmentation: {method: smote, target: balance}", "E-TGT-007.*a sample between two others"),
    ],
)
def test_samples_of_classes_only(light_config: Writer, tmp_path: Path, more: str, message: str) -> None:
    base = configuration(light_config, tmp_path)
    path = tmp_path / "more.yaml"
    path.write_text(f"extends: {base.name}\nsamples: {{{more}}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        check_target(load_config(path))


def test_a_target_needs_polygons(light_config: Writer, tmp_path: Path) -> None:
    table = "polygons: null, regions: null, table: {path: a.csv, bands: {red: b}}"
    (tmp_path / "a.csv").write_text("b\n1\n", encoding="utf-8")
    path = light_config(tmp_path, f"samples: {{{table}, target: {{field: cover}}}}\n")
    with pytest.raises(InputError, match=r"E-TGT-004.*there are none"):
        check_target(load_config(path))


def test_labels_of_a_source_are_refused(light_config: Writer, tmp_path: Path) -> None:
    source = "polygons: null, sources: [{path: a.gpkg, label: code}]"
    (tmp_path / "a.gpkg").touch()
    path = light_config(tmp_path, f"samples: {{{source}, target: {{field: cover}}}}\n")
    with pytest.raises(InputError, match=r"E-TGT-007.*samples.sources.0.label"):
        check_target(load_config(path))


def test_overviews_are_means_of_the_numbers_that_are_there(tmp_path: Path) -> None:
    values = np.full((600, 600), np.nan, np.float32)
    values[0, :2] = 1, 4  # three of the four pixels under the first of the overview
    values[1, 0] = 7
    grid = GeoBox((600, 600), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
    for name, target in (("32.tif", Fitted("cover", None, "m")), ("16.tif", Fitted("cover", 10.0, "m"))):
        raster = number_raster("value", name, target, None)
        stored = as_stored(values, target)
        write_map(tmp_path / name, grid, raster.layout, [(whole(grid.shape), stored)], raster.finish)
    for name, expected, scale in (("32.tif", 4.0, 1.0), ("16.tif", 40, 0.1)):
        with rasterio.open(tmp_path / name) as dataset:
            assert (dataset.scales, dataset.units, dataset.descriptions) == ((scale,), ("m",), ("cover",))
        with rasterio.open(tmp_path / name, overview_level=0) as dataset:
            assert dataset.read(1)[0, 0] == expected
            assert dataset.read_masks(1).astype(bool).sum() == 1


def test_numbers_in_sixteen_bits() -> None:
    values = np.array([[0.125, -0.126], [400.0, np.nan]], np.float32)
    assert stored_numbers(values, 100).tolist() == [[12, -13], [32767, NODATA]]
