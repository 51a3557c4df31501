"""Four tables of labelled series on random folds and on blocks of 0.5°: writes runs/brazil_modis/results.json."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from variants import all_scores, fit_variants, options, publish, show  # noqa: E402

# Untuned scikit-learn forest of 300 trees, seed 0, on the same folds (README of the data): random folds, blocks.
REFERENCE = {
    "modis_ndvi": {"random": 0.906, "blocks": 0.762},
    "modis_4bands": {"random": 0.992, "blocks": 0.880},
    "cerrado_2classes": {"random": 0.971, "blocks": 0.937},
    "l8_rondonia": {"random": 0.819, "blocks": 0.812},
}


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Fit, score, write, show."""
    given = options(HERE.name, arguments)
    document: dict[str, Any] = {"reference": REFERENCE}
    for table in REFERENCE:
        document[table] = all_scores(fit_variants(HERE, given, base=f"{table}.yaml"))
    publish(given, document)
    for folds in ("random", "blocks"):
        names = list(document["modis_ndvi"])
        rows = [[t, REFERENCE[t][folds], *(document[t][name][folds]["overall_accuracy"] for name in names)] for t in REFERENCE]
        show(f"overall accuracy, {folds}", ["table", "reference", *names], rows)
    return document


if __name__ == "__main__":
    main()
