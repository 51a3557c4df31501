"""Every name that a run writes, once. All are relative to the folder of the run."""

from __future__ import annotations

CONFIG = "config.yaml"
MANIFEST = "manifest.json"
REPORT = "report.html"
TRACKING = "tracking.json"
STATE = ".state"
LOCK = ".lock"
BAD = "inventory/bad.json"
POLYGONS = "samples/polygons.gpkg"
DROPS = "samples/drops.csv"
LOSSES = "samples/losses.csv"
SPLIT = "samples/split.csv"
SELECTION = "samples/selection.parquet"
TABLE_SAMPLES = "samples/table.parquet"
METRICS = "assessment/metrics.json"
CONFUSION = "assessment/confusion.csv"
AREAS = "assessment/areas.csv"
LEDGER = "assessment/ledger.csv"
REGION_SCORES = "assessment/regions.csv"
FIGURES = "assessment/figures"
LAYERS = ("classification", "confidence", "validity")


def series(tile: str, source: str) -> str:
    """Acquisitions of one input on one tile."""
    return f"inventory/{tile}_{source}.json"


def footprint(tile: str) -> str:
    """Where the tile was seen at least once."""
    return f"tiles/{tile}/footprint.tif"


def window(tile: str, row: int, col: int) -> str:
    """Result of one window, kept until its tile is assembled."""
    return f"tiles/{tile}/windows/r{row:06d}_c{col:06d}.tif"


def feature_window(tile: str, row: int, col: int) -> str:
    """Chosen features of one window, kept until the maps of its tile are written."""
    return f"tiles/{tile}/features/r{row:06d}_c{col:06d}.tif"


def feature_map(tile: str, column: str) -> str:
    """Map of one feature."""
    return f"features/{tile}/{column}.tif"


def tile_layer(tile: str, layer: str, run: int | None = None) -> str:
    """A layer of a tile: `validity`, or `classification` and `confidence` of a run."""
    return f"tiles/{tile}/{layer}.tif" if run is None else f"tiles/{tile}/{layer}_run_{run}.tif"


def candidates(tile: str) -> str:
    """Pixels of a tile that reference polygons cover."""
    return f"samples/{tile}/candidates.parquet"


def features(tile: str) -> str:
    """Learning samples of a tile with their features."""
    return f"samples/{tile}/features.parquet"


def model(region: int, run: int) -> str:
    """Bundle of one region and run."""
    return f"models/region_{region}_run_{run}"


def map_layer(layer: str, run: int | None = None) -> str:
    """A layer of the map: of one run, or the delivered one."""
    return f"map/{layer}.tif" if run is None else f"map/run_{run}/{layer}.tif"


def difference(run: int) -> str:
    """Difference map of a run."""
    return f"map/run_{run}/difference.tif"


def run_scores(run: int) -> str:
    """Confusion of one run, by region."""
    return f"assessment/run_{run}.json"
