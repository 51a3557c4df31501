"""The few numbers of map accuracy that a record of a run keeps."""

from __future__ import annotations

from pathlib import Path

from iota_py.io.documents import read_yaml
from iota_py.io.publish import read_json
from iota_py.pipeline import paths


def map_accuracy_metrics(root: Path) -> dict[str, float]:
    """Headline metrics of the run in a folder, empty where its map was not sampled: overall accuracy, its standard error and 95 % half-width,
    quantity and allocation disagreement, points. Undefined ones are left out; those of classes are in the tables."""
    path = root / paths.MAP_ACCURACY[0]
    if not path.is_file() or (read_yaml(root / paths.CONFIG).get("assessment") or {}).get("map_accuracy") is None:
        return {}  # never asked for, or no longer: a file of an earlier wish may still lie there
    document = read_json(path)
    one = document["maps"][0]
    overall = one["overall_accuracy"]
    found = {
        "overall_accuracy": overall["value"],
        "overall_accuracy_standard_error": overall["standard_error"],
        "overall_accuracy_half_width": None if overall["standard_error"] is None else overall["high"] - overall["value"],
        "quantity_disagreement": one["quantity_disagreement"],
        "allocation_disagreement": one["allocation_disagreement"],
        "points": document["answered"],
    }
    return {f"map_accuracy_{name}": float(value) for name, value in found.items() if value is not None}
