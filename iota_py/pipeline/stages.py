"""The stages of a run, in order, and the source that decides what each of them writes.

A task needs only tasks of earlier stages. A changed line of code redoes the stages whose rooms hold it, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping

STAGES = (
    "store", "polygons", "footprint", "candidates", "split", "selection", "samples", "train", "predict", "assemble", "mosaic", "assess", "summary", "report",
    "feature_windows", "feature_maps",
)  # fmt: skip

_READING = ("errors.py", "grid", "io", "products", "pipeline/reading.py")
_RECIPES = ("config/features.py", "pipeline/recipe.py", "pipeline/observed.py", "pipeline/columns.py")
_FEATURES = (*_READING, "pipeline/usercode.py", *_RECIPES, "timeseries", "features")
_CODES = ("codes.py", "pages.py")
_OWNED = ("pipeline/steps/footprint.py", "samples/candidates.py")
ROOMS: Mapping[str, tuple[str, ...]] = {
    "store": (*_READING, "pipeline/steps/store.py"),
    "polygons": ("errors.py", "grid", "io", "samples", "nomenclature.py", "pipeline/steps/reference.py"),
    "footprint": (*_READING, "pipeline/steps/footprint.py"),
    "candidates": (*_READING, *_OWNED, "samples", "pipeline/steps/reference.py"),
    "split": ("samples", "io", "pipeline/steps/reference.py", "pipeline/steps/splitting.py"),
    "selection": (
        "samples", *_FEATURES, "nomenclature.py", "pipeline/steps/reference.py", "pipeline/steps/selection.py", "pipeline/steps/series_table.py",
    ),
    "samples": (*_FEATURES, "pipeline/steps/extraction.py"),
    "train": ("training", *_CODES, "samples", "pipeline/steps/learning.py", "pipeline/steps/learning_set.py"),
    "predict": (*_FEATURES, *_OWNED, "prediction", *_CODES, "training", "pipeline/models.py", "pipeline/steps/mapping.py"),
    "feature_windows": (*_FEATURES, "pipeline/steps/feature_maps.py"),
    "feature_maps": ("grid", "io", "pipeline/steps/feature_maps.py", "pipeline/steps/strips.py"),
    "assemble": ("grid", "io", "nomenclature.py", "pipeline/steps/mapping.py", "pipeline/steps/strips.py"),
    "mosaic": ("io", "grid", "mapping", "nomenclature.py", "pipeline/steps/mapping.py"),
    "assess": (
        "io", "grid", "assessment/confusion.py", "assessment/difference.py", "samples/candidates.py", "prediction", *_CODES, "training",
        "nomenclature.py", "pipeline/models.py", "pipeline/steps/assessment.py", "pipeline/steps/learning_set.py",
    ),
    "summary": ("io", "grid", "assessment", "nomenclature.py", "pipeline/steps/assessment.py"),
    "report": ("io", "grid", "products", "assessment", "nomenclature.py", "pipeline/steps/assessment.py", "pipeline/steps/reporting.py"),
}  # fmt: skip
