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
STEPS = "samples/steps.csv"
SAMPLE_SUMMARY = "samples/summary"
LOSSES = "samples/losses.csv"
SPLIT = "samples/split.csv"
DISTANCE = "samples/distance.json"
BORROWED = "samples/borrowed.json"
SELECTION = "samples/selection.parquet"
TABLE_SAMPLES = "samples/table.parquet"
TABLE_STORAGE = "samples/storage.json"
MODELS = "models"
METRICS = "assessment/metrics.json"
CONFUSION = "assessment/confusion.csv"
AREAS = "assessment/areas.csv"
LEDGER = "assessment/ledger.csv"
REGION_SCORES = "assessment/regions.csv"
CROSS_VALIDATION = "assessment/cross_validation.json"
CROSS_TABLE = "assessment/cross_validation.csv"
FIGURES = "assessment/figures"
SUSPICIOUS = "samples/suspicious.csv"
SUSPICIOUS_PLACES = "samples/suspicious.gpkg"
SUSPICIOUS_FIGURE = "assessment/suspicious.png"
SAMPLE_METRICS = "assessment/samples/metrics.json"
SAMPLE_CONFUSION = "assessment/samples/confusion.csv"
SAMPLE_REGIONS = "assessment/samples/regions.csv"
IMPORTANCE = "assessment/importance.csv"
PERMUTATION = "assessment/permutation.csv"
SHAP = "assessment/shap.csv"
ELIMINATION = "assessment/elimination.json"
COLUMNS = "assessment/columns.txt"
LEARNING_LEDGER = "samples/learning.csv"
YEAR_SCORES = "assessment/years.csv"
POLYGON_VALUES = "assessment/polygons.csv"
STRATA = "assessment/strata.csv"
LAYERS = ("classification", "confidence", "validity")
CHOICE = "map/choice.tif"
REGULARISED = "map/regularised.tif"
REGULARISATION = "assessment/regularisation.csv"


def series(tile: str, source: str) -> str:
    """Acquisitions of one input on one tile."""
    return f"inventory/{tile}_{source}.json"


def footprint(tile: str) -> str:
    """Where the tile was seen at least once."""
    return f"tiles/{tile}/footprint.tif"


def season(name: str) -> str:
    """Folder of another year, laid out as that of a run."""
    return f"seasons/{name}"


def drawn(tile: str) -> str:
    """Pixels of a tile that may be drawn from the map of another year."""
    return f"samples/{tile}/drawn.parquet"


def annual(tile: str) -> str:
    """Samples of annual classes of a tile, with their features in the year of their labels."""
    return f"samples/{tile}/annual.parquet"


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


def held_out(tile: str) -> str:
    """Validation samples of a tile with their features, where something asks for them."""
    return f"samples/{tile}/validation.parquet"


def study(folder: str) -> str:
    """What permutation and SHAP say of a model. folder: of its bundle."""
    return f"assessment/importance/{folder.removeprefix('models/').replace('/', '_')}.json"


def importance_figure(name: str) -> str:
    """A figure of the importance of features: `importance`, `permutation`, `groups`, `shap`, `elimination`."""
    return f"assessment/importance/{name}.png"


def cleaning(region: int, run: int) -> str:
    """Scores of the learning polygons of a region and run."""
    return f"samples/cleaning/region_{region}_run_{run}.csv"


def search(region: int) -> str:
    """Trials of the search of a region's parameters."""
    return f"models/search_region_{region}.json"


def search_model(region: int) -> str:
    """Section `model` with the best parameters of a region."""
    return f"assessment/search/model_region_{region}.yaml"


def model(region: int, run: int, member: str | None = None) -> str:
    """Bundle of one region and run, or of a member of its fusion."""
    folder = f"models/region_{region}_run_{run}"
    return folder if member is None else f"{folder}/{member}"


def model_part(region: int, run: int, part: int, parts: int) -> str:
    """Bundle of one part of a region that is divided into so many, of the region itself where it is not."""
    return model(region, run) if parts == 1 else f"{model(region, run)}_part_{part}"


def trust(region: int, run: int, member: str) -> str:
    """Confusion matrix of a member on the learning polygons."""
    return f"{model(region, run, member)}.json"


def map_layer(layer: str, run: int | None = None) -> str:
    """A layer of the map: of one run, or the delivered one."""
    return f"map/{layer}.tif" if run is None else f"map/run_{run}/{layer}.tif"


def difference(run: int) -> str:
    """Difference map of a run."""
    return f"map/run_{run}/difference.tif"


def run_scores(run: int) -> str:
    """Confusion of one run, by region."""
    return f"assessment/run_{run}.json"


def values(run: int) -> str:
    """Validation pixels of a run with the numbers of the map and of the reference."""
    return f"assessment/values_run_{run}.parquet"


def crossed(region: int, kind: str, fold: int) -> str:
    """Confusion of one fold of the cross-validation of a region."""
    return f"assessment/crossval/region_{region}_{kind}_fold_{fold}.json"


def predicted(run: int) -> str:
    """Validation samples of a run of a table, with what the models say of them."""
    return f"samples/predicted_run_{run}.parquet"


def sample_answers(tile: str) -> str:
    """Validation pixels of a tile, with what the models of each run say of them, without a map."""
    return f"assessment/samples/{tile}.parquet"
