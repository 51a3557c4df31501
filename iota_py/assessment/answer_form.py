"""What QGIS shows of a file of sample points: markers, outlines of pixels, and a form with the classes to choose from (QML, as QGIS 3.28 writes it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

Choices = Sequence[tuple[str, str]]  # (text shown, value stored)
SURENESS: Choices = (("sure", "3"), ("rather sure", "2"), ("unsure", "1"))


def form_style(titles: Mapping[str, str], choices: Mapping[str, Choices], fixed: Sequence[str] = ()) -> str:
    """A style of points: a hollow marker, the title of each field, choices to pick from, and fields that may not be changed.

    titles: of every field, in order. choices: of the fields that have any; an empty one is offered too, except where nothing may be changed.
    """
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology|Fields|Forms")
    marker = {"name": "circle", "color": "255,255,255,0", "outline_color": "255,0,128,255", "outline_width": "0.5", "size": "3"}
    _renderer(root, "marker", "SimpleMarker", marker)
    fields = ET.SubElement(root, "fieldConfiguration")
    for name in titles:
        widget = ET.SubElement(ET.SubElement(fields, "field", name=name), "editWidget", type="ValueMap" if name in choices else "TextEdit")
        config = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        if name in choices:
            listed = ET.SubElement(config, "Option", name="map", type="List")
            for text, value in choices[name]:
                ET.SubElement(ET.SubElement(listed, "Option", type="Map"), "Option", name=text, type="QString", value=value)
    aliases, editable = ET.SubElement(root, "aliases"), ET.SubElement(root, "editable")
    for index, (name, title) in enumerate(titles.items()):
        ET.SubElement(aliases, "alias", index=str(index), field=name, name=title)
        ET.SubElement(editable, "field", name=name, editable="0" if name in fixed else "1")
    return _document(root)


def outline_style() -> str:
    """A style of polygons that shows their outline alone."""
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
    look = {"style": "no", "outline_color": "255,0,128,255", "outline_style": "solid", "outline_width": "0.4"}
    _renderer(root, "fill", "SimpleFill", look)
    return _document(root)


def _renderer(root: ET.Element, kind: str, layer: str, look: Mapping[str, str]) -> None:
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0", forceraster="0")
    symbol = ET.SubElement(ET.SubElement(renderer, "symbols"), "symbol", type=kind, name="0", alpha="1", clip_to_extent="1", force_rhr="0")
    part = ET.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(part, "Option", type="Map")
    for key, value in look.items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"
