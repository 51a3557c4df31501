"""What the pictures of the report say to who cannot see them. Those that are named here have a place of their own on the page."""

from __future__ import annotations

from collections.abc import Mapping

from iota_py.assessment.language import marked

ALTERNATIVES: Mapping[str, str] = {
    "map": marked("Land-cover map; the legend beside it lists the classes, the table of areas gives their extent."),
    "confidence": marked("Map of the confidence of the classification, from dark (low) to light (high)."),
    "uncertainty_least_confidence": marked("Map of one less the largest probability, from dark (decided) to light (undecided)."),
    "uncertainty_margin": marked(
        "Map of one less the difference of the two largest probabilities, from dark (decided) to light (undecided)."
    ),
    "uncertainty_ratio": marked("Map of the second largest probability over the largest, from dark (decided) to light (undecided)."),
    "uncertainty_entropy": marked("Map of the entropy of the probabilities, from dark (decided) to light (undecided)."),
    "validity": marked("Map of the number of clear observations of each pixel, from dark (few) to light (many)."),
    "confusion": marked("Confusion matrix, reference in rows and map in columns; the table that follows holds the same counts."),
    "f1": marked("F1 of each class with its interval; the table that follows holds the same numbers."),
    "areas": marked("Bars of the area of each class; the table that follows holds the same numbers."),
    "dates": marked("Calendar of the cloud share of the acquisitions of each tile; the lists that follow hold the same values."),
    "choice": marked("Map of which members of the fusion had the label; the table beside it gives their shares."),
    "value": marked("Map of the predicted number, from dark (low) to light (high)."),
    "deviation": marked("Map of the standard deviation between draws, from dark (low) to light (high)."),
    "scatter": marked(
        "Predicted against reference numbers of the validation polygons and pixels; the table that follows holds the scores."
    ),
    "residuals": marked("Boxes of predicted less reference number of each stratum; the table that follows holds the scores."),
    "regularised": marked("Land-cover map without its smallest patches; the table that follows says what that changed."),
    "difference": marked("Map of the reference pixels, right or wrong, learning and validation apart."),
    "suspicious": marked(
        "Series of the most doubtful learning polygons beside the spread of their class; samples/suspicious.csv lists them all."
    ),
    "importance": marked(
        "Heat map of the importance of features, bands in rows and dates in columns; assessment/importance.csv holds the numbers."
    ),
    "importance_permutation": marked(
        "Heat map of the fall of a score, bands in rows and dates in columns; assessment/permutation.csv holds the numbers."
    ),
    "importance_groups": marked(
        "Bars of the fall of the scores for each band, date and sensor; assessment/permutation.csv holds the numbers."
    ),
    "importance_shap": marked("Heat map of SHAP values, columns in rows and classes in columns; assessment/shap.csv holds the numbers."),
    "importance_elimination": marked("Curve of the scores against the number of columns; assessment/elimination.json holds the numbers."),
}
