"""What the packages and the catalogue add to a plan, and what is refused before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.config.product import Product
from iota_py.errors import ConfigError
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.plans.product import delivery_faults, known_layers, map_layers, wants_catalogue
from iota_py.pipeline.preflight import external_digests
from tests.conftest import Command
from tests.pipeline.models.test_members import TERRAIN, elevation

Writer = Callable[[Path, str], Path]
PRODUCT = 'product: {year: 2023, version: "1-0"}'


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), PRODUCT))
    return config, take_inventory(config)


def plan_of(config: RunConfig, inventory: Inventory) -> Plan:
    return make_plan(config, inventory, external_digests(config))


def keys(plan: Plan) -> dict[str, str]:
    return {task.id: task.key for task in plan.tasks if not task.transient}


def update(config: RunConfig, **changed: object) -> RunConfig:
    assert config.product is not None
    return config.model_copy(update={"product": config.product.model_copy(update=changed)})


def test_the_catalogue_comes_last_and_needs_the_packages(settings: tuple[RunConfig, Inventory]):
    plan = plan_of(*settings)
    assert [task.id for task in plan.tasks][-2:] == ["package", "catalogue"]
    package, catalogue = plan.by_id()["package"], plan.by_id()["catalogue"]
    assert {"summary", "mosaic/delivered"} <= set(package.needs)
    assert {"package", "summary", "train/region_1_run_0"} <= set(catalogue.needs)
    assert (package.outputs, catalogue.outputs) == (("product",), ("catalog",))
    assert package.params["layers"][0][:2] == ["classification", "map/classification.tif"]
    assert package.params["period"] == ["2023-01-01", "2023-12-31"]


@pytest.mark.parametrize(("more", "stages"), [("", []), ("catalogue: true", ["catalogue"]), (f"{PRODUCT}\ncatalogue: false", ["package"])])
def test_what_is_asked_for(light_config: Writer, tmp_path: Path, settings: tuple[RunConfig, Inventory], more: str, stages: list[str]):
    config = load_config(light_config(tmp_path, more))
    assert [task.stage for task in plan_of(config, settings[1]).tasks if task.stage in ("package", "catalogue")] == stages
    assert wants_catalogue(config) == ("catalogue" in stages)


def test_a_product_changes_no_key_of_what_it_is_made_of(settings: tuple[RunConfig, Inventory]):
    config, inventory = settings
    with_it, without = keys(plan_of(config, inventory)), keys(plan_of(config.model_copy(update={"product": None}), inventory))
    assert {name for name in without if with_it[name] != without[name]} <= {"report"}  # which prints the configuration


@pytest.mark.parametrize("changed", [{"licence": "MIT"}, {"version": "1-1"}, {"zone": "there"}, {"producer": "us"}])
def test_other_metadata_make_other_packages(settings: tuple[RunConfig, Inventory], changed: dict[str, str]):
    config, inventory = settings
    before, after = keys(plan_of(config, inventory)), keys(plan_of(update(config, **changed), inventory))
    assert {name for name in before if before[name] != after[name]} == {"package", "catalogue", "report"}


def test_the_place_of_the_register_decides_nothing(settings: tuple[RunConfig, Inventory], tmp_path: Path):
    config, inventory = settings
    other = update(config, releases=tmp_path / "releases.json")
    assert keys(plan_of(config, inventory))["package"] == keys(plan_of(other, inventory))["package"]


def test_fingerprints_say_what_is_method_and_what_is_data(settings: tuple[RunConfig, Inventory]):
    config, inventory = settings
    found = plan_of(config, inventory).by_id()["package"].params["fingerprints"]
    assert {"train", "predict", "mosaic", "samples"} <= set(found["code"])
    assert not {"report", "summary", "package", "assess"} & set(found["code"])
    assert found["settings"]["model.trees"] == 8
    assert "nomenclature" in found["settings"]
    assert not [key for key in found["settings"] if key.split(".")[0] in ("product", "name", "engine", "tracking", "output", "title")]
    assert set(found["inputs"]) == {"31TCJ sentinel2", "31TDJ sentinel2", "inputs.sentinel2.exclude_dates"}
    assert {"polygons", "regions"} <= set(found["reference"])


def test_a_changed_setting_is_method_and_an_excluded_date_is_data(settings: tuple[RunConfig, Inventory]):
    config, inventory = settings

    def prints(other: RunConfig) -> dict[str, dict[str, object]]:
        return dict(plan_of(other, inventory).by_id()["package"].params["fingerprints"])

    before = prints(config)
    trees = prints(config.model_copy(update={"model": config.model.model_copy(update={"trees": 9})}))
    assert [part for part in before if before[part] != trees[part]] == ["settings"]
    import datetime as dt

    entry = config.inputs["sentinel2"].model_copy(update={"exclude_dates": (dt.date(2023, 1, 12),)})
    dates = prints(config.model_copy(update={"inputs": {"sentinel2": entry}}))
    assert [part for part in before if before[part] != dates[part]] == ["inputs"]


def test_a_layer_that_is_not_made(light_config: Writer, tmp_path: Path, command: Command):
    config = light_config(tmp_path, "product: {year: 2023, layers: [choice, regularised, validity]}\nsamples: {polygons: nowhere.gpkg}\n")
    done = command("check", str(config))
    assert done.returncode == 1
    assert "2 faults" in done.stderr
    assert (
        "E-PKG-002 demo: product.layers: no layer `choice`, `regularised` is made; there are classification, confidence, validity. "
        "Fix: name one of these, or ask for the section that makes it"
    ) in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "more",
    [
        "",
        "regularisation: {minimum_size: 4}\nmap: {probabilities: true, uncertainty: [margin, entropy]}",
        "map: {boundary_fusion: {compare: true}, smoothing: {kind: majority}}",
        TERRAIN + "fusion: {members: {plants: [sentinel2], relief: [terrain]}, keep_members: true}",
    ],
)
def test_the_layers_that_may_be_named_are_those_of_the_plan(light_config: Writer, tmp_path: Path, more: str):
    config = load_config(light_config(tmp_path, more.replace("path: TERRAIN", f"path: {elevation(tmp_path)}") + "\n"))
    build = Builder()
    build.tasks.update(plan_of(config, take_inventory(config)).by_id())
    assert known_layers(config) == map_layers(build)
    assert sorted(set(known_layers(config))) == sorted(known_layers(config))


def test_a_layer_that_is_made(light_config: Writer, tmp_path: Path, settings: tuple[RunConfig, Inventory]):
    config = load_config(light_config(tmp_path, "product: {year: 2023, layers: [regularised]}\nregularisation: {minimum_size: 4}"))
    package = plan_of(config, settings[1]).by_id()["package"]
    assert package.params["layers"][3][:2] == ["regularised", "map/regularised.tif"]
    assert "regularise" in package.needs


def test_a_run_without_a_map(settings: tuple[RunConfig, Inventory]):
    config = settings[0].model_copy(update={"inputs": {}, "catalogue": True})
    assert [fault.line() for fault in delivery_faults(config)] == [
        "E-PKG-001 demo: product: only a map of classes is handed over, and this run makes none. Fix: leave it out",
        "E-CAT-001 demo: catalogue: only a map of classes is handed over, and this run makes none. Fix: leave it out",
    ]
    assert delivery_faults(settings[0]) == []


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('{year: 2023, version: "1.0"}', "product.version: `1.0` is not a version; write it as 1-0"),
        ('{year: 2023, version: "01-0"}', "product.version: `01-0` is not a version"),
        ("{version: 1-0}", "product.year: this key is required and missing"),
        ("{year: 23}", "product.year"),
        ("{year: 2023, licence: the usual}", "product.licence"),
        ("{year: 2023, project: oso}", "product.project"),
        ("{year: 2023, verison: 1-0}", "product.verison: unknown key. Fix: did you mean `version`?"),
    ],
)
def test_faults_of_the_section_are_one_line(light_config: Writer, tmp_path: Path, section: str, said: str):
    with pytest.raises(ConfigError) as raised:
        load_config(light_config(tmp_path, f"product: {section}"))
    text = str(raised.value)
    assert said in text
    assert "\n" not in text


def test_the_register_is_beside_the_configuration(light_config: Writer, tmp_path: Path):
    config = load_config(light_config(tmp_path, "product: {year: 2023, releases: deliveries/releases.json}"))
    assert config.product is not None
    assert config.product.releases == tmp_path / "deliveries" / "releases.json"


def test_layers_are_named_once():
    assert Product(year=2023, layers=("a", "b", "a")).layers == ("a", "b")
