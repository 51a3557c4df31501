"""Crops of parcels from monthly composites with gaps, on blocks of 0.05°: writes runs/france_parcels/results.json.

The folds do not come with the data: blocks are the whole part of degrees / 0.05, and scikit-learn's GroupKFold shares them out in five.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from variants import all_scores, fit_variants, options, publish, show  # noqa: E402

from iota_py.config import load_config  # noqa: E402
from iota_py.io.tables import read_table, write_csv  # noqa: E402

# Untuned scikit-learn forest of 300 trees, seed 0 (README of the data): overall accuracy, mean recall.
REFERENCE = {"blocks": [0.579, 0.407]}
SIDE = 0.05  # degrees


def block_folds(table: pd.DataFrame) -> pd.DataFrame:
    """`sample_id`, `block`, `fold_block0p05deg` of each parcel, in order of their names."""
    parcels = table.drop_duplicates("sample_id").sort_values("sample_id", ignore_index=True)
    places = np.floor(parcels[["lon", "lat"]].to_numpy() / SIDE).astype(int)
    block = [f"{x}_{y}" for x, y in places.tolist()]
    fold = np.zeros(len(parcels), int)
    for number, (_, held) in enumerate(GroupKFold(5).split(parcels, groups=block)):
        fold[held] = number
    return pd.DataFrame({"sample_id": parcels.sample_id, "block": block, "fold_block0p05deg": fold})


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Write the folds, fit, score, write, show."""
    given = options(HERE.name, arguments)
    section = load_config(HERE / "base.yaml").samples.table
    table = read_table(section.path, ["sample_id", "lon", "lat", "ewoc_code"])
    folds = given.out.resolve() / "folds.csv"
    write_csv(folds, block_folds(table[table.ewoc_code.isin([int(code) for code in section.keep["ewoc_code"]])]))
    found = fit_variants(HERE, given, more={"samples": {"table": {"join": {"path": str(folds)}}}})
    document = {"reference": REFERENCE, "variants": all_scores(found)}
    publish(given, document)
    rows: list[list[Any]] = [["reference", "", "", *REFERENCE["blocks"]]]
    for variant, kinds in document["variants"].items():
        rows.append([variant, *(kinds[f][key] for f in ("random", "blocks") for key in ("overall_accuracy", "balanced_accuracy"))])
    show("seven groups of crops", ["variant", "random OA", "balanced", "blocks OA", "balanced"], rows)
    return document


if __name__ == "__main__":
    main()
