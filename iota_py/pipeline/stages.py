"""The stages of a run, in order, and the source that decides what each of them writes.

A task needs only tasks of earlier stages. A changed line of code redoes the stages whose rooms hold it, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping

STAGES = (
    "store", "polygons", "footprint", "candidates", "split", "selection", "years", "drawn", "samples", "annual",
    "cleaning", "suspicious", "learning", "search", "crossval", "gap",
    "train", "trust", "sample_scores", "predict", "assemble", "mosaic", "regularise", "assess", "year_scores", "summary", "sample_summary",
    "regress", "values", "value_tiles", "value_maps", "value_scores", "value_summary", "value_answers", "value_sample_summary",
    "held_out", "importance", "importance_tables", "report", "value_report",
    "feature_windows", "feature_maps",
)  # fmt: skip

_READING = ("errors.py", "grid", "io", "products", "pipeline/inputs/reading.py")
_RECIPES = ("config/features.py", "pipeline/inputs/recipe.py", "pipeline/inputs/observed.py", "pipeline/inputs/columns.py")
_FEATURES = (*_READING, "pipeline/inputs/usercode.py", *_RECIPES, "timeseries", "features")
_CODES = ("codes.py", "pages.py", "probabilities.py", "temporal.py")
_MAPPING = (
    "pipeline/models/block.py",
    "pipeline/models/members.py",
    "mapping/fusion.py",
    "pipeline/steps/fusion.py",
    "pipeline/steps/mapping.py",
)
_MODELS = (
    "projection.py", "calibration.py", "pipeline/models/reuse.py", "pipeline/models/searched.py", "pipeline/models/calibrated.py",
    "pipeline/models/ranks.py", "pipeline/models/reduced.py",
    "pipeline/models/kept.py", "pipeline/models/places.py",
)  # fmt: skip
_OTHERS = ("pipeline/reference/choices.py", "pipeline/reference/management.py", "pipeline/reference/seasons.py")
_SETS = (
    *_OTHERS,
    "pipeline/steps/table_features.py",
    "pipeline/steps/learning_set.py",
    "pipeline/steps/years.py",
    "pipeline/steps/annual.py",
)
_RULES = ("pipeline/reference/regions.py", "pipeline/reference/splits.py")
_TABLES = (
    "config/tables.py",
    "pipeline/reference/table_rows.py",
    "pipeline/reference/table_inventory.py",
    "pipeline/steps/series_table.py",
    "pipeline/steps/table_features.py",
)
_VOTES = ("mapping/vote.py", "pipeline/models/votes.py", "pipeline/reference/regions.py")
_VALUES = ("projection.py", "training", "pipeline/models/regressors.py", "pipeline/reference/regions.py")
_VALUE_SCORES = (
    "io", "assessment", "nomenclature.py", "pipeline/reference/target.py", "pipeline/models/regressors.py",
    "pipeline/reference/splits.py", "pipeline/steps/regression_scores.py",
)  # fmt: skip
_OWNED = ("pipeline/steps/footprint.py", "samples/candidates.py")
ROOMS: Mapping[str, tuple[str, ...]] = {
    "store": (*_READING, "pipeline/steps/store.py"),
    "polygons": (
        "errors.py", "grid", "io", "samples", "nomenclature.py", "pipeline/reference/splits.py", "pipeline/reference/target.py",
        "pipeline/reference/polygons.py",
        "pipeline/steps/reference.py",
    ),
    "footprint": (*_READING, "pipeline/steps/footprint.py"),
    "candidates": (*_READING, *_OWNED, "samples", "pipeline/steps/reference.py"),
    "split": ("samples", "io", "pipeline/reference/splits.py", "pipeline/steps/reference.py", "pipeline/steps/splitting.py"),
    "selection": (
        "samples", *_FEATURES, "nomenclature.py", "pipeline/steps/reference.py", "pipeline/steps/selection.py", *_TABLES,
        "pipeline/reference/choices.py", *_RULES,
    ),
    "samples": (*_FEATURES, "pipeline/models/members.py", *_OTHERS, "pipeline/steps/extraction.py"),
    "years": ("samples", "io", "nomenclature.py", *_RULES, *_OTHERS, "pipeline/steps/years.py"),
    "drawn": (*_READING, *_OWNED, "samples", "nomenclature.py", *_OTHERS, "pipeline/steps/annual.py"),
    "annual": (
        *_FEATURES, "samples", "nomenclature.py", *_OTHERS, "pipeline/models/members.py", "pipeline/steps/extraction.py",
        "pipeline/steps/annual.py",
    ),
    "learning": ("samples", "nomenclature.py", *_RULES, *_SETS),
    "year_scores": (
        "io", "assessment/confusion.py", "assessment/metrics.py", "prediction", *_CODES, *_MODELS, "training", "nomenclature.py",
        "pipeline/models/engines.py",
        *_OTHERS, *_RULES, "mapping/vote.py", "pipeline/models/votes.py", "pipeline/steps/years.py",
    ),
    "held_out": (*_FEATURES, "pipeline/models/members.py", "samples", "pipeline/steps/extraction.py", "pipeline/steps/held_out.py"),
    "cleaning": (
        "training", "prediction", *_CODES, *_MODELS, "samples", *_RULES, *_SETS, "pipeline/models/ranks.py", "pipeline/steps/learning.py",
        "pipeline/steps/cleaning.py",
    ),
    "suspicious": ("io", "nomenclature.py", "assessment/suspicion.py", "assessment/figures.py", *_SETS, "pipeline/steps/cleaning.py"),
    "search": (
        "training", "prediction", *_CODES, *_MODELS, "samples", *_RULES, *_OTHERS, "assessment/metrics.py", "assessment/confusion.py",
        "pipeline/steps/learning.py", "pipeline/steps/learning_set.py", "pipeline/steps/search.py",
    ),
    "train": (
        "training", *_CODES, *_MODELS, "samples", *_RULES, "pipeline/models/members.py", "pipeline/steps/learning.py", *_SETS,
    ),
    "crossval": (
        "training", "prediction", *_CODES, *_MODELS, "samples", "assessment/confusion.py", "pipeline/reference/splits.py",
        "pipeline/steps/learning.py",
        "pipeline/steps/crossval.py",
    ),
    "gap": ("io", "assessment/metrics.py", "assessment/gap.py", "assessment/wording.py", "pipeline/steps/crossval.py"),
    "trust": (
        "training", "prediction", *_CODES, *_MODELS, "samples", *_RULES, "pipeline/models/members.py", "pipeline/steps/learning.py",
        *_SETS, "pipeline/models/ranks.py", "pipeline/steps/trust.py",
    ),
    "importance": (
        "training", "prediction", *_CODES, *_MODELS, "samples", *_RULES, "io", "assessment/confusion.py", "assessment/metrics.py",
        "pipeline/models/members.py",
        "pipeline/steps/importance.py", "pipeline/models/regressors.py", "pipeline/steps/regression_importance.py", "assessment/regression.py",
        "pipeline/steps/elimination.py", "pipeline/steps/held_out.py", "pipeline/steps/learning.py",
        *_SETS, "pipeline/models/ranks.py", "pipeline/steps/trust.py",
    ),
    "importance_tables": (
        "training", *_CODES, *_MODELS, "io", "assessment/figures.py", "assessment/importance_figures.py", "assessment/wording.py", "nomenclature.py",
        "pipeline/models/members.py", "pipeline/steps/importance.py",
    ),
    "predict": (*_FEATURES, *_OWNED, "prediction", *_CODES, "projection.py", "training", "pipeline/models/engines.py", *_VOTES, *_MAPPING),
    "sample_scores": (
        *_FEATURES, "prediction", *_CODES, "projection.py", "training", "pipeline/models/engines.py", "pipeline/steps/extraction.py", *_VOTES,
        "pipeline/steps/sample_scores.py",
    ),
    "sample_summary": (
        "io", "assessment", "nomenclature.py", "pipeline/reference/splits.py", "pipeline/steps/assessment.py",
        "pipeline/steps/sample_scores.py",
    ),
    "feature_windows": (*_FEATURES, "pipeline/steps/feature_maps.py"),
    "feature_maps": ("grid", "io", "pipeline/steps/feature_maps.py", "pipeline/steps/strips.py"),
    "regress": (
        "training", *_CODES, *_MODELS, "samples", *_RULES, *_SETS, "pipeline/steps/learning.py", "pipeline/models/regressors.py",
        "pipeline/steps/regression.py",
    ),
    "values": (*_FEATURES, *_OWNED, "prediction", *_CODES, *_VALUES, "pipeline/models/block.py", "pipeline/steps/regression.py"),
    "value_tiles": ("grid", "io", "pipeline/steps/regression.py", "pipeline/steps/strips.py"),
    "value_maps": (
        "grid", "io", "mapping/mosaic.py", "nomenclature.py", "pipeline/reference/target.py", "pipeline/models/regressors.py",
        "pipeline/steps/regression.py",
    ),
    "value_scores": ("io", "grid", "samples/split.py", "pipeline/models/regressors.py", "pipeline/steps/regression_scores.py"),
    "value_answers": (*_FEATURES, "prediction", *_CODES, *_VALUES, "pipeline/steps/extraction.py", "pipeline/steps/regression_scores.py"),
    "value_summary": _VALUE_SCORES,
    "value_sample_summary": _VALUE_SCORES,
    "value_report": (
        "io", "grid", "products", "assessment", "nomenclature.py", "pipeline/reference/target.py", "pipeline/models/regressors.py",
        "pipeline/steps/reporting.py",
        "pipeline/steps/regression.py", "pipeline/steps/regression_scores.py", "pipeline/steps/regression_report.py",
        "pipeline/plans/importance_results.py",
        *_RULES, *_SETS,
    ),
    "assemble": (
        "grid", "io", "nomenclature.py", "mapping/fusion.py", "pipeline/models/members.py", "pipeline/steps/mapping.py",
        "pipeline/steps/strips.py",
    ),
    "mosaic": ("io", "grid", "mapping", "nomenclature.py", "pipeline/models/members.py", "pipeline/steps/fusion.py", "pipeline/steps/mapping.py"),
    "regularise": (
        "io", "grid", "mapping", "nomenclature.py", "config/regularisation.py", "assessment/areas.py", "pipeline/plans/regularisation.py",
        "pipeline/steps/mapping.py", "pipeline/steps/regularisation.py",
    ),
    "assess": (
        "io", "grid", "assessment/confusion.py", "assessment/difference.py", "samples/candidates.py", "prediction", *_CODES,
        "projection.py", "training",
        "nomenclature.py", "pipeline/models/members.py", "pipeline/models/engines.py", "pipeline/steps/assessment.py",
        "pipeline/steps/fusion_summary.py",
        *_SETS, *_RULES, "mapping/vote.py", "pipeline/models/votes.py", "pipeline/steps/table_scores.py",
    ),
    "summary": (
        "io", "grid", "assessment", "nomenclature.py", "mapping/fusion.py", "pipeline/models/members.py", "pipeline/steps/assessment.py",
        "pipeline/steps/fusion_summary.py", "pipeline/reference/splits.py",
    ),
    "report": (
        "io", "grid", "products", "assessment", "nomenclature.py", "mapping/fusion.py",
        "pipeline/plans/importance_results.py", "pipeline/steps/assessment.py", "pipeline/steps/reporting.py", *_RULES, *_SETS,
        "pipeline/reference/season_words.py",
    ),
}  # fmt: skip
