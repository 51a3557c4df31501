"""One model for each region and run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from iota_py.config.models import LightGBM
from iota_py.errors import Fault, TaskError
from iota_py.pipeline import paths
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import save
from iota_py.training.estimators import LightGBMOptions, RandomForestOptions
from iota_py.training.fit import fit
from iota_py.training.trainers import Trainer, choose_trainer


def write_model(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/region_<r>_run_<k>`: fitted on the learning pixels of the region in this run, in order of tile, polygon, row, column."""
    region, run = params["region"], params["run"]
    trainer = _planned_trainer(ws, params)
    samples = learning_samples(ws, region, run)
    if samples.empty:
        raise TaskError(
            Fault("E-TRN-002", f"region {ws.region_names[region]}", f"run {run}", "no learning sample", "see assessment/ledger.csv")
        )
    names = ws.feature_names
    features = np.ascontiguousarray(samples[list(names)].to_numpy(np.int16))
    kind, options = options_of(ws.config.model)
    fitted = fit(kind, options, features, samples.code.to_numpy(np.uint8), names, params["seed"], 1)
    extra = {"region": ws.region_names[region], "run": run, "samples": len(samples), "polygons": int(samples.polygon.nunique())}
    save(fitted, ws.path(paths.model(region, run)), extra | {"trainer": str(trainer)})


def _planned_trainer(ws: Workspace, params: Mapping[str, Any]) -> Trainer:
    """The library that will fit here; TaskError where it is not the one of the plan, as on a computer with other packages."""
    trainer, (name, version) = choose_trainer(ws.config.model), params["model"]["trainer"]
    if trainer != Trainer(name, version):
        text = f"the plan is for {Trainer(name, version)}, this worker would fit with {trainer}"
        raise TaskError(Fault("E-TRN-003", "training", "model.trainer", text, "install the same packages everywhere, or name the trainer"))
    return trainer


def options_of(model: Any) -> tuple[str, RandomForestOptions | LightGBMOptions]:
    """Name and options of the estimator that a configuration asks for. ConfigError as in `choose_trainer`."""
    values = model.model_dump(exclude={"kind"})
    if isinstance(model, LightGBM):
        values["min_data_in_leaf"] = values.pop("min_samples_leaf")
        values["bagging_freq"] = 1 if model.bagging_fraction < 1 else 0
        return model.kind, LightGBMOptions(**values)
    return model.kind, RandomForestOptions(**values | {"trainer": choose_trainer(model).name})
