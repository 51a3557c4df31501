"""Styles of QGIS (QML, as QGIS 3.28 writes them): class rasters, continuous rasters, polygons of classes."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from iota_py.nomenclature.entry import LandCoverClass


def class_style(classes: Iterable[LandCoverClass], language: str = "en") -> str:
    """A style that shows a class raster with the colours and names of these classes."""
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(pipe, "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1", nodataColor="")
    palette = ET.SubElement(renderer, "colorPalette")
    for c in classes:
        ET.SubElement(palette, "paletteEntry", value=str(c.code), color=c.hex_colour, alpha="255", label=c.label(language))
    return _document(root)


def vector_style(classes: Iterable[LandCoverClass], field: str = "Classe", language: str = "en") -> str:
    """A style that shows polygons by the code of their class, in `field`, with the colours and names of these classes and no outline."""
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
    renderer = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=field, symbollevels="0", enableorderby="0", forceraster="0", referencescale="-1"
    )
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, c in enumerate(classes):
        name = str(number)
        ET.SubElement(categories, "category", type="integer", value=str(c.code), symbol=name, label=c.label(language), render="true")
        symbol = ET.SubElement(symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill"}, enabled="1", locked="0", **{"pass": "0"})
        options = ET.SubElement(layer, "Option", type="Map")
        look = {"color": ",".join(map(str, (*c.colour, 255))), "style": "solid", "outline_style": "no"}
        for key, value in look.items():
            ET.SubElement(options, "Option", type="QString", name=key, value=value)
    return _document(root)


def ramp_style(low: float, high: float, label: str, stops: int = 5) -> str:
    """A style for a continuous raster, dark to light over `low`..`high` (colours near viridis)."""
    colours = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"]
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="1",
        alphaBand="-1",
        classificationMin=f"{low:g}",
        classificationMax=f"{high:g}",
    )
    shader = ET.SubElement(ET.SubElement(renderer, "rastershader"), "colorrampshader", colorRampType="INTERPOLATED", labelPrecision="0")
    for i in range(stops):
        value = low + (high - low) * i / (stops - 1)
        ET.SubElement(
            shader,
            "item",
            value=f"{value:g}",
            color=colours[i * (len(colours) - 1) // (stops - 1)],
            alpha="255",
            label=f"{label} {value:g}",
        )
    return _document(root)


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"
