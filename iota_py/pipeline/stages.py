"""The stages of a run, in order, and the source that decides what each of them writes.

A task needs only tasks of earlier stages. A changed line of code redoes the stages whose rooms hold it, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping

STAGES = (
    "store", "polygons", "footprint", "parcels", "contrast", "segments", "objects", "candidates", "split", "selection", "object_samples",
    "object_selection", "years", "drawn", "samples", "annual",
    "cleaning", "suspicious", "learning", "search", "crossval", "gap",
    "train", "object_train", "spaces", "trust", "profile_pixels", "profile", "drift", "drift_check", "sample_scores", "tested", "answered",
    "conformal", "predict", "assemble", "object_map",
    "weigh", "mosaic_parts", "mosaic", "legend", "layers", "regularise", "vector", "vector_table", "map_accuracy",
    "assess", "year_scores", "summary", "sample_summary",
    "regress", "values", "value_tiles", "value_parts", "value_maps", "value_scores", "value_summary", "value_answers", "value_sample_summary",
    "probability_scores", "confusions", "held_out", "applicability", "importance", "importance_tables", "baseline", "report", "value_report",
    "package", "catalogue",
    "feature_windows", "feature_maps",
)  # fmt: skip

# Whose tasks can use several threads; no byte depends on how many.
THREADED = frozenset({"search", "cleaning", "crossval", "trust", "train", "object_train", "regress", "regularise"})

# Which may say that no map is to be made: they go first, and windows wait for them.
CHECKS = frozenset({"learning", "drift_check"})

# What else is made of a nomenclature (legend, attribute table, aggregation) decides nothing where only codes and names are used.
_CLASSES = tuple(f"nomenclature/{name}.py" for name in ("__init__", "classes", "entry", "labels", "reading", "styles"))
_CLASS_RASTERS = (*_CLASSES, "nomenclature/attribute_table.py", "pipeline/class_rasters.py")
_READING = ("errors.py", "grid", "io", "products", "pipeline/inputs/reading.py")
_RECIPES = ("config/features.py", "pipeline/inputs/recipe.py", "pipeline/inputs/observed.py", "pipeline/inputs/columns.py")
_FEATURES = (*_READING, "pipeline/inputs/usercode.py", *_RECIPES, "timeseries", "features")
_CODES = ("codes.py", "pages.py", "probabilities.py", "temporal.py", "turning.py")
_MAPPING = (
    "pipeline/models/block.py",
    "pipeline/models/members.py",
    "mapping/fusion.py",
    "pipeline/steps/fusion.py",
    "pipeline/steps/mapping.py",
)
_SHARES = (
    "config/map_layers.py", "conformal.py", "pipeline/models/conformal.py",
    "mapping/boundary.py", "mapping/shares.py", "mapping/smoothing.py", "mapping/uncertainty.py",
    "pipeline/models/shares.py", "pipeline/steps/shares.py", "applicability", "pipeline/models/applicability.py",
    "pipeline/steps/applicability_layers.py",
)  # fmt: skip
_ANSWERS = (
    "io", "mapping/shares.py", "config/probability_scores.py", "conformal.py", "pipeline/models/conformal.py", "pipeline/models/shares.py",
)  # fmt: skip
_MODELS = (
    "projection.py", "moments.py", "calibration.py", "pipeline/models/reuse.py", "pipeline/models/searched.py", "pipeline/models/calibrated.py",
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
    "io", "assessment", *_CLASSES, "pipeline/reference/target.py", "pipeline/models/regressors.py",
    "pipeline/reference/splits.py", "pipeline/steps/regression_scores.py",
)  # fmt: skip
_FACTS = (
    *_CLASSES, "io/inspection.py", "io/publish.py", "delivery/naming.py", "delivery/manifest.py", "pipeline/plans/product.py",
    "pipeline/steps/package.py",
)  # fmt: skip
_OWNED = ("pipeline/steps/footprint.py", "samples/candidates.py")
_MOSAIC = (
    "io", "grid", "mapping/mosaic.py", "mapping/vote.py", "mapping/fusion.py", "pipeline/models/members.py", "pipeline/plans/mosaic.py",
    "pipeline/steps/parts.py", "pipeline/steps/mosaic.py", "pipeline/models/run_votes.py",
)  # fmt: skip
_VALUE_MAPS = (
    "grid", "io", "mapping/mosaic.py", "pipeline/reference/target.py", "pipeline/models/regressors.py", "pipeline/steps/parts.py",
    "pipeline/steps/regression.py", "pipeline/steps/value_maps.py",
)  # fmt: skip
ROOMS: Mapping[str, tuple[str, ...]] = {
    "store": (*_READING, "pipeline/steps/store.py"),
    "polygons": (
        "errors.py", "grid", "io", "samples", *_CLASSES, "pipeline/reference/splits.py", "pipeline/reference/target.py",
        "pipeline/reference/polygons.py",
        "pipeline/steps/reference.py",
    ),
    "footprint": (*_READING, "pipeline/steps/footprint.py"),
    "candidates": (*_READING, *_OWNED, "samples", "pipeline/steps/reference.py"),
    "split": ("samples", "io", "pipeline/reference/splits.py", "pipeline/steps/reference.py", "pipeline/steps/splitting.py"),
    "selection": (
        "samples", *_FEATURES, *_CLASSES, "pipeline/steps/reference.py", "pipeline/steps/selection.py", *_TABLES,
        "pipeline/reference/choices.py", *_RULES,
    ),
    "samples": (*_FEATURES, "pipeline/models/members.py", *_OTHERS, "pipeline/steps/extraction.py"),
    "years": ("samples", "io", *_CLASSES, *_RULES, *_OTHERS, "pipeline/steps/years.py"),
    "drawn": (*_READING, *_OWNED, "samples", *_CLASSES, *_OTHERS, "pipeline/steps/annual.py"),
    "annual": (
        *_FEATURES, "samples", *_CLASSES, *_OTHERS, "pipeline/models/members.py", "pipeline/steps/extraction.py",
        "pipeline/steps/annual.py",
    ),
    "learning": ("samples", *_CLASSES, *_RULES, *_SETS),
    "year_scores": (
        "io", "assessment/confusion.py", "assessment/metrics.py", "prediction", *_CODES, *_MODELS, "training", *_CLASSES,
        "pipeline/models/engines.py",
        *_OTHERS, *_RULES, "mapping/vote.py", "pipeline/models/votes.py", "pipeline/steps/years.py",
    ),
    "held_out": (*_FEATURES, "pipeline/models/members.py", "samples", "pipeline/steps/extraction.py", "pipeline/steps/held_out.py"),
    "tested": (*_FEATURES, "pipeline/models/members.py", "samples", "pipeline/steps/extraction.py", "pipeline/steps/tested.py"),
    "answered": (
        *_ANSWERS, "prediction", *_CODES, *_MODELS, "training", "samples/split.py", "pipeline/reference/regions.py", "pipeline/steps/tested.py",
        "pipeline/steps/conformal.py",
    ),
    "conformal": (*_ANSWERS, "pipeline/steps/conformal.py"),
    "probability_scores": (
        *_ANSWERS, "assessment/reliability.py", "assessment/calibration_scores.py", "assessment/conformal_scores.py",
        "pipeline/steps/probability_scores.py",
    ),
    "confusions": (*_ANSWERS, *_CLASSES, "assessment/confusions.py", "pipeline/models/places.py", "pipeline/steps/confusions.py"),
    "cleaning": (
        "training", "prediction", *_CODES, *_MODELS, "samples", *_RULES, *_SETS, "pipeline/models/ranks.py", "pipeline/steps/learning.py",
        "pipeline/steps/cleaning.py",
    ),
    "suspicious": ("io", *_CLASSES, "assessment/suspicion.py", "assessment/figures.py", "assessment/language.py", *_SETS, "pipeline/steps/cleaning.py"),
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
    "spaces": (
        "applicability", "training", "samples", *_CODES, *_MODELS, *_RULES, *_SETS, "pipeline/steps/crossval.py",
        "pipeline/models/applicability.py", "pipeline/steps/applicability.py",
    ),
    "applicability": (
        "applicability", "prediction", *_CODES, "projection.py", "training", "samples", "io", "grid", *_CLASSES, *_RULES, *_SETS, *_VOTES,
        "assessment/applicability.py", "assessment/confusion.py", "pipeline/steps/crossval.py", "pipeline/steps/held_out.py",
        "pipeline/models/applicability.py", "pipeline/models/engines.py", "pipeline/steps/applicability_scores.py",
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
        "training", *_CODES, *_MODELS, "io", "assessment/figures.py", "assessment/importance_figures.py", "assessment/wording.py", *_CLASSES,
        "pipeline/models/members.py", "pipeline/steps/importance.py",
    ),
    "predict": (*_FEATURES, *_OWNED, "prediction", *_CODES, "projection.py", "training", "pipeline/models/engines.py", *_VOTES, *_MAPPING, *_SHARES),
    "profile_pixels": (*_FEATURES, *_OWNED, "samples/places.py", "pipeline/steps/profile.py"),
    "profile": ("profile.py", "samples", *_RULES, *_SETS, "training/storage.py", "pipeline/models/profiles.py", "pipeline/steps/profile.py"),
    "drift": (
        "profile.py", "io", "projection.py", "training", "assessment/figures.py", "assessment/importance_figures.py", "assessment/drift.py",
        "assessment/drift_figures.py", "assessment/drift_words.py", "pipeline/models/alignment.py", "pipeline/models/profiles.py",
        "pipeline/models/places.py", "pipeline/steps/profile.py", "pipeline/steps/drift.py",
    ),
    "drift_check": ("io", "assessment/drift.py", "assessment/drift_words.py", "pipeline/steps/drift.py"),
    "parcels": ("errors.py", "grid", "io", "pipeline/inputs/parcels.py", "pipeline/steps/segments.py"),
    "contrast": (*_FEATURES, "objects", "pipeline/steps/segments.py"),
    "segments": (*_FEATURES, *_OWNED, "objects", "pipeline/steps/segments.py"),
    "objects": (*_FEATURES, *_OWNED, "objects", "pipeline/steps/segments.py", "pipeline/steps/strips.py"),
    "object_samples": ("samples", "io", "grid", *_RULES, "pipeline/steps/reference.py", "pipeline/steps/object_samples.py"),
    "object_selection": ("samples", "io", *_CLASSES, *_RULES, "pipeline/reference/choices.py", "pipeline/steps/object_samples.py"),
    "object_train": (
        "training", *_CODES, *_MODELS, "samples", *_RULES, "objects/statistics.py", "pipeline/steps/learning.py", "pipeline/steps/objects.py",
    ),
    "object_map": (
        "grid", "io", *_CLASS_RASTERS, "prediction", *_CODES, "projection.py", "training", "objects/statistics.py", "pipeline/models/engines.py",
        "pipeline/models/block.py", "pipeline/models/members.py", "pipeline/steps/mapping.py", "pipeline/steps/strips.py",
        "pipeline/steps/objects.py",
    ),
    "sample_scores": (
        *_FEATURES, "prediction", *_CODES, "projection.py", "training", "pipeline/models/engines.py", "pipeline/steps/extraction.py", *_VOTES,
        "pipeline/steps/sample_scores.py",
    ),
    "sample_summary": (
        "io", "assessment", *_CLASSES, "pipeline/reference/splits.py", "pipeline/steps/assessment.py",
        "pipeline/steps/sample_scores.py", "pipeline/steps/mapped_pixels.py", "pipeline/steps/skill.py",
    ),
    "feature_windows": (*_FEATURES, "pipeline/steps/feature_maps.py"),
    "feature_maps": ("grid", "io", "pipeline/steps/feature_maps.py", "pipeline/steps/strips.py"),
    "regress": (
        "training", *_CODES, *_MODELS, "samples", *_RULES, *_SETS, "pipeline/steps/learning.py", "pipeline/models/regressors.py",
        "pipeline/steps/regression.py",
    ),
    "values": (*_FEATURES, *_OWNED, "prediction", *_CODES, *_VALUES, "pipeline/models/block.py", "pipeline/steps/regression.py"),
    "value_tiles": ("grid", "io", "pipeline/steps/regression.py", "pipeline/steps/strips.py"),
    "value_parts": _VALUE_MAPS,
    "value_maps": (*_VALUE_MAPS, "nomenclature"),
    "value_scores": ("io", "grid", "samples/split.py", "pipeline/models/regressors.py", "pipeline/steps/regression_scores.py"),
    "value_answers": (*_FEATURES, "prediction", *_CODES, *_VALUES, "pipeline/steps/extraction.py", "pipeline/steps/regression_scores.py"),
    "value_summary": _VALUE_SCORES,
    "value_sample_summary": _VALUE_SCORES,
    "value_report": (
        "io", "grid", "products", "assessment", *_CLASSES, "pipeline/reference/target.py", "pipeline/models/regressors.py",
        "pipeline/plans/report.py", "pipeline/steps/reporting.py",
        "pipeline/steps/regression.py", "pipeline/steps/regression_scores.py", "pipeline/steps/regression_report.py",
        "pipeline/plans/importance_results.py",
        *_RULES, *_SETS,
    ),
    "assemble": (
        "grid", "io", *_CLASS_RASTERS, "mapping/fusion.py", "pipeline/models/members.py", "pipeline/steps/mapping.py",
        "pipeline/steps/strips.py", "pipeline/models/shares.py", "pipeline/steps/shares.py", "pipeline/steps/applicability_layers.py",
    ),
    "layers": (
        "io", "grid", "mapping", *_CLASS_RASTERS, "samples/candidates.py", "pipeline/models/members.py", "pipeline/models/shares.py",
        "pipeline/models/run_votes.py", "pipeline/steps/map_layers.py",
        "pipeline/steps/set_size.py", "pipeline/steps/applicability_layers.py", "pipeline/models/applicability.py",
    ),
    "weigh": (
        "io", "grid", "assessment/confusion.py", "pipeline/steps/annual.py", "pipeline/steps/mapped_pixels.py", "pipeline/steps/run_vote.py",
    ),
    "legend": ("io/publish.py", *_CLASSES, "nomenclature/legend.py", "assessment/figures.py", "assessment/legend_figure.py", "pipeline/steps/legend.py"),
    "mosaic_parts": _MOSAIC,
    "mosaic": (*_MOSAIC, "nomenclature", "pipeline/steps/mapping.py"),
    "regularise": (
        "io", "grid", "mapping", *_CLASS_RASTERS, "config/regularisation.py", "assessment/areas.py", "pipeline/plans/regularisation.py",
        "pipeline/steps/mapping.py", "pipeline/steps/regularisation.py",
    ),
    "vector": (
        "io/raster.py", "io/vectors.py", "io/layers.py", "io/dbf.py", "io/tables.py", "grid", "mapping/vectors",
        "mapping/regularisation/components.py", "mapping/regularisation/seams.py", *_CLASSES, "config/vector.py",
        "pipeline/plans/vector.py", "pipeline/steps/vector.py",
    ),
    "map_accuracy": (
        "io", "grid", *_CLASSES, "pipeline/class_maps.py", "pipeline/accuracy", "pipeline/steps/map_accuracy.py", "assessment/area.py",
        "assessment/strata.py", "assessment/confusion.py", "assessment/disagreement.py", "assessment/change_area.py",
        "assessment/accuracy_document.py",
    ),
    "vector_table": ("io/tables.py", *_CLASSES, "pipeline/steps/vector.py"),
    "assess": (
        "io", "grid", "assessment/confusion.py", "assessment/difference.py", "samples/candidates.py", "prediction", *_CODES,
        "projection.py", "training",
        *_CLASSES, "pipeline/models/members.py", "pipeline/models/engines.py", "pipeline/steps/assessment.py",
        "pipeline/steps/fusion_summary.py", "pipeline/steps/mapped_pixels.py",
        *_SETS, *_RULES, "mapping/vote.py", "pipeline/models/votes.py", "pipeline/steps/table_scores.py",
    ),
    "summary": (
        "io", "grid", "assessment", *_CLASSES, "mapping/fusion.py", "pipeline/models/members.py", "pipeline/steps/assessment.py",
        "pipeline/steps/fusion_summary.py", "pipeline/reference/splits.py", "mapping/vote.py", "pipeline/models/run_votes.py",
        "pipeline/steps/mapped_pixels.py", "pipeline/steps/run_vote.py", "pipeline/steps/skill.py",
    ),
    "baseline": (
        "errors.py", "grid", "io", "assessment/baseline.py", "assessment/bootstrap.py", "assessment/confusion.py", "assessment/metrics.py",
        "assessment/paired.py", "assessment/transitions.py", *_CLASSES, "pipeline/class_maps.py", "pipeline/comparison.py",
        "pipeline/steps/baseline.py",
    ),
    "report": (
        "io", "grid", "products", "assessment", *_CLASSES, "mapping/fusion.py",
        "pipeline/plans/importance_results.py", "pipeline/plans/report.py", "pipeline/steps/assessment.py",
        "pipeline/steps/reporting.py", "pipeline/topics", *_RULES, *_SETS,
        "pipeline/reference/season_words.py", "pipeline/reference/object_words.py",
    ),
    "package": (
        *_FACTS, "io/copies.py", "io/pictures.py", "delivery/quicklook.py", "delivery/metadata.py", "delivery/checksums.py", "config/product.py",
        "pipeline/releases.py", "delivery/releases.py",
    ),
    "catalogue": (*_FACTS, "delivery/stac", "delivery/metadata.py", "delivery/checksums.py", "pipeline/steps/catalogue.py"),
}  # fmt: skip
