"""What each task does: one function for each stage, of a workspace and the parameters of the task.

A step is imported when it is first done: a worker that predicts windows never loads the libraries of figures.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[Any, Mapping[str, Any]], None]

STEPS: Mapping[str, str] = {
    "store": "store.write_observation",
    "polygons": "reference.write_polygons",
    "footprint": "footprint.write_footprint",
    "parcels": "segments.write_parcels",
    "contrast": "segments.write_contrast",
    "segments": "segments.write_cell",
    "objects": "segments.write_tile_objects",
    "object_samples": "object_samples.write_learning_objects",
    "object_selection": "object_samples.write_object_selection",
    "object_train": "objects.write_object_model",
    "object_map": "objects.write_object_map",
    "candidates": "reference.write_candidates",
    "split": "splitting.write_split",
    "selection": "selection.write_selection",
    "samples": "extraction.write_samples",
    "season": "season.do_step",
    "years": "years.write_pooled",
    "drawn": "annual.write_drawn",
    "annual": "annual.write_annual",
    "learning": "learning_set.write_learning_ledger",
    "year_scores": "years.write_year_scores",
    "held_out": "held_out.write_held_out",
    "crossval": "crossval.write_fold",
    "gap": "crossval.write_gap",
    "cleaning": "cleaning.write_cleaning",
    "suspicious": "cleaning.write_suspicious",
    "search": "search.write_search",
    "train": "learning.write_model",
    "spaces": "applicability.write_space",
    "applicability": "applicability_scores.write_applicability",
    "regress": "regression.write_regressor",
    "values": "regression.write_value_window",
    "value_tiles": "regression.write_value_tile",
    "value_parts": "value_maps.write_value_parts",
    "value_maps": "value_maps.write_value_maps",
    "value_scores": "regression_scores.write_run_values",
    "value_summary": "regression_scores.write_value_summary",
    "value_answers": "regression_scores.write_value_answers",
    "value_sample_summary": "regression_scores.write_value_sample_summary",
    "value_report": "regression_report.write_value_report",
    "trust": "trust.write_trust",
    "tested": "tested.write_tested",
    "answered": "conformal.write_held_out_answers",
    "conformal": "conformal.write_thresholds",
    "probability_scores": "probability_scores.write_probability_scores",
    "confusions": "confusions.write_confusions",
    "importance": "importance.write_importance",
    "importance_tables": "importance.write_importance_tables",
    "profile_pixels": "profile.write_pixels",
    "profile": "profile.write_profile",
    "drift": "drift.write_drift",
    "drift_check": "drift.write_drift_check",
    "sample_scores": "sample_scores.write_sample_answers",
    "sample_summary": "sample_scores.write_sample_summary",
    "predict": "mapping.write_window",
    "feature_windows": "feature_maps.write_feature_window",
    "feature_maps": "feature_maps.write_feature_maps",
    "assemble": "mapping.write_tile",
    "mosaic_parts": "mosaic.write_map_parts",
    "mosaic": "mosaic.write_mosaic",
    "weigh": "run_vote.write_run_weights",
    "layers": "map_layers.write_map_layer",
    "legend": "legend.write_legend",
    "regularise": "regularisation.write_regularised",
    "vector": "vector.write_zone",
    "vector_table": "vector.write_vector_table",
    "map_accuracy": "map_accuracy.write_map_accuracy",
    "assess": "assessment.write_run_scores",
    "summary": "assessment.write_summary",
    "baseline": "baseline.write_baseline",
    "report": "reporting.write_report",
    "package": "package.write_packages",
    "catalogue": "catalogue.write_catalogue",
}


def step(name: str) -> Step:
    """The function of a stage."""
    module, function = STEPS[name].split(".")
    found: Step = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    return found
