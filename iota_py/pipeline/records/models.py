"""The models of a run as MLflow keeps them: all regions and draws under one model, that `tracking.pyfunc` reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from iota_py.config.schema import RunConfig
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.run_votes import run_vote
from iota_py.pipeline.workspace import Workspace
from iota_py.tracking.model_files import product_document, write_model_files
from iota_py.tracking.pyfunc import bundle_name
from iota_py.tracking.record import Artifact
from iota_py.tracking.registry import DATA, MODEL
from iota_py.training.bundle import describe


def is_registrable(config: RunConfig) -> bool:
    """Whether the models of a run give the class of a pixel from its features alone: no number, no segments, no fusion of inputs that may
    not have seen the pixel."""
    return config.samples.target is None and config.objects is None and config.fusion is None


def model_places(config: RunConfig, region: int, run: int, parts: int) -> list[Path]:
    """Bundles of a region and run: of its parts, or of its segments."""
    if config.objects is not None:
        return [config.output / paths.object_model(region, run)]
    return [config.output / paths.model_part(region, run, part, parts) for part in range(parts)]


def model_artifacts(config: RunConfig, ws: Workspace, inventory: Inventory) -> list[Artifact]:
    """Write what is said of the models, and name it with the bundles; nothing for a run whose models are not those of one table of features."""
    if not is_registrable(config):
        return []
    runs, bundles = config.samples.split.runs, []
    for region, _ in inventory.regions:
        parts = ws.parts.get(region, 1)
        for run in range(runs):
            places = model_places(config, region, run, parts)
            bundles += [Artifact(place, f"{MODEL}/{DATA}/{bundle_name(region, run, k, parts)}") for k, place in enumerate(places)]
    vote = run_vote(ws)
    classes = {int(code) for bundle in bundles for code in describe(bundle.path)["classes"]}
    regions = [(index, name, ws.parts.get(index, 1)) for index, name in inventory.regions]
    names = {code: ws.nomenclature[code].label(ws.config.languages[0]) for code in sorted(classes)}
    said = {"undecided": vote.undecided, "mass": None if vote.mass is None else vote.mass.tolist()}
    product = product_document(ws.model_names, regions, runs, names, said)
    folder = config.output / paths.MODEL_FILES
    write_model_files(folder, product, _example(ws), describe(bundles[0].path)["versions"])
    profiles = [ws.path(paths.profile(region)) for region, _ in inventory.regions]
    return [Artifact(folder, MODEL), *bundles, *(Artifact(path, f"{MODEL}/{DATA}") for path in profiles if path.exists())]


def _example(ws: Workspace) -> list[int]:
    """Features of a learning sample; zeros for a run that has none of its own on tiles, as with the models of another run."""
    for tile in ws.tiles:
        path = ws.path(paths.features(tile))
        if path.exists():
            row = read_table(path, list(ws.feature_names)).head(1).to_numpy(np.int16)
            if len(row):
                return [int(value) for value in row[0]]
    return [0] * len(ws.feature_names)
