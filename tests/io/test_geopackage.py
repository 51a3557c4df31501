"""GeoPackages of several layers: what is written is read back, tables too, with equal bytes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from iota_py.errors import InputError
from iota_py.io.geopackage import STYLES, read_layer, style_table, write_layers


def layers() -> dict[str, pd.DataFrame]:
    """A layer of points with an empty column of whole numbers, and a table."""
    points = gpd.GeoDataFrame(
        {"id": [1, 2], "label": pd.array([None, None], "Int32")}, geometry=[Point(500_000, 0), Point(500_010, 5)], crs="EPSG:32631"
    )
    return {"points": points, "about": pd.DataFrame({"key": ["a"], "value": ["{}"]}), STYLES: style_table({"points": "<qgis/>"}, "form")}


def test_layers_and_tables_are_read_back(tmp_path: Path) -> None:
    write_layers(tmp_path / "x.gpkg", layers(), {"points": "Point"})
    points, about, styles = (read_layer(tmp_path / "x.gpkg", name) for name in ("points", "about", STYLES))
    assert points.crs.to_epsg() == 32631
    assert points.geometry.y.tolist() == [0, 5]
    assert points["label"].isna().all()
    assert about.to_dict("records") == [{"key": "a", "value": "{}"}]
    assert styles[["f_table_name", "styleQML"]].to_numpy().tolist() == [["points", "<qgis/>"]]
    assert bool(styles["useAsDefault"][0]) is True


def test_equal_layers_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("x", "y"):
        write_layers(tmp_path / f"{name}.gpkg", layers(), {"points": "Point"})
    assert (tmp_path / "x.gpkg").read_bytes() == (tmp_path / "y.gpkg").read_bytes()


def test_other_files_and_missing_layers_are_one_line(tmp_path: Path) -> None:
    write_layers(tmp_path / "x.gpkg", layers(), {"points": "Point"})
    (tmp_path / "text.gpkg").write_text("no database", encoding="utf-8")
    for name, layer, message in (
        ("x.gpkg", "lines", r"E-VEC-003 .*x\.gpkg: lines: no layer `lines`; the file has `points`, `about`, `layer_styles`\."),
        ("text.gpkg", "points", r"E-VEC-001 .*text\.gpkg: cannot be read \(its content is not that of a \.gpkg file\)\."),
        ("none.gpkg", "points", r"E-VEC-001 .*none\.gpkg: cannot be read"),
    ):
        with pytest.raises(InputError, match=message):
            read_layer(tmp_path / name, layer)
