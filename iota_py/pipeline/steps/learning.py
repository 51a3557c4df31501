"""One model for each region and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from iota_py.config.models import LightGBM, RandomForest, Stacking, Voting
from iota_py.errors import Fault, TaskError
from iota_py.pipeline import paths
from iota_py.pipeline.models.calibrated import fit_calibrated
from iota_py.pipeline.models.members import member_part
from iota_py.pipeline.models.reduced import model_projection
from iota_py.pipeline.models.reuse import copied_model, copy_bundle
from iota_py.pipeline.models.searched import model_of
from iota_py.pipeline.reference.regions import source_region, weights
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.threads import allowed
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import save
from iota_py.training.fit import Fitted, fit
from iota_py.training.options import OPTIONS, MemberOptions, Options
from iota_py.training.trainers import Trainer, choose_trainer


def write_model(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/region_<r>_run_<k>`: fitted on the learning pixels of the region in this run, in order of tile, polygon, row, column."""
    region, run = params["region"], params["run"]
    if (bundle := copied_model(params)) is not None:
        copy_bundle(bundle, ws.path(paths.model(region, run)))
        return
    trainer = planned_trainer(ws, params)
    samples, names = member_part(ws, learning_samples(ws, region, run, params.get("part")), params.get("member"))
    if samples.empty:
        raise TaskError(
            Fault("E-TRN-002", f"region {ws.region_names[region]}", f"run {run}", "no learning sample", "see assessment/ledger.csv")
        )
    if (samples.code == samples.code.iloc[0]).all():
        only = ws.nomenclature[int(samples.code.iloc[0])]
        text = f"expected at least two classes to learn from, found only {only.code} {only.alias} ({len(samples)} samples)"
        fix = "add polygons of other classes there, or join the region with a neighbour in the regions file"
        raise TaskError(Fault("E-TRN-001", f"region {ws.region_names[region]}", f"run {run}", text, fix))
    fitted, said = fit_calibrated(ws, params, samples, lambda some: fit_samples(ws, params, some, names))
    source = source_region(ws, region, run)
    extra: dict[str, Any] = {
        "region": ws.region_names[region],
        "run": run,
        "samples": len(samples),
        "polygons": int(samples.polygon.nunique()),
    }
    if source != region:
        extra["borrowed from"] = ws.region_names[source]
    place = paths.model(region, run, params.get("member"))
    if "part" in params:
        place = paths.model_part(region, run, params["part"], params["parts"])
    save(fitted, ws.path(place), extra | said | {"trainer": str(trainer)})


def fit_samples(ws: Workspace, params: Mapping[str, Any], samples: pd.DataFrame, names: tuple[str, ...]) -> Fitted:
    """The model of the configuration fitted on samples, rows with columns of these names, in their order."""
    features, labels = samples[list(names)].to_numpy(np.int16), samples.code.to_numpy(np.uint8)
    return fit_arrays(ws, params, features, labels, names, groups=samples.polygon.factorize()[0], **counted(ws, samples))


def counted(ws: Workspace, samples: pd.DataFrame) -> dict[str, np.ndarray]:
    """Weights of the samples, as `fit` takes them, where the rules of the regions give some."""
    found = weights(ws.config.samples.regions, samples)
    return {} if found is None else {"weights": found}


def fit_arrays(
    ws: Workspace,
    params: Mapping[str, Any],
    features: np.ndarray,
    labels: np.ndarray,
    names: tuple[str, ...],
    **beside: np.ndarray | None,
) -> Fitted:
    """The model of the configuration fitted on features int16 (sample, feature) and labels uint8, in their order; beside: as of `fit`."""
    kind, options = options_of(model_of(ws, params))
    features = np.ascontiguousarray(features)
    projection = model_projection(ws, params, features, names)
    if projection is None:
        return fit(kind, options, features, labels, names, params["seed"], allowed(), **beside)
    fitted = fit(kind, options, projection.apply(features), labels, projection.names, params["seed"], allowed(), **beside)
    return replace(fitted, names=tuple(names), projection=projection)


def planned_trainer(ws: Workspace, params: Mapping[str, Any]) -> Trainer:
    """The library that will fit here; TaskError where it is not the one of the plan, as on a computer with other packages."""
    trainer, (name, version) = choose_trainer(ws.config.model), params["model"]["trainer"]
    if trainer != Trainer(name, version):
        text = f"the plan is for {Trainer(name, version)}, this worker would fit with {trainer}"
        raise TaskError(Fault("E-TRN-003", "training", "model.trainer", text, "install the same packages everywhere, or name the trainer"))
    return trainer


def options_of(model: Any) -> tuple[str, Options]:
    """Name and options of the estimator that a configuration asks for. ConfigError as in `choose_trainer`."""
    values = model.model_dump(exclude={"kind"})
    if isinstance(values.get("class_weight"), dict):
        values["class_weight"] = tuple(sorted(values["class_weight"].items()))
    if isinstance(model, LightGBM):
        values["min_data_in_leaf"] = values.pop("min_samples_leaf")
        values["bagging_freq"] = 1 if model.bagging_fraction < 1 else 0
    if isinstance(model, RandomForest):
        values["trainer"] = choose_trainer(model).name
    if isinstance(model, Voting | Stacking):
        weights = values.pop("weights", {})  # members by name: their order in a file decides nothing
        values["members"] = tuple(
            MemberOptions(name, *options_of(part), weights.get(name, 1.0)) for name, part in sorted(model.members.items())
        )
    return model.kind, OPTIONS[model.kind](**values)
