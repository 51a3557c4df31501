"""A finished run of a few pixels, made by hand: what the packages, the catalogue and their verification are tried on.

Classes 5 and 13 (and no data), a vector layer of two zones, one model. Nothing of it needs products or learning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box
from sklearn.ensemble import RandomForestClassifier

from iota_py.config import RunConfig, load_config
from iota_py.config.schema import dump
from iota_py.grid.windows import Window, whole
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_json, write_text
from iota_py.io.raster import write_cog
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import delivered, outputs_of, sealed
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.inventory import load_nomenclature
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.state import State
from iota_py.pipeline.steps.mapping import palette
from iota_py.pipeline.task import Outcome, Task
from iota_py.training.bundle import save
from iota_py.training.fitted import Fitted
from iota_py.training.options import RandomForestOptions

GRID = GeoBox((6, 8), Affine(10, 0, 400_000, 0, -10, 4_800_060), "EPSG:32631")
CLASSES = np.array([[0, 5, 5, 5, 13, 13, 13, 13]] * 6, np.uint8)
PRODUCT = """
product: {year: 2023, version: "1-0", zone: Somewhere, zone_type: Region, producer: The makers, licence: CC-BY-4.0}
"""
FINGERPRINTS = {
    "code": {"train": "a", "predict": "b"},
    "settings": {"model.trees": 8},
    "inputs": {"31TCJ sentinel2": "c"},
    "reference": {"polygons": "d"},
}
SCORE = {"mean": 0.9, "half_width": 0.02}
METRICS = {
    "overall_accuracy": SCORE,
    "kappa": {"mean": 0.85, "half_width": None},
    "f1_macro": {"mean": None, "half_width": None},
    "per_class": {"13": {"alias": "Prairie", "f1": SCORE}, "5": {"alias": "Colza", "f1": SCORE}},
}
Writer = Callable[[Path, str], Path]
MAKERS = ("mosaic/delivered", "legend", "vectors", "train/region_1_run_0", "summary")


def small_run(folder: Path, light_config: Writer, more: str = PRODUCT, polygons: bool = True) -> RunConfig:
    """The folder of a run with a map, polygons of zones 09 and 31, a model, and scores."""
    config = load_config(light_config(folder, more))
    root = config.output
    write_text(root / paths.CONFIG, yaml_text(dump(config)))
    write_text(root / paths.REPORT, "<!doctype html>\n<p>report</p>\n")
    write_json(root / paths.METRICS, METRICS)
    write_map(config)
    write_polygons(root, ["09", "31"] if polygons else [])
    save(fitted(), root / "models/region_1_run_0", {"region": "1", "run": 0})
    mark(root, "vectors", ["vector"] if polygons else [])
    mark(root, "train/region_1_run_0", ["models/region_1_run_0"])
    mark(root, "summary", [paths.METRICS])
    mark(root, "report", [paths.REPORT])
    return config


def write_map(config: RunConfig, classes: np.ndarray = CLASSES) -> None:
    """Classes, confidence of 80 % and validity of 7 on `GRID`, with their styles."""
    root, nomenclature = config.output, load_nomenclature(config)
    layers = {"classification": classes, "confidence": np.where(classes > 0, 80, 0), "validity": np.full(classes.shape, 7)}
    for layer, values in layers.items():
        finish = palette(nomenclature) if layer == "classification" else None
        blocks: list[tuple[Window, np.ndarray]] = [(whole(GRID.shape), values.astype(np.uint8))]
        nodata = None if layer == "validity" else 0
        write_cog(root / paths.map_layer(layer), GRID, "uint8", blocks, overviews="mode", nodata=nodata, finish=finish)
        write_text(root / paths.map_layer(layer).replace(".tif", ".qml"), "<!DOCTYPE qgis>\n<qgis/>\n")
    write_text(root / "map/classification.tif.aux.xml", "<PAMDataset/>\n")
    mark(
        root, "mosaic/delivered", [*(f"map/{layer}{end}" for layer in layers for end in (".tif", ".qml")), "map/classification.tif.aux.xml"]
    )
    for name in ("map/legend.png", "map/legend.fr.png"):
        write_text(root / name, "a picture\n")
    mark(root, "legend", ["map/legend.png", "map/legend.fr.png"])


def write_polygons(root: Path, zones: Iterable[str]) -> None:
    """Two squares in each zone."""
    squares = [box(400_000, 4_800_000, 400_030, 4_800_060), box(400_030, 4_800_000, 400_080, 4_800_060)]
    for zone in zones:
        frame = gpd.GeoDataFrame({"Classe": [5, 13], "Aire": [0.18, 0.3]}, geometry=squares, crs=GRID.crs.to_wkt())
        write_gpkg(root / f"vector/{zone}.gpkg", frame, zone)


def fitted() -> Fitted:
    """A forest on two features."""
    features = np.arange(40, dtype=np.float32).reshape(20, 2)
    labels = np.repeat([5, 13], 10).astype(np.uint8)
    forest = RandomForestClassifier(4, random_state=1, n_jobs=1).fit(features, labels)
    return Fitted("random_forest", forest, None, np.array([5, 13], np.uint8), ("red", "nir"), RandomForestOptions(trees=4, bins=None), 1)


def mark(root: Path, name: str, outputs: Iterable[str]) -> Task:
    """Write the marker of a task as if it had made these outputs."""
    task = Task(name, name.split("/")[0], "", {}, (), tuple(outputs), "key")
    State(root).record(task, 0.0)
    return task


def parameters(**changed: Any) -> dict[str, Any]:
    """Those of the tasks of packages and catalogue."""
    layers = [[layer, f"map/{layer}.tif", f"map/{layer}.qml"] for layer in paths.LAYERS]
    layers[0].append("map/classification.tif.aux.xml")
    return {
        "title": "A small map",
        "layers": layers,
        "legends": ["map/legend.png", "map/legend.fr.png"],
        "period": ["2023-01-01", "2023-12-31"],
        "fingerprints": FINGERPRINTS,
        "makers": list(MAKERS),
        "packaged": True,
        "models": ["models/region_1_run_0"],
        **changed,
    }


def deliver(config: RunConfig, **changed: Any) -> list[Outcome]:
    """Do the tasks of packages (where there is a section `product`) and catalogue, and write the manifest when they succeeded."""
    root = config.output
    write_text(root / paths.CONFIG, yaml_text(dump(config)))
    params = parameters(packaged=config.product is not None, **changed)
    wanted = {"package": paths.PRODUCT, "catalogue": paths.CATALOGUE}
    tasks = [
        Task(name, name, name, params, (), (output,), "key")
        for name, output in wanted.items()
        if name != "package" or config.product is not None
    ]
    outcomes = []
    for number, task in enumerate(tasks):
        outcomes.append(execute(str(root), f"{task.id}{number}{params!r:.40}{dump(config)!r}", task))
        if not outcomes[-1].ok:
            return outcomes
    write_record(config, tasks)
    return outcomes


def write_record(config: RunConfig, tasks: Iterable[Task]) -> None:
    """The manifest of what the tasks have left."""
    made = [Task(name, "", "", {}, (), (), "key") for name in (*MAKERS, "report")]
    outputs = outputs_of(config.output, Plan((*made, *tasks)))
    document: Mapping[str, Any] = {"outputs": [one.document() for one in outputs], "delivered": []}
    found = delivered(config.output, outputs, load_nomenclature(config).codes)
    write_json(config.output / paths.MANIFEST, sealed({**document, "delivered": found}))
