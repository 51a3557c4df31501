"""What a run will write: bytes on disk, before anything is written."""

from __future__ import annotations

import math

from iota_py.config.schema import RunConfig
from iota_py.grid.parts import covered_pixels
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, load_nomenclature
from iota_py.pipeline.models.members import run_layers
from iota_py.pipeline.plans.objects import object_bytes
from iota_py.pipeline.plans.product import known_layers

OVERVIEWS = 4 / 3  # a raster and its reductions by 2, 4, 8 …
# Bytes of polygons for each pixel of the map, as measured on the demonstration, where a polygon has 25 pixels of 10 m, or 144 where the map is
# regularised to 0.1 ha. Maps of larger fields have fewer: a sixth on one of 16 million pixels. A shapefile is there unzipped for a while.
_POLYGONS = {"gpkg": (16, 6), "parquet": (3, 1.5), "shapefile": (16, 6)}


def disk_estimate(inventory: Inventory, config: RunConfig) -> int:
    """Bytes that a run writes at most: windows, tiles, maps of each run and their parts, further layers, packages, uncompressed; and polygons,
    of which there may be more or, mostly, fewer (`polygon_estimate`)."""
    if not inventory.tiles:
        return 0
    pixels = sum(t.geobox.shape[0] * t.geobox.shape[1] for t in inventory.tiles)
    wide = {layer: _layer_bytes(layer, config) for layer in known_layers(config)}
    layers = 1 + len(run_layers(config)) * config.samples.split.runs
    of_tiles = 2 * (layers + sum(_tile_bytes(layer, size) for layer, size in wide.items())) + object_bytes(config, inventory)
    packaged = 0 if config.product is None else sum(wide[layer] for layer in (*paths.LAYERS, *config.product.layers))
    maps = (layers + 3) * (1 + OVERVIEWS) + OVERVIEWS * (sum(wide.values()) + packaged)
    polygons = polygon_estimate(inventory, config) * (1 if config.product is None else 2)
    return pixels * of_tiles + math.ceil(_mapped(inventory) * maps) + polygons


def polygon_estimate(inventory: Inventory, config: RunConfig) -> int:
    """Bytes of the polygons of the map in all the formats, about: it depends on how broken up the map is."""
    if config.vector is None or not inventory.tiles:
        return 0
    sizes = [_POLYGONS[form][config.regularisation is not None] for form in config.vector.formats]
    return math.ceil(_mapped(inventory) * sum(sizes))


def _mapped(inventory: Inventory) -> int:
    return covered_pixels(inventory.grid, [t.geobox for t in inventory.tiles])


def _layer_bytes(layer: str, config: RunConfig) -> int:
    """Bytes of a pixel of a layer of the map."""
    if layer == "probabilities":
        return 2 * len(load_nomenclature(config).classes)
    if layer == "boundary_change":
        return 4
    return 2 if layer.startswith("uncertainty_") or layer == "dissimilarity" else 1


def _tile_bytes(layer: str, size: int) -> int:
    """Bytes of a pixel of a tile for a layer of the map that is made of one of the tiles, beside those of each run."""
    if layer == "boundary_change":
        return 1  # whether the pixel is in a buffer
    if layer in ("dissimilarity", "applicability"):
        return 2  # a band of two bytes each
    if layer == "set_size":
        return 2
    return size if layer == "probabilities" or layer.startswith("uncertainty_") else 0
