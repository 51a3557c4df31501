"""What is wrong with what is asked of objects, and what does not go with them: refused, never left undone in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault, IotaError
from iota_py.objects.slic import slic_installed
from iota_py.pipeline.inputs.parcels import parcels_on
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.objects import segment_columns

# Section or key -> why a run of objects refuses it.
_SECTIONS = {
    "fusion": "members see pixels of their own inputs",
    "calibration": "probabilities of pixels are calibrated",
    "search": "parameters are searched on pixels",
    "reuse": "models of another run know pixels",
    "reduction": "components are made of the columns of pixels",
    "keep_columns": "it names columns of pixels",
}
_SAMPLES = {
    "table": "a table has no pixels to make segments of",
    "years": "samples of other years are pixels",
    "annual": "samples of annual classes are pixels",
    "copies": "samples that are copied are pixels",
    "augmentation": "samples that are added are pixels",
    "cleaning": "doubtful polygons are found by their pixels",
}


def object_faults(config: RunConfig, inventory: Inventory | None) -> list[Fault]:
    """E-OBJ-001 no scikit-image, E-OBJ-002 no such column, E-OBJ-003 a section that does not go with objects, E-OBJ-004 one of `samples`,
    E-OBJ-005 a study of features, E-OBJ-006 a kind of model, E-OBJ-007 scores by folds, E-OBJ-008 no polygon on the map, E-OBJ-009 no map."""
    wish = config.objects
    if wish is None:
        return []
    if not config.inputs:
        text = "segments lie on a map, and this run makes none"
        return [Fault("E-OBJ-009", config.name, "objects", text, "give inputs, or leave objects out")]
    faults = [*_refused(config), *_model_faults(config)]
    if not wish.given and not slic_installed():
        fix = "pip install 'iota-py[objects]', or give the segments as polygons"
        faults.append(Fault("E-OBJ-001", config.name, "objects.segments", "SLIC needs scikit-image, which is not installed", fix))
    if inventory is None:
        return faults
    try:
        segment_columns(config, inventory)
        faults += _parcel_faults(config, inventory) if wish.given else []
    except IotaError as error:
        faults.extend(error.faults)
    return faults


def parcel_files(config: RunConfig) -> dict[str, Path]:
    """The file of the polygons that are given, by the name of its digest."""
    path = None if config.objects is None else config.objects.segments.path
    return {} if path is None else {"parcels": path}


def refuse_scores(config: RunConfig) -> None:
    """Raise ConfigError E-OBJ-010 for scores without a map."""
    if config.objects is not None:
        text = "objects are classified on a map, and validated by its pixels: there is nothing to score without one"
        raise ConfigError(Fault("E-OBJ-010", config.name, "objects", text, "use iota-py run"))


def _refused(config: RunConfig) -> Iterator[Fault]:
    fix = "leave one of them out"
    for key, why in _SECTIONS.items():
        if getattr(config, key) is not None:
            yield Fault("E-OBJ-003", config.name, "model.from" if key == "reuse" else key, f"not with objects: {why}", fix)
    for key, why in _SAMPLES.items():
        if getattr(config.samples, key):
            yield Fault("E-OBJ-004", config.name, f"samples.{key}", f"not with objects: {why}", fix)
    if config.samples.regions is not None and config.samples.regions.maximum_area is not None:
        text = "not with objects: the parts of a region are made of pixels"
        yield Fault("E-OBJ-004", config.name, "samples.regions.maximum_area", text, fix)
    for key in ("permutation", "shap", "elimination"):
        if getattr(config.importance, key):
            yield Fault("E-OBJ-005", config.name, f"importance.{key}", "not with objects: it is measured on pixels", fix)
    if config.assessment.cross_validation is not None:
        text = "not with objects: folds are of pixels; for spatial scores use samples.split"
        yield Fault("E-OBJ-007", config.name, "assessment.cross_validation", text, fix)


def _model_faults(config: RunConfig) -> Iterator[Fault]:
    members: dict[str, Any] = getattr(config.model, "members", {})
    for place, one in [("model", config.model), *((f"model.members.{name}", one) for name, one in members.items())]:
        if one.kind == "tempcnn":
            text = "not with objects: the network learns along dates, and statistics of segments have none"
            yield Fault("E-OBJ-006", config.name, f"{place}.kind", text, "use another kind")


def _parcel_faults(config: RunConfig, inventory: Inventory) -> Iterator[Fault]:
    assert config.objects is not None
    if parcels_on(config, inventory.grid).empty:
        text = "none of its polygons lies on the map"
        yield Fault(
            "E-OBJ-008", str(config.objects.segments.path), "objects.segments.path", text, "give polygons of the place that is mapped"
        )
