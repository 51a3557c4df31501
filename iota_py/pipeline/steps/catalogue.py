"""The STAC catalogue of a run: of its packages, or of its map where there are none, and of its models."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from iota_py.delivery.manifest import LEVEL, DeliveredFile, stated_document
from iota_py.delivery.naming import PackageName, Version, package_folder
from iota_py.delivery.stac.catalogue import Content, catalogue_documents
from iota_py.delivery.stac.models import Bundle
from iota_py.io.inspection import raster_facts, vector_facts
from iota_py.io.publish import read_json, sha256, write_json
from iota_py.nomenclature.stac_classes import stac_classes
from iota_py.pipeline import paths
from iota_py.pipeline.releases import read_manifest
from iota_py.pipeline.steps.package import VECTORS, made_files, role_of, software, statement_of, zone_files
from iota_py.pipeline.workspace import Workspace


def write_catalogue(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`catalog/`: a root catalogue with collections of rasters, polygons and models."""
    made = made_files(ws, params["makers"])
    stated = stated_document(statement_of(ws, params["title"], params["period"]))
    packages = _packages(ws) if params["packaged"] else _of_run(ws, params, stated, made)
    content = Content(
        name=ws.config.name,
        title=params["title"],
        packages=packages,
        models=[one for folder in params["models"] if (one := _bundle(ws, folder, made)) is not None],
        classes=stac_classes(ws.nomenclature),
        current=_current(ws),
        stated=stated,
    )
    folder = ws.path(paths.CATALOGUE)
    shutil.rmtree(folder, ignore_errors=True)  # it is made of what is there, and of nothing that was
    for name, document in catalogue_documents(content).items():
        write_json(folder / name, document)


def _current(ws: Workspace) -> str:
    """Name of the raster that this run has made."""
    wish = ws.config.product
    return ws.config.name if wish is None else str(PackageName(wish.project, wish.year, Version.of(wish.version)))


def _packages(ws: Workspace) -> list[tuple[str, Mapping[str, Any]]]:
    """All packages that are there, earlier versions too."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for folder in sorted(ws.path(paths.PRODUCT).iterdir()):
        name = package_folder(folder.name)
        manifest = None if name is None else read_manifest(folder, name)
        if name is not None and manifest is not None:
            found.append((f"{paths.PRODUCT}/{folder.name}", {**manifest, "files": [*manifest["files"], _manifest_file(folder, name)]}))
    return found


def _manifest_file(folder: Path, name: PackageName) -> dict[str, Any]:
    """The manifest of a package, which cannot list itself."""
    path = folder / name.manifest_file
    return DeliveredFile(path.name, path.stat().st_size, sha256(path), "metadata").document()


def _of_run(
    ws: Workspace, params: Mapping[str, Any], stated: Mapping[str, Any], made: Mapping[str, str]
) -> list[tuple[str, Mapping[str, Any]]]:
    """The map of a run, and the polygons of each zone, as if they were packages without a version."""
    files = []
    for layer, raster, *beside in params["layers"]:
        files.append(_file(ws, raster, made, "data", layer))
        files += [_file(ws, name, made, role_of(name), "") for name in beside]
    files += [_file(ws, name, made, "legend", "") for name in params["legends"]]
    found = [(ws.config.name, "raster", files)]
    for zone, names in zone_files(made).items():
        data = [_file(ws, name, made, "data", "polygons") for name in names if PurePosixPath(name).suffix in VECTORS]
        rest = [_file(ws, name, made, "style", "") for name in names if PurePosixPath(name).suffix not in VECTORS]
        found.append((f"{ws.config.name}_{zone}", "vector", [*data, *rest]))
    common = {"version": None, "level": LEVEL, "stated": stated, "software": software()}
    return [("", {**common, "name": name, "kind": kind, "files": [f.document() for f in files]}) for name, kind, files in found]


def _file(ws: Workspace, name: str, made: Mapping[str, str], role: str, layer: str) -> DeliveredFile:
    path = ws.path(name)
    facts = None if role != "data" else raster_facts(path) if path.suffix == ".tif" else vector_facts(path)
    return DeliveredFile(name, path.stat().st_size, made[name], role, layer, facts)


def _bundle(ws: Workspace, folder: str, made: Mapping[str, str]) -> Bundle | None:
    """A model that the run has made, None for another file of its training."""
    if f"{folder}/bundle.json" not in made:
        return None
    names = [name for name in made if PurePosixPath(name).parent == PurePosixPath(folder)]
    files = {PurePosixPath(name).name: (ws.path(name).stat().st_size, made[name]) for name in names}
    return Bundle(folder, read_json(ws.path(f"{folder}/bundle.json")), files)
