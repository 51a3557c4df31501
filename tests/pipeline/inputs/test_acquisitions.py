"""What the report lists as acquisitions."""

from __future__ import annotations

from odc.geo.geobox import GeoBox

from iota_py.pipeline.steps.reporting import acquisition_table
from iota_py.products.product import Series
from tests.products.small import GRID
from tests.products.test_product import product


def series(name: str, kind: str, tile: str = "31TCJ", grid: GeoBox = GRID) -> Series:
    return Series(name, tile, grid, ("B4",), ((product(f"{name}_{tile}"),),), kind=kind)


def test_layers_without_dates_are_no_acquisitions():
    table = acquisition_table([series("s2", "optical"), series("terrain", "static")])
    assert (table["product"].tolist(), table["series"].tolist()) == (["s2_31TCJ"], [""])


def test_several_inputs_are_named():
    table = acquisition_table([series("s2", "optical"), series("s1", "radar"), series("s2", "optical", "31TDJ")])
    assert list(zip(table["tile"], table["series"])) == [("31TCJ", "s1"), ("31TCJ", "s2"), ("31TDJ", "s2")]
