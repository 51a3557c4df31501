"""The packages: rasters and polygons under the names of a product, with metadata, quicklook and checksums.

A package that is there with the same content stays as it was delivered, byte for byte; one that is damaged is made again. A package of
the same name with other content stops the run: see `pipeline.releases`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from iota_py import __version__
from iota_py.config.product import Product
from iota_py.delivery.checksums import checksum_text, read_checksums
from iota_py.delivery.manifest import DeliveredFile, Statement, accuracy_of, package_document
from iota_py.delivery.metadata import metadata_text
from iota_py.delivery.naming import CHECKSUMS, MAP_LAYERS, PackageName, Version, layer_name
from iota_py.delivery.quicklook import picture
from iota_py.errors import Fault, InputError
from iota_py.io.copies import copy_file, published_folder
from iota_py.io.inspection import raster_facts, vector_facts
from iota_py.io.pictures import write_jpeg
from iota_py.io.publish import read_json, sha256, write_json, write_text
from iota_py.io.raster import gdal_version, read_reduced
from iota_py.pipeline import paths
from iota_py.pipeline.releases import check_release, earlier, note
from iota_py.pipeline.state import State
from iota_py.pipeline.workspace import Workspace

QUICKLOOK_SIDE = 1000
VECTORS = (".gpkg", ".parquet", ".zip")


@dataclass(frozen=True)
class Source:
    """A file that is handed over. file: in the run. path: in the package. layer: of the map, for data; role: see `DeliveredFile`."""

    file: Path
    path: str
    sha256: str
    role: str
    layer: str = ""


def write_packages(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`product/`: a package of the rasters, and one of each zone of the polygons."""
    wish = ws.config.product
    assert wish is not None
    made = made_files(ws, params["makers"])
    statement = statement_of(ws, params["title"], params["period"])
    known = earlier(ws.path(paths.PRODUCT), wish.releases)
    name = PackageName(wish.project, wish.year, Version.of(wish.version))
    packages = [(name, [*_raster_sources(ws, name, params["layers"], made), *_legend_sources(ws, name, params["legends"], made)])]
    packages += list(_vector_sources(ws, wish, made))
    documents = {}
    for name, sources in packages:
        document = package_document(
            name, _of_zone(statement, name), [_described(one) for one in sources], fingerprints=params["fingerprints"], software=software()
        )
        check_release(name, document, known, registered=wish.releases is not None)
        documents[name] = document, sources
    for name, (document, sources) in documents.items():
        folder = ws.path(paths.PRODUCT) / str(name)
        if not (str(name) in known and is_whole(folder, name)):
            _write_package(ws, folder, name, sources, document)
    if wish.releases is not None:
        note(wish.releases, {str(name): document for name, (document, _) in documents.items()})


def _of_zone(statement: Statement, name: PackageName) -> Statement:
    """The statement for a package of polygons, which covers its zone alone."""
    if not name.zone:
        return statement
    return replace(statement, title=f"{statement.title}, {name.division} {name.zone}", area={"name": name.zone, "type": name.division})


def software() -> dict[str, str]:
    """What made the product."""
    return {"iota_py": __version__, "GDAL": gdal_version()}


def made_files(ws: Workspace, tasks: list[str]) -> dict[str, str]:
    """Files that these tasks made, relative to the run, with their SHA-256."""
    state = State(ws.root)
    return {name: entry["sha256"] for task in tasks for name, entry in (state.read(task) or {"files": {}})["files"].items()}


def statement_of(ws: Workspace, title: str, period: list[str]) -> Statement:
    """What the metadata state of the run's map."""
    wish = ws.config.product
    return Statement(
        title=title,
        area={"name": (wish and wish.zone) or title, "type": wish.zone_type if wish else "Region"},
        producer=wish.producer if wish else "",
        licence=wish.licence if wish else "other",
        period=(period[0], period[1]),
        produced=str(wish.produced) if wish and wish.produced else None,
        accuracy=accuracy_of(read_json(ws.path(paths.METRICS))),
        nomenclature=ws.nomenclature,
        languages=ws.config.languages,
    )


def is_whole(folder: Path, name: PackageName) -> bool:
    """Whether a package is as its list of checksums says, no file less and none more."""
    try:
        listed = read_checksums((folder / CHECKSUMS).read_text(encoding="utf-8"))
        there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        return there == {*listed, CHECKSUMS} and all(sha256(folder / path) == digest for path, digest in listed.items())
    except (OSError, ValueError):
        return False


def _raster_sources(ws: Workspace, name: PackageName, layers: list[list[str]], made: Mapping[str, str]) -> Iterator[Source]:
    for layer, raster, *beside in layers:
        for file in (raster, *beside):
            suffix = file.removeprefix(raster.removesuffix(".tif"))
            place = name.data_file(layer_name(layer), suffix)
            yield Source(ws.path(file), place, made[file], role_of(file), layer if file == raster else "")


def _legend_sources(ws: Workspace, name: PackageName, legends: list[str], made: Mapping[str, str]) -> Iterator[Source]:
    for file in legends:
        suffix = PurePosixPath(file).name.removeprefix(PurePosixPath(file).name.split(".")[0])
        yield Source(ws.path(file), name.data_file("LEGEND", suffix), made[file], "legend")


def role_of(file: str) -> str:
    """Role of a file of a map: of its pixels, of how they are shown, or of what they mean."""
    return {".tif": "data", ".qml": "style", ".png": "legend"}.get(PurePosixPath(file).suffix, "metadata")


def _vector_sources(ws: Workspace, wish: Product, made: Mapping[str, str]) -> Iterator[tuple[PackageName, list[Source]]]:
    """Packages of the polygons, by zone, with their files."""
    cut = ws.config.vector is None or ws.config.vector.zones is not None
    for zone, files in zone_files(made).items():
        division, place = (wish.division, zone) if cut else ("", "")
        try:
            name = PackageName.of(str(PackageName(wish.project, wish.year, Version.of(wish.version), "vector", division, place)))
        except ValueError:
            text, fix = f"zone `{zone}` cannot stand in the name of a package", "name zones with letters, digits, `-` and `_`"
            raise InputError(Fault("E-PKG-003", files[0], "vector.zones.field", text, fix)) from None
        yield name, [_vector_source(ws, name, file, made[file]) for file in files]


def _vector_source(ws: Workspace, name: PackageName, file: str, digest: str) -> Source:
    suffix = PurePosixPath(file).suffix
    data = suffix in VECTORS
    return Source(
        ws.path(file), name.data_file(MAP_LAYERS["classification"], suffix), digest, "data" if data else "style", "polygons" if data else ""
    )


def zone_files(made: Mapping[str, str]) -> dict[str, list[str]]:
    """Zone -> its files in `vector/`: layers of polygons, and what lies beside them under the same name."""
    files = [PurePosixPath(name) for name in sorted(made) if PurePosixPath(name).parent == PurePosixPath(paths.VECTOR)]
    zones = dict.fromkeys(file.stem for file in files if file.suffix in VECTORS)
    return {zone: [str(file) for file in files if file.stem == zone] for zone in zones}


def _described(source: Source) -> DeliveredFile:
    facts = None
    if source.role == "data":
        facts = raster_facts(source.file) if source.file.suffix == ".tif" else vector_facts(source.file)
    return DeliveredFile(source.path, source.file.stat().st_size, source.sha256, source.role, source.layer, facts)


def _write_package(ws: Workspace, folder: Path, name: PackageName, sources: list[Source], document: Mapping[str, Any]) -> None:
    with published_folder(folder) as part:
        for source in sources:
            copy_file(source.file, part / source.path, source.sha256)
        files = list(document["files"])
        if name.kind == "raster":
            classes = read_reduced(str(ws.path(paths.map_layer("classification"))), QUICKLOOK_SIDE)
            write_jpeg(part / name.quicklook_file, picture(np.asarray(classes), ws.nomenclature))
            files.append(_written(part, name.quicklook_file, "thumbnail"))
        write_text(part / name.metadata_file, metadata_text({**document, "files": files}))
        files.append(_written(part, name.metadata_file, "metadata"))
        write_json(part / name.manifest_file, {**document, "files": sorted(files, key=lambda one: one["path"])})
        listed = {one["path"]: one["sha256"] for one in files} | {name.manifest_file: sha256(part / name.manifest_file)}
        write_text(part / CHECKSUMS, checksum_text(listed))


def _written(folder: Path, path: str, role: str) -> dict[str, Any]:
    return DeliveredFile(path, (folder / path).stat().st_size, sha256(folder / path), role).document()
