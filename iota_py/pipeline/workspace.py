"""What a task finds in the folder of its run: configuration, series, grids, regions. Read once by each process."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.config.schema import RunConfig, dump
from iota_py.features.indices import resolve
from iota_py.grid.form import geobox_of, geobox_values
from iota_py.grid.windows import Window
from iota_py.io.documents import read_yaml, yaml_text
from iota_py.io.publish import read_json, write_json, write_text
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.reading import FeatureSource, feature_source, read_observed
from iota_py.pipeline.inputs.recipe import recipe_document, recipe_from_document
from iota_py.pipeline.inputs.sources import reading_code
from iota_py.pipeline.inputs.usercode import UserCall, user_call, user_observed
from iota_py.pipeline.inventory import Inventory, load_nomenclature, load_regions
from iota_py.pipeline.models.places import Place, places_document, places_from_document, places_of
from iota_py.products.product import Series, series_document, series_from_document
from iota_py.products.store import stored_series

SUMMARY = "inventory/run.json"
KEPT = 32  # series that a process keeps, of the tiles it is at


def write_inventory(root: Path, inventory: Inventory) -> None:
    """Publish the inventory, so that tasks carry names instead of lists of files."""
    for tile in inventory.tiles:
        for name, series in tile.series.items():
            write_json(root / paths.series(tile.name, name), series_document(series))
    summary = {
        "tiles": {t.name: {"grid": geobox_values(t.geobox), "above": t.above, "regions": t.regions} for t in inventory.tiles},
        "order": [t.name for t in inventory.tiles],
        "layers": [
            {
                "input": x.input,
                "dates": [d.isoformat() for d in x.dates],
                "bands": x.bands,
                "indices": x.indices.names,
                "roles": x.roles,
                "counts": x.counts,
                "wavelengths": x.wavelengths,
                "recipe": recipe_document(x.recipe),
                "speckle": x.speckle,
                "source": x.source,
                "names": x.names,
            }
            for x in inventory.layers
        ],
        "regions": [[index, name] for index, name in inventory.regions],
        "grid": geobox_values(inventory.grid) if inventory.tiles else None,
        "features": inventory.feature_names,
        "model_features": inventory.model_names,
        "places": places_document(places_of(inventory.layers, inventory.user, inventory.ready)),
        "user": [call.document() for call in inventory.user],
        "reading": reading_code(),
        "parts": [[region, count] for region, count in inventory.parts],
    }
    write_json(root / SUMMARY, summary)
    for season in inventory.seasons:
        write_text(root / paths.season(season.name) / paths.CONFIG, yaml_text(dump(season.config)))
        write_inventory(root / paths.season(season.name), season.inventory)


class Workspace:
    """The folder of a run, as a task sees it."""

    def __init__(self, root: Path, version: str) -> None:
        self.root = root
        self.version = version

    def path(self, name: str) -> Path:
        """Absolute path of one of the run's files."""
        return self.root / name

    def season(self, name: str) -> Workspace:
        """The folder of another year, as a task sees it."""
        return workspace(str(self.root / paths.season(name)), self.version)

    @functools.cached_property
    def config(self) -> RunConfig:
        """The resolved configuration."""
        return RunConfig.model_validate(read_yaml(self.path(paths.CONFIG)))

    @functools.cached_property
    def nomenclature(self) -> Nomenclature:
        """The classes."""
        return load_nomenclature(self.config)

    @functools.cached_property
    def summary(self) -> Mapping[str, Any]:
        """Grids, layers and regions of the run."""
        content: Mapping[str, Any] = read_json(self.path(SUMMARY))
        return content

    @property
    def tiles(self) -> list[str]:
        """Tiles in order of priority."""
        return list(self.summary["order"])

    @property
    def runs(self) -> int:
        """Number of draws."""
        return self.config.samples.split.runs

    @property
    def grid(self) -> GeoBox:
        """Grid of the map."""
        return geobox_of(self.summary["grid"])

    @property
    def region_names(self) -> dict[int, str]:
        """Region index -> name."""
        return {int(index): str(name) for index, name in self.summary["regions"]}

    @property
    def parts(self) -> dict[int, int]:
        """Number of parts of each region that is divided, 2 and more."""
        return {int(region): int(count) for region, count in self.summary.get("parts", [])}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns of the feature matrix."""
        return tuple(self.summary["features"])

    @property
    def model_names(self) -> tuple[str, ...]:
        """Columns of the feature matrix as the models name them: with the dates of their own year where they are of another run."""
        return tuple(self.summary.get("model_features", ())) or self.feature_names

    @property
    def places(self) -> tuple[Place, ...]:
        """Where each column of the feature matrix stands."""
        return places_from_document(self.summary["places"])

    def geobox(self, tile: str) -> GeoBox:
        """Grid of a tile."""
        return geobox_of(self.summary["tiles"][tile]["grid"])

    def above(self, tile: str) -> list[str]:
        """Tiles of higher priority that overlap this one."""
        return list(self.summary["tiles"][tile]["above"])

    def counted(self, tile: str) -> list[Series]:
        """The series of a tile whose observations validity counts."""
        return [self._series(tile, layer["input"]) for layer in self.summary["layers"] if layer["counts"]]

    def sources(self, tile: str) -> list[FeatureSource]:
        """Series of a tile with what is computed from each."""
        return [self._source(tile, i) for i in range(len(self.summary["layers"]))]

    def delivered(self, tile: str) -> list[Series]:
        """Series of a tile as they were delivered, whether or not they are kept in a store, in the order of the inputs."""
        return [self.original(tile, layer["input"]) for layer in self.summary["layers"]]

    def original(self, tile: str, source: str) -> Series:
        """A series as it was delivered."""
        return series_from_document(read_json(self.path(paths.series(tile, source))))

    @functools.cached_property
    def user_calls(self) -> tuple[UserCall, ...]:
        """Functions of users whose features come after those of the inputs."""
        return tuple(user_call(document) for document in self.summary["user"])

    def observe(self, tile: str, window: Window) -> tuple[list[Observed], np.ndarray]:
        """What was observed in a window of a tile, with what functions of users make of it, and the validity, as in `read_observed`."""
        sources = self.sources(tile)
        observed, validity = read_observed(sources, window)
        named = {layer["input"]: source for layer, source in zip(self.summary["layers"], sources)}
        place = tile, self.geobox(tile)
        return [*observed, *(user_observed(call, place, window, named) for call in self.user_calls)], validity

    @functools.lru_cache(maxsize=KEPT)  # noqa: B019 - a workspace lives as long as its process
    def _series(self, tile: str, source: str) -> Series:
        series, folder = self.original(tile, source), self.config.engine.store
        return series if folder is None else stored_series(series, folder, self.summary["reading"])

    @functools.lru_cache(maxsize=KEPT)  # noqa: B019
    def _source(self, tile: str, position: int) -> FeatureSource:
        layer = self.summary["layers"][position]
        plan = resolve(layer["indices"], layer["roles"], tuple(layer["bands"]), wavelengths=layer["wavelengths"])
        series, dates = self._series(tile, layer["input"]), [dt.date.fromisoformat(d) for d in layer["dates"]]
        speckle = tuple(layer["speckle"]) if layer["speckle"] else None
        return feature_source(series, dates, plan, layer["counts"], recipe_from_document(layer["recipe"]), speckle)

    @functools.cache  # noqa: B019
    def regions(self, crs: str) -> gpd.GeoDataFrame | None:
        """Regions in a CRS (well-known text), None when there is one region."""
        frame = load_regions(self.config)
        return None if frame is None else frame.to_crs(crs)


@functools.lru_cache(maxsize=16)  # that of a run, and those of its other years
def workspace(root: str, version: str) -> Workspace:
    """The workspace of a run in this process; a new one whenever the inventory has been written anew."""
    return Workspace(Path(root), version)
