"""The catalogue: a root, a collection each of rasters, polygons and models, and their items. Links are relative, so that a run can be moved.

The layout is that of the best practices of STAC: `catalog.json`, `<collection>/collection.json`, `<collection>/<item>/<item>.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

import pystac

from iota_py.delivery.naming import PackageName, Version, package_folder
from iota_py.delivery.stac.extents import union_box
from iota_py.delivery.stac.items import Classes, item_of
from iota_py.delivery.stac.models import Bundle, model_item

_ROOT = "/catalogue"
_DESCRIPTIONS = {
    "rasters": "Maps of land cover with their confidence and validity.",
    "vectors": "Polygons of land cover with their statistics, one item for each zone.",
    "models": "Models that made the maps.",
}


@dataclass(frozen=True)
class Content:
    """What is catalogued. packages: (folder relative to the run, manifest). models: of this run. current: name of the package that they made."""

    name: str
    title: str
    packages: Sequence[tuple[str, Mapping[str, Any]]]
    models: Sequence[Bundle]
    classes: Classes
    current: str
    stated: Mapping[str, Any] = field(default_factory=dict)


def catalogue_documents(content: Content) -> dict[str, dict[str, Any]]:
    """File of the catalogue, relative to its root -> document."""
    root = pystac.Catalog(content.name, f"What was handed over of the run {content.name}.", content.title)
    root.catalog_type = pystac.CatalogType.SELF_CONTAINED
    items = {manifest["name"]: _package_item(content, place, manifest) for place, manifest in content.packages}
    current = items[content.current]
    models = [model_item(one, content.stated, current.geometry, content.classes) for one in content.models]
    _link_versions(items)
    for model in models:
        current.add_link(pystac.Link("derived_from", model, pystac.MediaType.GEOJSON, model.properties["title"]))
    kinds = {manifest["name"]: manifest["kind"] for _, manifest in content.packages}
    for kind, members in (
        ("rasters", [item for name, item in items.items() if kinds[name] == "raster"]),
        ("vectors", [item for name, item in items.items() if kinds[name] == "vector"]),
        ("models", models),
    ):
        if members:
            root.add_child(_collection(kind, members, content))
    root.normalize_hrefs(_ROOT)
    found = {
        root.self_href: root,
        **{c.self_href: c for c in root.get_children()},
        **{i.self_href: i for i in root.get_items(recursive=True)},
    }
    return {str(PurePosixPath(href).relative_to(_ROOT)): _document(one) for href, one in sorted(found.items())}


def _document(one: pystac.Catalog | pystac.Item) -> dict[str, Any]:
    document: dict[str, Any] = one.to_dict(include_self_link=False)
    return document


def _package_item(content: Content, place: str, manifest: Mapping[str, Any]) -> pystac.Item:
    name = package_folder(manifest["name"])
    versions = [] if name is None else _versions(name, [one["name"] for _, one in content.packages])
    newer = name is not None and name.version < max(versions)
    return item_of(manifest, place, content.classes, newer)


def _collection(kind: str, members: list[pystac.Item], content: Content) -> pystac.Collection:
    boxes = [item.bbox for item in members if item.bbox is not None]
    times = [(item.common_metadata.start_datetime, item.common_metadata.end_datetime) for item in members]
    starts, ends = [a for a, _ in times if a is not None], [b for _, b in times if b is not None]
    extent = pystac.Extent(pystac.SpatialExtent([union_box(boxes)]), pystac.TemporalExtent([[min(starts), max(ends)]]))
    providers = members[0].common_metadata.providers
    collection = pystac.Collection(
        kind, _DESCRIPTIONS[kind], extent, f"{content.title}: {kind}", license=content.stated["licence"], providers=providers
    )
    collection.stac_extensions = []
    collection.add_items(members)
    return collection


def _versions(name: PackageName, names: Sequence[str]) -> list[Version]:
    others = [found for text in names if (found := package_folder(text)) is not None]
    return sorted(other.version for other in others if other.identifier == name.identifier)


def _link_versions(items: Mapping[str, pystac.Item]) -> None:
    """Each version points at the one before, the one after and the latest, those that there are."""
    for text, item in items.items():
        name = package_folder(text)
        if name is None:
            continue
        line = [str(replace(name, version=v)) for v in _versions(name, list(items))]
        here = line.index(text)
        for relation, other in (("predecessor-version", here - 1), ("successor-version", here + 1), ("latest-version", len(line) - 1)):
            if 0 <= other < len(line) and other != here:
                item.add_link(pystac.Link(relation, items[line[other]], pystac.MediaType.GEOJSON, line[other]))
