"""A run as the viewer sees it: opened once, read from by every request."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from odc.geo.geobox import GeoBox
from pydantic import ValidationError

from iota_py.errors import Fault, InputError
from iota_py.grid.windows import crs_text
from iota_py.io.raster import read_header
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING
from iota_py.viewer.layers import Entry, Layer, class_entries, find_layers


class ShownRun:
    """A finished run. Reading is safe from several threads; what needs models goes one by one (`lock`).

    allowed: functions of users may run when a pixel is looked at again.
    """

    def __init__(self, root: Path, allowed: bool = False) -> None:
        """Raises InputError: E-VIEW-001 no map there, E-VIEW-003 its configuration is not of this version, and as the nomenclature does."""
        self.root = root
        self.allowed = allowed
        self.lock = threading.Lock()
        self._grids: dict[str, GeoBox] = {}
        self.ws = Workspace(root.resolve(), "")
        self.main = next((name for name in ("classification", "value") if (root / paths.map_layer(name)).is_file()), None)
        if self.main is None:
            raise InputError(Fault("E-VIEW-001", str(root), "", "no finished map here (no map/classification.tif)", "iota-py run CONFIG"))
        self._check_config()
        self.nomenclature: Nomenclature = self.ws.nomenclature
        self.layers = {layer.key: layer for layer in find_layers(root, self.ws.config, self.nomenclature, self._shares())}

    def _check_config(self) -> None:
        try:
            self.ws.config  # noqa: B018 - read now, to say so in one line
        except (OSError, ValidationError, ValueError) as error:
            where = str(self.root / paths.CONFIG)
            text = f"not a configuration that this version of iota_py reads ({type(error).__name__})"
            raise InputError(Fault("E-VIEW-003", where, "", text, "run it again with this version: iota-py run CONFIG")) from error

    @property
    def title(self) -> str:
        """What the run calls itself."""
        return self.ws.config.title or self.ws.config.name

    @functools.cached_property
    def grid(self) -> GeoBox:
        """Grid of the map."""
        return self.layer_grid(self.delivered.key)

    @functools.cached_property
    def classes(self) -> dict[int, Entry]:
        """Name and colour of each class."""
        return {one.value: one for one in class_entries(self.nomenclature, {}, self.ws.config.languages[0])}

    def layer_grid(self, key: str) -> GeoBox:
        """Grid of a layer, mostly that of the map."""
        if key not in self._grids:
            self._grids[key] = read_header(str(self.layers[key].path)).geobox
        return self._grids[key]

    @property
    def delivered(self) -> Layer:
        """The map of classes, or of numbers."""
        return self.layers[str(self.main)]

    def _shares(self) -> dict[int, float]:
        """Share of each class of the map, by counting pixels; none where the run has not counted them."""
        path = self.root / paths.AREAS
        if not path.is_file():
            return {}
        table = read_table(path)
        return dict(zip(table.code.astype(int), table.share.astype(float))) if {"code", "share"} <= set(table.columns) else {}

    @functools.cached_property
    def polygons(self) -> gpd.GeoDataFrame | None:
        """Reference polygons in the CRS of the map, with `learning`: in how many draws; None where the run has none."""
        path = self.root / paths.POLYGONS
        if not path.is_file():
            return None
        frame = read_vectors(path).to_crs(crs_text(self.grid))
        draws = np.zeros(len(frame), np.int64)
        if (self.root / paths.SPLIT).is_file():
            split = read_table(self.root / paths.SPLIT).set_index("polygon")
            roles = split[[name for name in split.columns if name.startswith("run_")]]
            draws = (roles == LEARNING).sum(axis=1).reindex(frame.polygon).fillna(0).to_numpy(np.int64)
        return frame.assign(learning=draws)

    @functools.cached_property
    def regions(self) -> gpd.GeoDataFrame | None:
        """Regions in the CRS of the map, None where there is one; InputError when their file is no longer there."""
        return self.ws.regions(crs_text(self.grid))

    def has_regions(self) -> bool:
        """True when the outlines of several regions can be drawn."""
        try:
            return self.regions is not None
        except InputError:
            return False

    def document(self) -> dict[str, Any]:
        """The run as the page needs it."""
        overlays = [] if not self.has_regions() else [{"key": "regions", "title": "Ecoregions"}]
        overlays += [] if self.polygons is None else [{"key": "polygons", "title": "Reference polygons"}]
        return {
            "name": self.ws.config.name, "title": self.title, "folder": str(self.root), "main": self.main, "draws": self.ws.runs, "overlays": overlays,
            "layers": [layer.document() for layer in self.layers.values()],
        }  # fmt: skip
