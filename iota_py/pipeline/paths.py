"""Every name that a run writes, once. All are relative to the folder of the run."""

from __future__ import annotations

from collections.abc import Sequence

CONFIG = "config.yaml"
MANIFEST = "manifest.json"
REPORT = "report.html"
TRACKING = "tracking.json"
SYSTEM = "system.csv"
MODEL_VERSION = "inventory/registered_model.json"
MODEL_FILES = "tracking/model"
PER_CLASS = "tracking/per_class.csv"
TILE_PLACES = "tracking/tiles.geojson"
POLYGON_PLACES = "tracking/polygons.geojson"
MAP_PICTURE = "tracking/map.png"
STATE = ".state"
PROGRESS = ".state/progress.json"
LOG = "log/run.log"
LOG_EVENTS = "log/run.jsonl"
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
ACQUISITIONS = "assessment/acquisitions.csv"
BASELINE = "assessment/baseline.json"
BASELINE_TABLE = "assessment/baseline.csv"
POLYGON_SCORES = "assessment/polygon_scores.parquet"
LEVEL_SCORES = "assessment/scores.csv"
MATRICES = "assessment/matrices.csv"
CONFUSION_BY_ROW = "assessment/confusion_by_row.csv"
CONFUSION_BY_COLUMN = "assessment/confusion_by_column.csv"
SKILL = (POLYGON_SCORES, LEVEL_SCORES, MATRICES, CONFUSION_BY_ROW, CONFUSION_BY_COLUMN)
CROSS_VALIDATION = "assessment/cross_validation.json"
CROSS_TABLE = "assessment/cross_validation.csv"
MAP_ACCURACY = tuple(f"assessment/{name}" for name in ("map_accuracy.json", "map_accuracy.csv", "map_areas.csv", "map_matrix.csv"))
FIGURES = "assessment/figures"
SUSPICIOUS = "samples/suspicious.csv"
SUSPICIOUS_PLACES = "samples/suspicious.gpkg"
SUSPICIOUS_FIGURE = "assessment/suspicious.png"
SAMPLE_METRICS = "assessment/samples/metrics.json"
SAMPLE_CONFUSION = "assessment/samples/confusion.csv"
SAMPLE_REGIONS = "assessment/samples/regions.csv"
SAMPLE_SKILL = tuple(name.replace("assessment/", "assessment/samples/") for name in SKILL)
CONFORMAL = "assessment/held_out_probabilities/thresholds.json"
SETS = "assessment/sets.json"
PROBABILITY_SCORES = "assessment/probability_scores.csv"
RELIABILITY = "assessment/reliability.csv"
COVERAGE = "assessment/coverage.csv"
CONFUSIONS = "assessment/confusions.csv"
CONFUSION_SERIES = "assessment/confusions.json"
IMPORTANCE = "assessment/importance.csv"
PERMUTATION = "assessment/permutation.csv"
SHAP = "assessment/shap.csv"
ELIMINATION = "assessment/elimination.json"
COLUMNS = "assessment/columns.txt"
LEARNING_LEDGER = "samples/learning.csv"
YEAR_SCORES = "assessment/years.csv"
POLYGON_VALUES = "assessment/polygons.csv"
STRATA = "assessment/strata.csv"
DRIFT = "assessment/drift.json"
DRIFT_TABLE = "assessment/drift.csv"
DRIFT_FIGURE = "assessment/drift.png"
DRIFT_TEXT = "assessment/drift.txt"
DRIFT_PLACES = "assessment/drift.geojson"
LAYERS = ("classification", "confidence", "validity")
CHOICE = "map/choice.tif"
LEGEND = "map/legend.png"
PROBABILITIES = "map/probabilities.tif"
SET_SIZE = "map/set_size.tif"
BOUNDARY_CHANGE = "map/boundary_change.tif"
DISSIMILARITY = "map/dissimilarity.tif"
APPLICABLE = "map/applicability.tif"
APPLICABILITY = "assessment/applicability.json"
APPLICABILITY_AREAS = "assessment/applicability.csv"
APPLICABILITY_FOLDS = "assessment/applicability_folds.csv"
BOUNDARY = "assessment/boundary.csv"
BOUNDARY_SUMMARY = "assessment/boundary.json"
REGULARISED = "map/regularised.tif"
REGULARISATION = "assessment/regularisation.csv"
WHOLE = "map"  # name of the vector product of a map that is not cut by zones
VECTOR_TABLE = "assessment/vector.csv"
VECTOR = "vector"
PRODUCT = "product"
CATALOGUE = "catalog"
OBJECT_SELECTION = "samples/objects.parquet"
OBJECT_LEDGER = "samples/objects.csv"


def in_languages(name: str, languages: Sequence[str] = ("en",)) -> list[str]:
    """Names of a file in several languages: the first has the plain name, `legend.png`, others theirs, `legend.fr.png`."""
    stem, dot, suffix = name.rpartition(".")
    return [name, *(f"{stem}.{language}{dot}{suffix}" for language in languages[1:])]


def class_map(name: str, languages: Sequence[str] = ("en",)) -> list[str]:
    """A raster of classes and what stands beside it: its attribute table and its styles."""
    return [name, f"{name}.aux.xml", *in_languages(name.replace(".tif", ".qml"), languages)]


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


def window_shares(tile: str, row: int, col: int) -> str:
    """Probabilities and uncertainty of one window, kept until its tile is assembled."""
    return f"tiles/{tile}/windows/r{row:06d}_c{col:06d}_shares.tif"


def window_applicability(tile: str, row: int, col: int) -> str:
    """Dissimilarity of one window, and whether models apply, kept until its tile is assembled."""
    return f"tiles/{tile}/windows/r{row:06d}_c{col:06d}_applicability.tif"


def feature_window(tile: str, row: int, col: int) -> str:
    """Chosen features of one window, kept until the maps of its tile are written."""
    return f"tiles/{tile}/features/r{row:06d}_c{col:06d}.tif"


def feature_map(tile: str, column: str) -> str:
    """Map of one feature."""
    return f"features/{tile}/{column}.tif"


def tile_layer(tile: str, layer: str, run: int | None = None) -> str:
    """A layer of a tile: `validity`, or `classification` and `confidence` of a run."""
    return f"tiles/{tile}/{layer}.tif" if run is None else f"tiles/{tile}/{layer}_run_{run}.tif"


def parcels(tile: str) -> tuple[str, str]:
    """Polygons that were given as segments: their numbers on the grid of a tile, and the row of each in its file."""
    return f"tiles/{tile}/parcels.tif", f"tiles/{tile}/parcels.parquet"


def contrast(tile: str) -> str:
    """How the columns that segments are made from are scaled."""
    return f"tiles/{tile}/contrast.json"


def cell(tile: str, row: int, col: int) -> tuple[str, str]:
    """Segments of a cell with its validity, and the sums of their pixels, kept until the objects of its tile are written."""
    place = f"tiles/{tile}/cells/r{row:06d}_c{col:06d}"
    return f"{place}.tif", f"{place}.parquet"


def segments(tile: str) -> str:
    """Number of the segment of each pixel of a tile."""
    return f"tiles/{tile}/segments.tif"


def objects(tile: str) -> str:
    """Segments of a tile with their features."""
    return f"tiles/{tile}/objects.parquet"


def learning_segments(tile: str) -> str:
    """Segments of a tile that meet learning polygons, and how far each comes in every run."""
    return f"samples/{tile}/segments.parquet"


def learning_objects(tile: str) -> str:
    """Segments of a tile that are pure in some run, with their features."""
    return f"samples/{tile}/objects.parquet"


def object_model(region: int, run: int) -> str:
    """Bundle that classifies the segments of one region and run."""
    return f"models/objects_region_{region}_run_{run}"


def candidates(tile: str) -> str:
    """Pixels of a tile that reference polygons cover."""
    return f"samples/{tile}/candidates.parquet"


def features(tile: str) -> str:
    """Learning samples of a tile with their features."""
    return f"samples/{tile}/features.parquet"


def held_out(tile: str) -> str:
    """Validation samples of a tile with their features, where something asks for them."""
    return f"samples/{tile}/validation.parquet"


def pixels(tile: str) -> str:
    """Pixels of the map of a tile drawn for a picture of its features."""
    return f"samples/{tile}/pixels.parquet"


def profile(region: int) -> str:
    """How the features of a region are spread in the year of its models."""
    return f"models/profile_region_{region}.npz"


def tested(tile: str) -> str:
    """Held-out pixels of a tile with their features, where probabilities are tested."""
    return f"samples/{tile}/tested.parquet"


def held_out_answers(region: int, run: int) -> str:
    """What the model of a region and run says of held-out pixels."""
    return f"assessment/held_out_probabilities/region_{region}_run_{run}.parquet"


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


def space(region: int, run: int) -> str:
    """Folder of what tells where the models of a region and run apply."""
    return f"models/applicability/region_{region}_run_{run}"


def trust(region: int, run: int, member: str) -> str:
    """Confusion matrix of a member on the learning polygons."""
    return f"{model(region, run, member)}.json"


def map_layer(layer: str, run: int | None = None) -> str:
    """A layer of the map: of one run, or the delivered one."""
    return f"map/{layer}.tif" if run is None else f"map/run_{run}/{layer}.tif"


def vector(zone: str, form: str) -> str:
    """Polygons of a zone, in one of the formats of the section `vector`; their style is beside the GeoPackage."""
    return f"{VECTOR}/{zone}.{'zip' if form == 'shapefile' else form}"


def vector_classes(zone: str) -> str:
    """Polygons and hectares of each class of a zone."""
    return f"assessment/vector/{zone}.csv"


def uncertainty(measure: str) -> str:
    """A measure of uncertainty of the map."""
    return f"map/uncertainty_{measure}.tif"


def map_part(row: int, col: int, raster: str) -> str:
    """A raster of one part of the map, kept until the map is put together."""
    return f"map/parts/r{row:06d}_c{col:06d}_{raster}.tif"


def difference(run: int) -> str:
    """Difference map of a run."""
    return f"map/run_{run}/difference.tif"


def run_weights(run: int) -> str:
    """Confusion of one run that says how far its classes are trusted where runs are fused."""
    return f"assessment/weights_run_{run}.json"


def run_scores(run: int) -> str:
    """Confusion of one run, by region."""
    return f"assessment/run_{run}.json"


def run_polygons(run: int) -> str:
    """Pixels of one run by held-out polygon, reference class and map class."""
    return f"assessment/run_{run}_polygons.parquet"


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
