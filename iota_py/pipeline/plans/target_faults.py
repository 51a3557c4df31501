"""What makes no sense, or is not done, in a run that predicts a number."""

from __future__ import annotations

from collections.abc import Iterator

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError
from iota_py.training.regressors import REGRESSORS

# Section or key -> why a run with a target refuses it.
_SECTIONS = {
    "fusion": "labels are fused, and a number has none",
    "calibration": "probabilities are calibrated, and a number has none",
    "objects": "segments are classified, and a number is no class",
    "map": "it is about the probabilities of classes, and a number has none",
    "regularisation": "patches of a class are merged, and a number has none",
    "product": "a package holds a map of classes",
    "vector": "polygons are of classes, and a number has none",
    "search": "parameters are searched by scores of classes",
    "reuse": "models of another run are only reused for classes",
}
_SAMPLES = {
    "years": "other years give classes only",
    "annual": "annual classes are classes",
    "cleaning": "doubtful labels are labels of classes",
    "ignore": "labels to leave out are classes",
    "relabel": "relabelling gives classes",
}
_STUDIES = ("shap", "elimination")
_OF_CLASSES = {"class_weight": None, "criterion": "gini", "trainer": "scikit-learn"}


def check_target(config: RunConfig) -> None:
    """Refuse what a run with a target cannot do. Raises InputError with all faults: E-TGT-004 no polygons, E-TGT-005 another kind of model,
    E-TGT-006 an option of classifiers, E-TGT-007 a section of `samples`, E-TGT-008 another section."""
    if config.samples.target is not None:
        faults = [*_sample_faults(config), *_model_faults(config), *_section_faults(config)]
        if faults:
            raise InputError(*faults)


def _sample_faults(config: RunConfig) -> Iterator[Fault]:
    samples, fix = config.samples, "leave it out, or map classes"
    if not samples.places:
        text = "a target is a number of polygons or points, and there are none"
        yield Fault("E-TGT-004", config.name, "samples.target", text, "give samples.polygons or samples.sources")
    for key, why in _SAMPLES.items():
        if getattr(samples, key):
            yield Fault("E-TGT-007", config.name, f"samples.{key}", f"not with samples.target: {why}", fix)
    for number, source in enumerate(samples.sources):
        for key in ("label", "ignore", "relabel"):
            if getattr(source, key):
                yield Fault(
                    "E-TGT-007", config.name, f"samples.sources.{number}.{key}", "not with samples.target: it is about classes", fix
                )
    if samples.level == "upper":
        yield Fault("E-TGT-007", config.name, "samples.level", "not with samples.target: strata have no groups", fix)
    if samples.augmentation is not None and samples.augmentation.method == "smote":
        text = "not with samples.target: a sample between two others has no number of its own"
        yield Fault("E-TGT-007", config.name, "samples.augmentation.method", text, "use replicate or jitter")


def _model_faults(config: RunConfig) -> Iterator[Fault]:
    model = config.model
    if model.kind not in REGRESSORS:
        text = f"{model.kind} predicts classes only, and samples.target is a number"
        yield Fault("E-TGT-005", config.name, "model.kind", text, f"use one of {', '.join(REGRESSORS)}")
        return
    for key, usual in _OF_CLASSES.items():
        if getattr(model, key, usual) != usual:
            yield Fault("E-TGT-006", config.name, f"model.{key}", "not with samples.target: it is for classifiers", "leave it out")


def _section_faults(config: RunConfig) -> Iterator[Fault]:
    fix = "leave it out, or map classes"
    for key, why in _SECTIONS.items():
        if getattr(config, key) is not None:
            place = "model.from" if key == "reuse" else key
            yield Fault("E-TGT-008", config.name, place, f"not with samples.target: {why}", fix)
    if config.assessment.cross_validation is not None:
        text = "not with samples.target: its scores are of classes; for spatial scores use samples.split"
        yield Fault("E-TGT-008", config.name, "assessment.cross_validation", text, fix)
    for key in _STUDIES:
        if getattr(config.importance, key):
            yield Fault("E-TGT-008", config.name, f"importance.{key}", "not with samples.target: it is measured on classes", fix)
