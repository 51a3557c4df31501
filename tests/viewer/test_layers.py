"""What there is to see of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config.schema import RunConfig
from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster
from iota_py.io.tiles import Pyramid
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.viewer.layers import Layer, find_layers
from iota_py.viewer.painting import class_table, paint

GRID = GeoBox((2, 2), Affine(10, 0, 0, 0, -10, 0), "EPSG:32631")
CLASSES = Nomenclature(
    "two", (LandCoverClass(3, "Eau", {"en": "water"}, (0, 0, 255)), LandCoverClass(7, "Bois", {"en": "wood"}, (0, 99, 0)))
)


def written(
    path: Path, values: list[object], dtype: str, nodata: float | None = None, scale: float = 1.0, names: tuple[str, ...] = ()
) -> None:
    content = np.array(values, dtype)

    def finish(dataset: rasterio.io.DatasetWriter) -> None:
        dataset.scales = [scale] * dataset.count
        for band, name in enumerate(names, 1):
            dataset.set_band_description(band, name)

    count = 1 if content.ndim == 2 else len(content)
    write_raster(path, GRID, dtype, [(whole((2, 2)), content)], count=count, options={"nodata": nodata}, finish=finish)


@pytest.fixture
def layers(tmp_path: Path, light_run: RunConfig) -> dict[str, Layer]:
    """Layers of a folder with one raster of each kind."""
    folder = tmp_path / "map"
    written(folder / "classification.tif", [[3, 7], [0, 3]], "uint8", 0)
    written(folder / "regularised.tif", [[3, 3], [0, 3]], "uint8", 0)
    written(folder / "confidence.tif", [[40, 90], [0, 55]], "uint8", 0)
    written(folder / "validity.tif", [[4, 12], [0, 5]], "uint8")
    written(folder / "probabilities.tif", [[[250, 0], [65535, 1000]], [[750, 1000], [65535, 0]]], "uint16", 65535, 0.001, ("Eau", "Bois"))
    written(folder / "uncertainty_entropy.tif", [[811, 0], [65535, 0]], "uint16", 65535, 0.001, ("entropy",))
    written(folder / "boundary_change.tif", [[0, 7003], [0, 0]], "uint32", 0)
    written(folder / "run_0" / "difference.tif", [[0, 1], [2, 4]], "uint8", 0)
    (folder / ".hidden.tif").write_bytes(b"not to be read")
    return {one.key: one for one in find_layers(tmp_path, light_run, CLASSES, {3: 0.75, 7: 0.25})}


def test_order_names_and_groups(layers: dict[str, Layer]) -> None:
    assert [(one.key, one.title, one.group) for one in layers.values()] == [
        ("classification", "Classes", ""),
        ("regularised", "Classes, regularised", ""),
        ("confidence", "Confidence", ""),
        ("validity", "Clear observations", ""),
        ("boundary_change", "Changed at the borders of regions", ""),
        ("probabilities", "water", "Probabilities"),
        ("probabilities-2", "wood", "Probabilities"),
        ("uncertainty_entropy", "Uncertainty: entropy", ""),
        ("run_0-difference", "Against the reference", "Draw 1"),
    ]


def test_legends(layers: dict[str, Layer]) -> None:
    assert [(e.value, e.label, e.hex_colour, e.share) for e in layers["classification"].entries] == [
        (3, "water", "#0000ff", 0.75), (7, "wood", "#006300", 0.25),
    ]  # fmt: skip
    assert [e.share for e in layers["regularised"].entries] == [None, None], "shares are those of the map"
    assert [e.label for e in layers["run_0-difference"].entries][:2] == ["validation, wrong", "validation, right"]
    ramps = {key: (one.low, one.high, one.unit) for key, one in layers.items() if not one.entries}
    assert ramps == {
        "confidence": (0, 100, "%"), "validity": (0, 12, "dates"), "probabilities": (0, 1, ""), "probabilities-2": (0, 1, ""), "uncertainty_entropy": (0, 1, ""),
    }  # fmt: skip


def test_tables_of_classes(layers: dict[str, Layer]) -> None:
    table = class_table(layers["classification"], {3}, None)
    assert (table[3], table[7], table[8]) == ((0, 0, 255, 0), (0, 99, 0, 255), (0, 0, 0, 0))
    assert class_table(layers["classification"], (), 3)[7] == (0, 99, 0, 46)


def test_every_layer_can_be_painted(layers: dict[str, Layer]) -> None:
    for one in layers.values():
        assert paint(one, Pyramid(GRID), (0, 0, 0)).startswith(b"\x89PNG")


def test_scaled_integers_are_painted_as_their_numbers(layers: dict[str, Layer]) -> None:
    import io

    from matplotlib.image import imread

    found = np.rint(imread(io.BytesIO(paint(layers["probabilities"], Pyramid(GRID), (0, 0, 0)))) * 255).astype(int)
    assert found[0, 1].tolist() == [68, 1, 84, 255], "0"
    assert found[1, 1].tolist() == [253, 231, 36, 255], "1"
    assert found[1, 0, 3] == 0, "no data"
