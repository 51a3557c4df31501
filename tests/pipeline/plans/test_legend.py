"""The legend of the map and the languages of what goes with it: what is planned, refused and drawn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.legend import language_faults
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.steps.legend import write_legend
from tests.conftest import DEMO
from tests.nomenclature.samples import THREE


@pytest.fixture(scope="module")
def settings() -> tuple[RunConfig, Inventory]:
    config = load_config(DEMO)
    return config, take_inventory(config)


def plan_of(settings: tuple[RunConfig, Inventory], *languages: str) -> Plan:
    config, inventory = settings
    wished = config.model_copy(update={"languages": languages}) if languages else config
    return make_plan(wished, inventory, external_digests(config))


def test_the_map_comes_with_its_attribute_table_style_and_legend(settings: tuple[RunConfig, Inventory]) -> None:
    plan = plan_of(settings).by_id()
    beside = ["map/classification.tif", "map/classification.tif.aux.xml", "map/classification.qml"]
    assert list(plan["mosaic/delivered"].outputs)[:3] == beside
    assert list(plan["mosaic/classification_run_0"].outputs) == [name.replace("map/", "map/run_0/") for name in beside]
    assert list(plan["legend"].outputs) == ["map/legend.png"]
    assert plan["legend"].needs == ()
    assert "legend" in plan["report"].needs


def test_languages_add_files_and_the_first_has_the_plain_name(settings: tuple[RunConfig, Inventory]) -> None:
    plan = plan_of(settings, "fr", "en").by_id()
    assert list(plan["legend"].outputs) == ["map/legend.png", "map/legend.en.png"]
    assert "map/classification.en.qml" in plan["mosaic/delivered"].outputs
    keys = {name: plan_of(settings, *wish).by_id()["legend"].key for name, wish in {"en": ("en",), "fr": ("fr",), "none": ()}.items()}
    assert keys["en"] == keys["none"] != keys["fr"]


def test_names_in_languages() -> None:
    assert paths.in_languages("map/legend.png", ("fr", "en", "de")) == ["map/legend.png", "map/legend.en.png", "map/legend.de.png"]
    assert paths.in_languages("/a.b/c.qml") == ["/a.b/c.qml"]


def test_the_legend_is_drawn_in_each_language(tmp_path: Path) -> None:
    ws: Any = SimpleNamespace(nomenclature=THREE, path=lambda name: tmp_path / name)
    write_legend(ws, {"languages": ["en", "fr"]})
    english, french = (tmp_path / name for name in ("map/legend.png", "map/legend.fr.png"))
    assert english.read_bytes()[:8] == french.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert english.read_bytes() != french.read_bytes()


@pytest.mark.parametrize(
    ("languages", "lines"),
    [
        (("en", "fr"), []),
        (("fr",), []),
        (("de",), ["E-NOM-012 oso-23.yaml: languages: no class has a name in `de`. Fix: languages: en, fr"]),
        (("en", "en"), ["E-NOM-018 oso-23.yaml: languages: `en` is given twice. Fix: name each language once"]),
    ],
)
def test_languages_that_are_refused(languages: tuple[str, ...], lines: list[str]) -> None:
    config: Any = SimpleNamespace(languages=languages, nomenclature=Path("oso-23.yaml"), name="demo")
    assert [fault.line() for fault in language_faults(config, THREE)] == lines


@pytest.mark.parametrize("wish", ["[]", "[EN]", "[english]", "fr"])
def test_what_is_no_list_of_languages(tmp_path: Path, wish: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"extends: {DEMO}\noutput: {tmp_path / 'run'}\nlanguages: {wish}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (fault,) = caught.value.faults
    assert fault.field.startswith("languages")
