"""Items of a STAC catalogue: from files on disk (catalogue, collection, item collection, items) or the same documents behind http(s).

A document on disk refers to files in the folder of the catalogue, or to addresses; nothing else. Documents are read within bounds.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from iota_py.errors import Fault, InputError
from iota_py.io.archives import read_member
from iota_py.io.buckets import checked_bucket, is_bucket_address
from iota_py.io.fetching import DOCUMENT_BYTES, fetch, parse_json
from iota_py.io.remote import checked_address, is_address

MOST_DOCUMENTS = 50_000
_HOMES = ("catalog.json", "collection.json")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LINKS = ("child", "item", "items")


@dataclass(frozen=True)
class Item:
    """One item as its document says it. place: file or address of the document; root: folder that files may lie in, None for addresses."""

    id: str
    collection: str
    properties: Mapping[str, Any]
    assets: Mapping[str, Mapping[str, Any]]
    place: str
    root: Path | None
    hosts: frozenset[str] = frozenset()

    def locate(self, href: str) -> str:
        """File or address that an href of this item means. Raises InputError where it leaves the catalogue."""
        return locate(href, self.place, self.root)


@dataclass(frozen=True)
class Unreadable:
    """A document that should be an item, and why it is none."""

    place: str
    reason: str


def item_of(document: Any, place: str, root: Path | None) -> Item:
    """An item from its document. Raises InputError where it has not the form of one."""
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise _not_stac(place, "not an item of a STAC catalogue")
    name, properties, assets = document.get("id"), document.get("properties"), document.get("assets")
    named = isinstance(name, str) and 0 < len(name) < 256 and name.isprintable()
    if not named or not isinstance(properties, dict) or not isinstance(assets, dict):
        raise InputError(Fault("E-PRD-055", place, "", "expected an item with id, properties and assets", "check the document"))
    links = [link for link in _list(document.get("links")) if isinstance(link, dict) and isinstance(link.get("href"), str)]
    own = next((link["href"] for link in links if link.get("rel") == "self" and is_address(link["href"])), "")
    return Item(
        id=name,
        collection=str(document.get("collection") or ""),
        properties=properties,
        assets={str(key): asset for key, asset in assets.items() if isinstance(asset, dict) and isinstance(asset.get("href"), str)},
        place=own if root is None and own else place,
        root=root,
        hosts=frozenset(_host(link["href"]) for link in links),
    )


def read_items(path: Path) -> Iterator[Item | Unreadable]:
    """Items of a catalogue on disk: the file, the catalogue or collection in the folder, or every item under it.

    Raises InputError when there is none, or a document that leads to others cannot be read.
    """
    path = Path(os.path.abspath(path))
    if path.is_file():
        yield from _walk([str(path)], path.parent)
    elif path.is_dir():
        home = next((path / name for name in _HOMES if (path / name).is_file()), None)
        if home is not None:
            yield from _walk([str(home)], path)
        else:
            yield from _walk(map(str, sorted(path.rglob("*.json"))), path, strays=True)
    else:
        raise InputError(Fault("E-PRD-050", str(path), "path", "no such file or folder", "check the path"))


def items_behind(address: str) -> Iterator[Item | Unreadable]:
    """Items of a static catalogue behind an address. Raises TaskError when it cannot be reached, else as read_items."""
    yield from _walk([checked_address(address)], None)


def read_document(place: str) -> Any:
    """A JSON document from a file or an address."""
    content = fetch(place) if is_address(place) else read_member(place, limit=DOCUMENT_BYTES)
    return parse_json(content, place)


def locate(href: str, place: str, root: Path | None) -> str:
    """File or address that an href in the document at a place means. Raises InputError where it is neither, or leaves the folder `root`."""
    if is_address(href):
        return checked_address(href)
    if is_bucket_address(href):
        return checked_bucket(href)
    scheme = match[1].lower() if (match := _SCHEME.match(href)) else ""
    if is_address(place) and not scheme:
        return checked_address(urljoin(place, quote(href, safe="/?&=%~:@!$'()*+,;")))
    if root is None or scheme not in ("", "file") or "\0" in href:
        raise InputError(Fault("E-PRD-057", place, "href", f"expected an address of the web or a file, found {href[:100]!r}"))
    file = Path(os.path.normpath(Path(place).parent / (unquote(href.removeprefix("file://")) if scheme else href)))
    if not file.is_relative_to(root):
        text = f"{href[:100]!r} leaves the folder of the catalogue"
        raise InputError(Fault("E-PRD-057", place, "href", text, "move the files into it, or name the folder that holds both as `path`"))
    return str(file)


def _walk(starts: Iterable[str], root: Path | None, strays: bool = False) -> Iterator[Item | Unreadable]:
    """Items that the documents at `starts` hold or lead to, each document once. strays: other JSON files lie among them."""
    waiting, seen = deque((place, "item" if strays else "") for place in starts), set()
    while waiting:
        place, rel = waiting.popleft()
        if place in seen:
            continue
        seen.add(place)
        if len(seen) > MOST_DOCUMENTS:
            raise InputError(Fault("E-PRD-054", place, "", f"the catalogue has more than {MOST_DOCUMENTS} documents", "name a part of it"))
        try:
            document = read_document(place)
            if isinstance(document, dict) and "stac_version" in document and document.get("type") in ("Catalog", "Collection", None):
                waiting.extend(_children(document, place, root))
                continue
        except InputError as error:
            if rel != "item":
                raise
            yield Unreadable(place, str(error))
            continue
        yield from _features(document, place, root, strays)


def _features(document: Any, place: str, root: Path | None, strays: bool) -> Iterator[Item | Unreadable]:
    """Items in a document: one, or those of an item collection."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in ("Feature", "FeatureCollection"):
        if strays:
            return
        raise _not_stac(place, "neither a catalogue nor an item")
    for feature in _list(document.get("features")) if kind == "FeatureCollection" else [document]:
        try:
            yield item_of(feature, place, root)
        except InputError as error:
            name = feature.get("id") if isinstance(feature, dict) else None
            yield Unreadable(name if isinstance(name, str) else place, str(error))


def _children(document: Mapping[str, Any], place: str, root: Path | None) -> list[tuple[str, str]]:
    """Documents that a catalogue leads to, with what they are to it, in order."""
    links = [link for link in _list(document.get("links")) if isinstance(link, dict) and link.get("rel") in _LINKS]
    return [(locate(str(link.get("href")), place, root), str(link["rel"])) for link in links]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _host(href: str) -> str:
    try:
        return urlsplit(href).hostname or ""
    except ValueError:
        return ""


def _not_stac(place: str, text: str) -> InputError:
    return InputError(Fault("E-PRD-054", place, "", text, "name a catalogue, a collection, an item collection or a folder of items"))
