"""The plan of a run of objects: its tasks, what changes their keys, and what does not go with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from iota_py.config import RunConfig, load_config
from iota_py.config.assessment import Assessment, CrossValidation
from iota_py.config.calibration import Calibration
from iota_py.config.cleaning import Cleaning
from iota_py.config.importance import Importance
from iota_py.config.models import LightGBM, TempCNN, Voting
from iota_py.config.objects import Objects, Segments
from iota_py.errors import ConfigError, InputError
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans import object_faults as faults_of
from iota_py.pipeline.plans.object_faults import object_faults
from iota_py.pipeline.plans.objects import segment_columns
from iota_py.pipeline.plans.target_faults import check_target
from iota_py.pipeline.plans.train import make_train_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.stages import STAGES

Writer = Callable[[Path, str], Path]
Settings = tuple[RunConfig, Inventory]


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), "objects: {}\n"))
    return config, take_inventory(config)


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parcels") / "parcels.gpkg"
    gpd.GeoDataFrame(geometry=[box(403_000, 4_838_000, 403_100, 4_838_100)], crs="EPSG:32631").to_file(path, engine="pyogrio")
    return path


def plan_of(config: RunConfig, inventory: Inventory) -> Plan:
    return make_plan(config, inventory, external_digests(config))


def with_objects(settings: Settings, **wish: Any) -> RunConfig:
    return settings[0].model_copy(update={"objects": Objects(**wish)})


def stages(plan: Plan) -> list[str]:
    return [stage for stage in STAGES if plan.stage(stage)]


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks if not task.transient} for plan in (before, after))
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


LEARNING = {"object_samples", "object_selection", "object_train", "object_map", "mosaic", "assess", "summary", "report"}


def test_stages_of_segments_that_are_made(settings: Settings) -> None:
    plan = plan_of(*settings)
    assert stages(plan)[:12] == [
        "polygons", "footprint", "contrast", "segments", "objects", "candidates", "split", "selection", "object_samples", "object_selection",
        "object_train", "object_map",
    ]  # fmt: skip
    assert not {"samples", "train", "predict", "assemble", "importance_tables"} & set(stages(plan))
    seen: set[str] = set()
    for task in plan.tasks:
        assert set(task.needs) <= seen
        seen.add(task.id)
    outputs = [name for task in plan.tasks for name in task.outputs]
    assert len(outputs) == len(set(outputs))


def test_stages_of_given_polygons(settings: Settings, parcels: Path) -> None:
    alone = stages(plan_of(with_objects(settings, segments=Segments(path=parcels)), settings[1]))
    assert alone[1:5] == ["footprint", "parcels", "segments", "objects"]
    assert not {"samples", "train", "predict", "contrast"} & set(alone)
    both = plan_of(with_objects(settings, segments=Segments(path=parcels), outside="pixel"), settings[1])
    assert {"samples", "train", "object_train", "predict", "object_map"} <= set(stages(both))
    assert "assemble" not in stages(both)
    assert set(both.by_id()["object_map/31TCJ"].needs) > {"objects/31TCJ", "train/region_1_run_0", "object_train/region_1_run_0"}


def test_what_changes_what(settings: Settings) -> None:
    before = plan_of(*settings)

    def after(**wish: Any) -> set[str]:
        return changed(before, plan_of(with_objects(settings, **wish), settings[1]))

    assert after(size=50) == {"objects", *LEARNING}
    assert after(compactness=0.2) == after(size=50)
    assert after(statistics=("mean",)) == after(size=50)
    assert after(features=("sentinel2_ndvi_*",)) == {"contrast", *after(size=50)}
    assert after(purity=0.9) == LEARNING
    assert after(size=100, compactness=0.1) == {"report"}, "the defaults, said"


def test_a_pixel_run_knows_nothing_of_it(settings: Settings) -> None:
    plan = plan_of(settings[0].model_copy(update={"objects": None}), settings[1])
    assert "predict" in stages(plan)
    assert not {"contrast", "segments", "objects", "object_samples", "object_train", "object_map"} & set(stages(plan))


def test_windows_and_workers_are_in_no_key(settings: Settings, light_config: Writer, tmp_path: Path) -> None:
    other = load_config(light_config(tmp_path, "objects: {}\nengine: {window: 37, workers: 2}\n"))
    assert changed(plan_of(*settings), plan_of(other, take_inventory(other))) == set()


def test_default_columns_are_indices_on_four_dates(settings: Settings) -> None:
    # 9 dates from 2023-01-01 every 45 days: the middle ones of four parts are those of places 1, 3, 5 and 7.
    days = ("20230215", "20230516", "20230814", "20231112")
    assert segment_columns(*settings) == tuple(f"sentinel2_{name}_{day}" for name in ("ndvi", "ndwi", "brightness") for day in days)


def test_columns_by_name_and_pattern(settings: Settings) -> None:
    config = with_objects(settings, features=("*_20230516", "sentinel2_b4_20230101"))
    found = segment_columns(config, settings[1])
    assert found[0] == "sentinel2_b4_20230101"
    assert len(found) == 1 + 13
    assert list(found) == [name for name in settings[1].feature_names if name in found]


def test_a_column_that_is_not_there(settings: Settings) -> None:
    with pytest.raises(ConfigError) as caught:
        segment_columns(with_objects(settings, features=("*_ndvj_*",)), settings[1])
    assert caught.value.faults[0].line() == (
        "E-OBJ-002 demo: objects.features: no column is called `*_ndvj_*`; there are 117, such as sentinel2_b2_20230101, sentinel2_b3_20230101, "
        "sentinel2_b4_20230101. Fix: iota-py features CONFIG --list names them all"
    )


def line_of(config: RunConfig, inventory: Inventory | None = None) -> str:
    (fault,) = object_faults(config, inventory)
    return fault.line()


def test_nothing_is_wrong(settings: Settings, parcels: Path) -> None:
    assert object_faults(*settings) == []
    assert object_faults(with_objects(settings, segments=Segments(path=parcels), outside="pixel"), settings[1]) == []
    assert object_faults(settings[0].model_copy(update={"objects": None, "inputs": {}}), None) == []


def test_without_scikit_image(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults_of, "slic_installed", lambda: False)
    assert line_of(settings[0]) == (
        "E-OBJ-001 demo: objects.segments: SLIC needs scikit-image, which is not installed. Fix: pip install 'iota-py[objects]', or give the "
        "segments as polygons"
    )


@pytest.mark.parametrize(
    ("update", "line"),
    [
        ({"calibration": Calibration()}, "E-OBJ-003 demo: calibration: not with objects: probabilities of pixels are calibrated"),
        ({"reuse": "runs/x"}, "E-OBJ-003 demo: model.from: not with objects: models of another run know pixels"),
        ({"keep_columns": Path("c.txt")}, "E-OBJ-003 demo: keep_columns: not with objects: it names columns of pixels"),
        ({"fusion": object()}, "E-OBJ-003 demo: fusion: not with objects: members see pixels of their own inputs"),
        ({"search": object()}, "E-OBJ-003 demo: search: not with objects: parameters are searched on pixels"),
        ({"reduction": object()}, "E-OBJ-003 demo: reduction: not with objects: components are made of the columns of pixels"),
        (
            {"importance": Importance(permutation=True)},
            "E-OBJ-005 demo: importance.permutation: not with objects: it is measured on pixels",
        ),
        (
            {"assessment": Assessment(cross_validation=CrossValidation())},
            "E-OBJ-007 demo: assessment.cross_validation: not with objects: folds are of pixels; for spatial scores use samples.split",
        ),
        (
            {"model": TempCNN(kind="tempcnn")},
            "E-OBJ-006 demo: model.kind: not with objects: the network learns along dates, and statistics of segments have none",
        ),
        (
            {"model": Voting(kind="voting", members={"a": LightGBM(kind="lightgbm"), "b": TempCNN(kind="tempcnn")})},
            "E-OBJ-006 demo: model.members.b.kind: not with objects: the network learns along dates, and statistics of segments have none",
        ),
    ],
)
def test_sections_that_do_not_go_with_objects(settings: Settings, update: dict[str, Any], line: str) -> None:
    assert line_of(settings[0].model_copy(update=update)).startswith(line)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("table", object(), "a table has no pixels to make segments of"),
        ("years", (object(),), "samples of other years are pixels"),
        ("annual", object(), "samples of annual classes are pixels"),
        ("copies", (object(),), "samples that are copied are pixels"),
        ("augmentation", object(), "samples that are added are pixels"),
        ("cleaning", Cleaning(), "doubtful polygons are found by their pixels"),
    ],
)
def test_samples_that_are_pixels(settings: Settings, key: str, value: Any, why: str) -> None:
    samples = settings[0].samples.model_copy(update={key: value})
    wanted = f"E-OBJ-004 demo: samples.{key}: not with objects: {why}. Fix: leave one of them out"
    assert line_of(settings[0].model_copy(update={"samples": samples})) == wanted


def test_regions_in_parts(settings: Settings) -> None:
    samples = settings[0].samples
    assert samples.regions is not None
    regions = samples.regions.model_copy(update={"maximum_area": 10.0})
    config = settings[0].model_copy(update={"samples": samples.model_copy(update={"regions": regions})})
    assert line_of(config) == (
        "E-OBJ-004 demo: samples.regions.maximum_area: not with objects: the parts of a region are made of pixels. Fix: leave one of them out"
    )


def test_polygons_that_are_elsewhere_or_none(settings: Settings, tmp_path: Path) -> None:
    far = tmp_path / "far.gpkg"
    gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10), Point(403_000, 4_838_000)], crs="EPSG:32631").to_file(far, engine="pyogrio")
    line = line_of(with_objects(settings, segments=Segments(path=far)), settings[1]).replace(f"{tmp_path}/", "")
    assert line == (
        "E-OBJ-008 far.gpkg: objects.segments.path: none of its polygons lies on the map. Fix: give polygons of the place that is mapped"
    )
    missing = line_of(with_objects(settings, segments=Segments(path=tmp_path / "none.gpkg")), settings[1])
    assert missing.startswith("E-VEC-001 ")


def test_without_a_map(settings: Settings) -> None:
    assert line_of(settings[0].model_copy(update={"inputs": {}})) == (
        "E-OBJ-009 demo: objects: segments lie on a map, and this run makes none. Fix: give inputs, or leave objects out"
    )


def test_scores_without_a_map(settings: Settings) -> None:
    with pytest.raises(ConfigError) as caught:
        make_train_plan(*settings, external_digests(settings[0]))
    assert caught.value.faults[0].line() == (
        "E-OBJ-010 demo: objects: objects are classified on a map, and validated by its pixels: there is nothing to score without one. "
        "Fix: use iota-py run"
    )


def test_a_number_is_no_class(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "samples: {target: {field: area}}\nobjects: {}\n"))
    with pytest.raises(
        InputError, match=r"E-TGT-008 demo: objects: not with samples\.target: segments are classified, and a number is no class"
    ):
        check_target(config)


def test_the_store_of_models_is_that_of_objects(settings: Settings) -> None:
    outputs = {name for task in plan_of(*settings).tasks for name in task.outputs}
    assert paths.object_model(1, 0) in outputs
    assert paths.model(1, 0) not in outputs
