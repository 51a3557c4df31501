"""One model per agro-ecological zone against one for all, on random folds and on blocks of 100 km: writes runs/africa_cropmask/results.json."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from variants import all_scores, by_group, fit_variants, gain, options, publish, show  # noqa: E402

from iota_py.config import load_config  # noqa: E402
from iota_py.io.tables import read_table  # noqa: E402

# Untuned scikit-learn forest of 300 trees, seed 0, one per zone, on the same folds (README of the data).
REFERENCE = {
    "random": {"central": 0.831, "eastern": 0.848, "northern": 0.851, "sahel": 0.830, "western": 0.775},
    "blocks": {"eastern": 0.661, "northern": 0.691, "western": 0.663},
}


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Fit, score, write, show."""
    given = options(HERE.name, arguments)
    found = fit_variants(HERE, given)
    table = read_table(load_config(HERE / "base.yaml").samples.table.path, ["sample_id", "region"])
    zones = table.set_index("sample_id").region
    per_zone = {variant: {folds: by_group(rows, zones) for folds, rows in kinds.items()} for variant, kinds in found.items()}
    document: dict[str, Any] = {"reference": REFERENCE, "variants": all_scores(found), "per_zone": per_zone}
    for folds in ("random", "blocks"):
        for variant, key in (("per_zone", f"per_zone_{folds.removesuffix('s')}_oa"), ("global", f"global_{folds.removesuffix('s')}_oa")):
            if variant in found:
                document[key] = per_zone[variant][folds]
        for kind in ("", "_forest", "_lightgbm"):
            if {f"per_zone{kind}", f"global{kind}"} <= set(found):
                pair = found[f"per_zone{kind}"][folds], found[f"global{kind}"][folds]
                document[f"gain_of_zones{kind}_{folds}"] = gain(*pair)
    publish(given, document)
    for folds, reference in REFERENCE.items():
        rows = [[zone, value, *(per_zone[variant][folds][zone] for variant in found)] for zone, value in reference.items()]
        show(f"overall accuracy, {folds}", ["zone", "reference", *found], rows)
    return document


if __name__ == "__main__":
    main()
