"""The small files of an MLflow model: what it is (`MLmodel`), what it needs, an example. Its bundles are stored beside them, as they are."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import iota_py
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_json, write_text
from iota_py.tracking.pyfunc import FORMAT, LOADER, PRODUCT, REGION
from iota_py.tracking.registry import DATA, MODEL

_EXAMPLE, _REQUIREMENTS, _ENVIRONMENT = "input_example.json", "requirements.txt", "python_env.yaml"


def product_document(
    features: Sequence[str], regions: Sequence[tuple[int, str, int]], runs: int, classes: Mapping[int, str], vote: Mapping[str, Any]
) -> dict[str, Any]:
    """Content of `product.json`. regions: number, name and parts of each. classes: code -> name. vote: `undecided`, and `mass`, None where
    the majority of the draws decides."""
    return {
        "format": FORMAT,
        "features": list(features),
        "regions": [{"number": number, "name": name, "parts": parts} for number, name, parts in regions],
        "runs": runs,
        "classes": sorted(classes),
        "names": {str(code): name for code, name in classes.items()},
        "vote": dict(vote),
    }


def write_model_files(folder: Path, product: Mapping[str, Any], example: Sequence[int], packages: Mapping[str, str]) -> None:
    """Write `MLmodel`, `input_example.json`, `requirements.txt`, `python_env.yaml` and `data/product.json` under a folder.

    example: features of one sample, stored numbers. packages: name -> version of what the bundles were fitted with.
    """
    features, region = list(product["features"]), product["regions"][0]["name"]
    row = [*(int(value) for value in example), region]
    write_text(folder / _EXAMPLE, json.dumps({"columns": [*features, REGION], "data": [row]}))
    needed = [f"iota-py=={iota_py.__version__}", *(f"{name}=={version}" for name, version in sorted(packages.items()))]
    write_text(folder / _REQUIREMENTS, "\n".join(needed) + "\n")
    write_text(folder / _ENVIRONMENT, f"python: '>=3.11'\nbuild_dependencies:\n- pip\ndependencies:\n- -r {_REQUIREMENTS}\n")
    write_json(folder / DATA / PRODUCT, product)
    write_text(folder / "MLmodel", _description(features, product))


def _description(features: Sequence[str], product: Mapping[str, Any]) -> str:
    """`MLmodel`, as MLflow 3 writes it for a model that a module loads; written here, since MLflow takes seconds to import what would."""
    inputs = [*(_column("long", name) for name in features), _column("string", REGION, required=False)]
    outputs = [_column("integer", "label"), _column("integer", "confidence")]
    params = [_parameter("region", "string", ""), _parameter("run", "long", -1), _parameter("probabilities", "boolean", False)]
    flavour = {"data": DATA, "env": {"virtualenv": _ENVIRONMENT}, "loader_module": LOADER, "python_version": platform.python_version()}
    document = {
        "artifact_path": MODEL,
        "flavors": {"python_function": flavour},
        "is_signature_from_type_hint": False,
        "metadata": {
            "regions": [entry["name"] for entry in product["regions"]],
            "draws": product["runs"],
            "classes": product["names"],
        },
        "saved_input_example_info": {"artifact_path": _EXAMPLE, "pandas_orient": "split", "type": "dataframe"},
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": json.dumps(params)},
    }
    return yaml_text(document)


def _column(kind: str, name: str, required: bool = True) -> dict[str, Any]:
    return {"type": kind, "name": name, "required": required}


def _parameter(name: str, kind: str, default: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "default": default, "shape": None}
