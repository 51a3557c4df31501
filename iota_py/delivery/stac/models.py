"""STAC items of the models of a run, by the machine learning model extension (`mlm`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pystac

from iota_py.delivery.stac import extensions as ext
from iota_py.delivery.stac.extents import bounding_box
from iota_py.delivery.stac.items import TYPES, UP, Classes, period

_PARTS = {"edges.npz", "projection.npz", "calibration.npz", "curves.npz", "final.npz"}  # of a bundle, beside the fitted object
_MODEL = "mlm:model"  # role of the asset that is the model
_SEMANTIC = re.compile(r"^\d+\.\d+\.\d+$")
_FRAMEWORKS = {"lightgbm": ("LightGBM", "lightgbm"), "xgboost": ("XGBoost", "xgboost"), "tempcnn": ("PyTorch", "torch")}
_ARTIFACTS = {
    ".skops": "skops.io.dump",
    ".txt": "lightgbm.Booster.save_model",
    ".npz": "numpy.savez",
    ".json": "xgboost.Booster.save_model",
}


@dataclass(frozen=True)
class Bundle:
    """A model as the catalogue sees it. folder: relative to the run. description: content of its `bundle.json`. files: name -> (bytes, SHA-256)."""

    folder: str
    description: Mapping[str, Any]
    files: Mapping[str, tuple[int, str]]

    @property
    def name(self) -> str:
        """Its identifier: the folder under `models/`, as one word."""
        return self.folder.removeprefix("models/").replace("/", "_")


def model_item(bundle: Bundle, stated: Mapping[str, Any], geometry: dict[str, Any], classes: Classes) -> pystac.Item:
    """The item of a model. stated, geometry: of the map that it was made for. classes: of the nomenclature."""
    told, (start, end) = bundle.description, period(stated)
    properties = {
        "title": ", ".join([told["kind"], *(f"{key} {told['extra'][key]}" for key in ("region", "run") if key in told["extra"])]),
        "license": stated["licence"],
        **model_fields(bundle, classes),
    }
    item = pystac.Item(bundle.name, geometry, bounding_box(geometry), None, properties, start_datetime=start, end_datetime=end)
    for name in sorted(bundle.files):
        item.add_asset(name, _asset(bundle, name))
    bands = [{"name": name} for name in told["names"]]
    item.properties["bands"] = bands  # which `mlm:input` refers to; STAC 1.1 lets them stand there where an asset has them too
    for asset in (one for one in item.assets.values() if _MODEL in (one.roles or [])):
        asset.extra_fields["bands"] = bands
    item.stac_extensions = [ext.MLM, ext.FILE, ext.CLASSIFICATION]
    return item


def model_fields(bundle: Bundle, classes: Classes) -> dict[str, Any]:
    """Fields `mlm:…`: a table of features in, a row for each pixel or segment, a probability for each class out."""
    told = bundle.description
    framework, package = _FRAMEWORKS.get(told["kind"], ("scikit-learn", "scikit-learn"))
    version = str(told["versions"].get(package, ""))
    settings = {key: value for key, value in told["options"].items() if value is not None and not isinstance(value, (dict, list))}
    known = {one["value"]: _plain_class(one) for one in classes}
    fields = {
        "mlm:name": bundle.name,
        "mlm:architecture": told["kind"].replace("_", " "),
        "mlm:framework": framework,
        "mlm:tasks": ["classification"],
        "mlm:pretrained": False,
        "mlm:pretrained_source": None,
        "mlm:input": [
            {
                "name": "features",
                "bands": list(told["names"]),
                "input": {"shape": [-1, len(told["names"])], "dim_order": ["batch", "feature"], "data_type": "float32"},
            }
        ],
        "mlm:output": [
            {
                "name": "probability of each class",
                "tasks": ["classification"],
                "result": {"shape": [-1, len(told["classes"])], "dim_order": ["batch", "class"], "data_type": "float32"},
                "classification:classes": [known[code] for code in told["classes"] if code in known],
            }
        ],
        "mlm:hyperparameters": {**settings, "seed": told["seed"]},
    }
    return fields | ({"mlm:framework_version": version} if _SEMANTIC.match(version) else {})


def _plain_class(one: Mapping[str, Any]) -> dict[str, Any]:
    """A class without what readers of `mlm:output` do not know, such as a title."""
    told = {key: one[key] for key in ("value", "name", "color_hint") if key in one}
    return {**told, "description": one.get("description") or one["name"]}


def _asset(bundle: Bundle, name: str) -> pystac.Asset:
    size, digest = bundle.files[name]
    suffix, fields = PurePosixPath(name).suffix, ext.file_fields(size, digest)
    if name == "bundle.json":
        return pystac.Asset(
            f"{UP}/{bundle.folder}/{name}", "Description", media_type=TYPES[".json"], roles=["metadata"], extra_fields=fields
        )
    fitted = name not in _PARTS
    if fitted:
        fields["mlm:artifact_type"] = _ARTIFACTS.get(suffix, "other")
    title = "Fitted model" if fitted else f"Part of the model: {PurePosixPath(name).stem}"
    roles = [_MODEL] if fitted else ["data"]
    media = TYPES.get(suffix, "application/octet-stream")
    return pystac.Asset(f"{UP}/{bundle.folder}/{name}", title, media_type=media, roles=roles, extra_fields=fields)
