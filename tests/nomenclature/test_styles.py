from xml.etree import ElementTree as ET

from iota_py.nomenclature.styles import vector_style
from tests.nomenclature.samples import THREE


def root_of(text: str) -> ET.Element:
    assert text.startswith("<!DOCTYPE qgis>\n")
    return ET.fromstring(text.removeprefix("<!DOCTYPE qgis>\n"))


def test_polygons_are_told_apart_by_the_code_of_their_class():
    renderer = root_of(vector_style(THREE.classes, language="fr")).find("renderer-v2")
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "Classe")
    categories = [(c.get("value"), c.get("label"), c.get("symbol"), c.get("render")) for c in renderer.iter("category")]
    assert categories == [("1", "blé", "0", "true"), ("2", "maïs", "1", "true"), ("7", "water", "2", "true")]
    symbols = {s.get("name"): s for s in renderer.iter("symbol")}
    assert {s.get("type") for s in symbols.values()} == {"fill"}
    options = {name: {o.get("name"): o.get("value") for o in s.iter("Option")} for name, s in symbols.items()}
    assert [options[name]["color"] for name in ("0", "1", "2")] == ["255,255,0,255", "255,85,0,255", "0,0,255,255"]
    assert {o["outline_style"] for o in options.values()} == {"no"}


def test_another_field():
    assert root_of(vector_style(THREE.classes, "code")).find("renderer-v2").get("attr") == "code"
