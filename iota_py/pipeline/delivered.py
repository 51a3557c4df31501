"""What a run hands over, as its manifest records it: each file with its bytes and digest, and what a reader must find in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from iota_py.delivery.naming import package_folder
from iota_py.io.inspection import raster_facts, vector_facts
from iota_py.io.publish import json_text, read_json, sha256, write_json
from iota_py.pipeline import paths
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.releases import read_manifest
from iota_py.pipeline.state import State
from iota_py.tracking.provenance import FileEntry

FOLDERS = ("map", paths.VECTOR, paths.PRODUCT, paths.CATALOGUE, "assessment", paths.MODELS)
DIGEST = "digest"
_PAGES = re.compile(r"report(\.[a-z]{2,3})?\.html")  # in each language
_LAYERS = (".gpkg", ".parquet", ".zip")  # of polygons, in vector/ and product/
_CLASSES = ("classification", "regularised", "OCS", "REGULARISED")
_PERCENT = ("confidence", "CONFIDENCE")


def outputs_of(root: Path, plan: Plan) -> tuple[FileEntry, ...]:
    """Files that the tasks of a plan have left, with their SHA-256."""
    state = State(root)
    outputs = []
    for task in plan.tasks:
        marker = None if task.transient else state.read(task.id)
        if marker is not None:
            outputs += [FileEntry(name, entry["size"], entry["sha256"]) for name, entry in marker["files"].items()]
    return tuple(outputs)


def delivered(root: Path, outputs: Iterable[FileEntry], codes: Iterable[int]) -> list[dict[str, Any]]:
    """One entry for each file that is handed over, sorted by path: `path`, `bytes`, `sha256`; of a raster or a layer of polygons its `facts`;
    of classes the `codes`, of percents the `range` of the values. codes: of the nomenclature of the run."""
    handed = sorted((one for one in outputs if is_delivered(one.path)), key=lambda one: one.path)
    return [{"path": one.path, "bytes": one.size, "sha256": one.digest, **_expected(root, one.path, list(codes))} for one in handed]


def is_delivered(name: str) -> bool:
    """Whether a file, relative to the run, is one that is handed over."""
    return bool(_PAGES.fullmatch(name)) or name.split("/")[0] in FOLDERS


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest with the digest of all the rest of it."""
    rest = {key: value for key, value in document.items() if key != DIGEST}
    return {**rest, DIGEST: hashlib.sha256(json_text(rest).encode()).hexdigest()}


def manifest_is_current(root: Path, plan: Plan) -> bool:
    """Whether the manifest of a run is that of the files which its tasks have left."""
    try:
        listed = {one["path"]: one["sha256"] for one in read_json(root / paths.MANIFEST)["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return listed == {one.path: one.digest for one in outputs_of(root, plan)}


def renew(root: Path, task: str, name: str) -> None:
    """Record a file anew that was written again outside a run, in the marker of its task and in the manifest, where they are."""
    state, path = State(root), root / name
    status, digest = path.stat(), sha256(path)
    marker = state.read(task)
    if marker is not None:
        state.amend(task, {name: {"sha256": digest, "size": status.st_size, "mtime": status.st_mtime_ns}})
    if (root / paths.MANIFEST).exists():
        manifest = read_json(root / paths.MANIFEST)
        for entry in (one for part in ("outputs", "delivered") for one in manifest.get(part, []) if one["path"] == name):
            entry["sha256"], entry["size" if "size" in entry else "bytes"] = digest, status.st_size
        write_json(root / paths.MANIFEST, sealed(manifest))


def _expected(root: Path, name: str, codes: list[int]) -> dict[str, Any]:
    """What a reader must find in a file, beside its bytes."""
    place = PurePosixPath(name)
    if place.suffix == ".tif":
        word = place.stem.split("_")[0]
        values = {"codes": _codes(root, place, codes)} if word in _CLASSES else {"range": [0, 100]} if word in _PERCENT else {}
        return {"facts": raster_facts(root / name), **values}
    if place.suffix in _LAYERS and place.parts[0] in (paths.VECTOR, paths.PRODUCT):
        return {"facts": vector_facts(root / name)}
    return {}


def _codes(root: Path, place: PurePosixPath, codes: list[int]) -> list[int]:
    """Codes that a raster of classes may hold: of a package those of its own manifest, since it may be older than the nomenclature."""
    folder = package_folder(place.parts[1]) if place.parts[0] == paths.PRODUCT else None
    manifest = None if folder is None else read_manifest(root / place.parts[0] / place.parts[1], folder)
    return codes if manifest is None else [one["code"] for one in manifest["stated"]["nomenclature"]["classes"]]
