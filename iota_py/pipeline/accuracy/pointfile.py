"""The file of sample points: what the interpreter opens and fills in, with the design of the sample in tables beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from odc.geo.geobox import GeoBox
from shapely import box, points

from iota_py.assessment.answer_form import SURENESS, form_style, outline_style
from iota_py.errors import Fault, InputError
from iota_py.grid.windows import crs_text
from iota_py.io.geopackage import STYLES, read_layer, style_table, write_layers
from iota_py.io.publish import json_text
from iota_py.nomenclature import Nomenclature

POINTS, PIXELS, DESIGN, STRATA, ABOUT = "points", "pixels", "design", "strata", "about"
FORMAT = 1
LABELS = {False: ("label",), True: ("label_a", "label_b")}
ALTERNATIVES = {False: ("alternative",), True: ("alternative_a", "alternative_b")}
MAPPED = {False: ("map",), True: ("map_a", "map_b")}


@dataclass(frozen=True)
class PointFile:
    """Content of a file of points. points: id, answers, geometry (none where they come from a table). design: id, stratum (1, 2, …), row, col,
    map (map_a and map_b where two maps are compared). strata: stratum, name, code, pixels, points, … about: how the sample was made.
    nomenclature: what the codes mean."""

    path: Path
    points: pd.DataFrame
    design: pd.DataFrame
    strata: pd.DataFrame
    about: Mapping[str, Any]
    nomenclature: Nomenclature

    @property
    def change(self) -> bool:
        """True where two maps are compared."""
        return len(self.about["maps"]) == 2


def write_points(path: Path, grid: GeoBox, design: pd.DataFrame, strata: pd.DataFrame, about: Mapping[str, Any]) -> None:
    """Publish the file: `points` and `pixels` in order of their id, without map class or stratum, and the tables `design`, `strata`, `about`.

    design: id, stratum, row, col and the mapped classes. about: as in PointFile, `maps` and `nomenclature` among it.
    """
    ordered = design.sort_values("id", ignore_index=True)
    change = len(about["maps"]) == 2
    place, rows, cols = grid.transform, ordered["row"].to_numpy(), ordered["col"].to_numpy()
    left, top = place.c + place.a * cols, place.f + place.e * rows
    right, bottom = left + place.a, top + place.e
    crs = crs_text(grid)
    empty = pd.array([None] * len(ordered), dtype="Int32")
    answers: dict[str, Any] = {"id": ordered["id"].astype("int32")}
    for label, other in zip(LABELS[change], ALTERNATIVES[change]):
        answers |= {label: empty, other: empty}
    answers |= {"confidence": empty} | {name: pd.Series([None] * len(ordered), dtype=object) for name in ("interpreter", "comment")}
    layers = {
        POINTS: gpd.GeoDataFrame(answers, geometry=points((left + right) / 2, (top + bottom) / 2), crs=crs),
        PIXELS: gpd.GeoDataFrame({"id": answers["id"]}, geometry=box(left, bottom, right, top), crs=crs),
        DESIGN: ordered,
        STRATA: strata,
        ABOUT: pd.DataFrame({"key": ["design"], "value": [json_text(about)]}),
        STYLES: style_table({POINTS: _form(about, change), PIXELS: outline_style()}, "interpretation"),
    }
    write_layers(path, layers, {POINTS: "Point", PIXELS: "Polygon"})


def _form(about: Mapping[str, Any], change: bool) -> str:
    """The form of the answers, classes by code."""
    classes = [(f"{one['code']} {one['name']['en']}", str(one["code"])) for one in about["nomenclature"]["classes"]]
    titles, choices = {"id": "point"}, {"confidence": SURENESS}
    for label, other, one in zip(LABELS[change], ALTERNATIVES[change], about["maps"]):
        of = f" in {one['name']}" if change else ""
        titles |= {label: f"class{of}", other: f"second choice{of}"}
        choices |= {label: classes, other: classes}
    titles |= {"confidence": "how sure", "interpreter": "interpreter", "comment": "comment"}
    return form_style(titles, choices, fixed=("id",))


def read_points(path: Path) -> PointFile:
    """The content of a file that `write_points` made, answers as they stand. Raises InputError E-ACC-016 when it is no such file."""
    try:
        frames = {name: read_layer(path, name) for name in (POINTS, DESIGN, STRATA, ABOUT)}
        about = json.loads(frames[ABOUT].set_index("key")["value"]["design"])
        if about["format"] != FORMAT:
            raise ValueError(f"format {about['format']}, expected {FORMAT}")
        change = len(about["maps"]) == 2
        for name, wanted in {POINTS: ("id", *LABELS[change]), DESIGN: ("id", "stratum", *MAPPED[change]), STRATA: ("pixels",)}.items():
            missing = [column for column in wanted if column not in frames[name]]
            if missing:
                raise ValueError(f"layer {name} has no column {', '.join(missing)}")
    except (KeyError, TypeError, ValueError, InputError) as error:
        why = error.faults[0].message if isinstance(error, InputError) else str(error)
        text = f"not a file of sample points ({why})"
        raise InputError(Fault("E-ACC-016", str(path), "", text, "make one with `iota-py accuracy design`, and keep its layers")) from error
    classes = Nomenclature.from_document(about["nomenclature"], str(path))
    return PointFile(path, frames[POINTS], frames[DESIGN], frames[STRATA], about, classes)


def nomenclature_document(nomenclature: Nomenclature) -> dict[str, Any]:
    """A nomenclature as its file holds it."""
    classes = [
        {
            "code": c.code,
            "alias": c.alias,
            "name": {"en": c.label(), **c.names},
            "colour": list(c.colour),
            **({"group": c.group} if c.group else {}),
        }
        for c in nomenclature.classes
    ]
    return {"name": nomenclature.name, "classes": classes}
