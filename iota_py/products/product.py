"""Values that pass from discovery to reading: a product, what it asks of a reader, and the series of a tile."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from odc.geo.geobox import GeoBox

from iota_py.grid.form import geobox_of, geobox_values
from iota_py.io.raster import RasterHeader

SAME_PASS = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Layer:
    """One band of one file, and how its numbers become the stored int16.

    path: as GDAL names it; index: band number from 1. law: `linear`, stored = round(number × scale + shift); `decibel`, stored =
    round(10·log10(number) × scale + shift), a number <= 0 being missing; `above`, stored = 1 where number > scale, else 0; `slope`,
    `northness`, `eastness`: numbers are elevations in metres, stored = round(what terrain.py makes of them × scale + shift).
    """

    path: str
    index: int = 1
    scale: float = 1.0
    shift: float = 0.0
    law: str = "linear"

    @property
    def as_stored(self) -> bool:
        """True when numbers are stored as they are."""
        return self.law == "linear" and self.scale == 1 and self.shift == 0


@dataclass(frozen=True)
class MaskLayer:
    """A mask and what in it means unusable: values, or any of these bits (an integer with those bits set).

    footprint: it marks the swath. coarse: it may lie on a coarser grid than the finest bands. partial: it forbids nothing outside its raster.
    """

    layer: Layer
    values: tuple[int, ...] = ()
    bits: int = 0
    footprint: bool = False
    coarse: bool = False
    partial: bool = False


@dataclass(frozen=True)
class Product:
    """One acquisition as delivered.

    when: UTC. bands: name -> layer, in the order of the family. nodata: number of missing pixels in the files, None when there is none.
    valid_range: numbers outside are unusable. cloud_share: 0–1, None when unknown. fingerprint: (path, size, mtime in ns) of its files, to
    tell when they change. about: what else the metadata say, by name (angles in degrees, orbits): shown, never computed with. key: of this
    delivery in this state, told by discovery; copies of one product have one id. headers: of remote files, by path, as a catalogue states
    them: they spare planning from opening each file, and do not travel to the reader.
    """

    id: str
    family: str
    platform: str
    level: str
    when: dt.datetime
    tile: str
    version: tuple[int, ...]
    bands: Mapping[str, Layer]
    masks: tuple[MaskLayer, ...]
    nodata: float | None
    valid_range: tuple[float, float] | None
    cloud_share: float | None
    fingerprint: tuple[tuple[str, int, int], ...]
    warnings: tuple[str, ...] = ()
    about: Mapping[str, float] = field(default_factory=dict)
    key: str = ""
    headers: Mapping[str, RasterHeader] = field(default_factory=dict, compare=False, repr=False)

    @functools.cached_property
    def stamp(self) -> str:
        """Short form of the fingerprint: another one when a file has changed."""
        return hashlib.sha256(repr(self.fingerprint).encode()).hexdigest()[:16]

    @property
    def date(self) -> dt.date:
        """Day of acquisition, UTC."""
        return self.when.date()


@dataclass(frozen=True)
class SetAside:
    """A product that is not used, and why. kind: `duplicate`, `excluded`, `period` or `bad`. key: as of Product, empty where it has none."""

    id: str
    tile: str
    when: dt.datetime
    kind: str
    reason: str
    cloud_share: float | None = None
    platform: str = ""
    key: str = ""


@dataclass(frozen=True)
class Series:
    """Acquisitions of one input on one tile: observations in order of time, each one or several pieces of the same pass.

    geobox: grid they are read on. bands: names in the order of the features. resampling: of bands on other grids. share: of the area of a
    pixel that must be usable where resampling is `average`. kind: `optical`, `radar`, `snow` or `static`; a static series has one
    observation, whose day means nothing.
    """

    input: str
    tile: str
    geobox: GeoBox
    bands: tuple[str, ...]
    observations: tuple[tuple[Product, ...], ...]
    set_aside: tuple[SetAside, ...] = ()
    resampling: str = "nearest"
    kind: str = "optical"
    share: float = 0.5

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Day of each observation; a day may come twice."""
        return tuple(pieces[0].date for pieces in self.observations)

    @property
    def lost(self) -> tuple[SetAside, ...]:
        """Acquisitions that cannot be used, no other delivery of theirs being there."""
        used = [piece for pieces in self.observations for piece in pieces]
        return tuple(s for s in self.set_aside if s.kind == "bad" and not any(stands_for(piece, s, self.kind) for piece in used))


def stands_for(product: Product, other: SetAside, kind: str) -> bool:
    """True when both are of one acquisition; layers without dates may be of several satellites. kind: of the series."""
    return product.when == other.when and (kind == "static" or product.platform == other.platform)


def merge_passes(products: list[Product]) -> tuple[tuple[Product, ...], ...]:
    """Group products, sorted by time, into observations: pieces of one pass (same satellite, within SAME_PASS) go together."""
    groups: list[list[Product]] = []
    for product in sorted(products, key=lambda p: (p.when, p.id)):
        near = [g for g in groups if g[0].platform == product.platform and product.when - g[0].when <= SAME_PASS]
        if near:
            near[-1].append(product)
        else:
            groups.append([product])
    return tuple(tuple(group) for group in groups)


def series_document(series: Series) -> dict[str, Any]:
    """A series as plain values, for a file."""
    return {
        "input": series.input,
        "tile": series.tile,
        "grid": geobox_values(series.geobox),
        "bands": list(series.bands),
        "resampling": series.resampling,
        "kind": series.kind,
        "share": series.share,
        "observations": [[_product_document(p) for p in pieces] for pieces in series.observations],
        "set_aside": [{**vars(s), "when": s.when.isoformat()} for s in series.set_aside],
    }


def series_from_document(document: Mapping[str, Any]) -> Series:
    """The inverse of series_document."""
    return Series(
        input=document["input"],
        tile=document["tile"],
        geobox=geobox_of(document["grid"]),
        bands=tuple(document["bands"]),
        observations=tuple(tuple(_product(p) for p in pieces) for pieces in document["observations"]),
        set_aside=tuple(SetAside(**{**s, "when": dt.datetime.fromisoformat(s["when"])}) for s in document["set_aside"]),
        resampling=document["resampling"],
        kind=document["kind"],
        share=document["share"],
    )


_of_layer = attrgetter(*(f.name for f in fields(Layer)))  # as astuple, which copies each value and is ten times slower


def _product_document(p: Product) -> dict[str, Any]:
    return {
        **{f.name: getattr(p, f.name) for f in fields(p) if f.name != "headers"},
        "when": p.when.isoformat(),
        "bands": [[name, *_of_layer(layer)] for name, layer in p.bands.items()],
        "masks": [[m.layer.path, m.layer.index, list(m.values), m.bits, m.footprint, m.coarse, m.partial] for m in p.masks],
    }


def _product(d: Mapping[str, Any]) -> Product:
    return Product(
        **{
            **d,
            "when": dt.datetime.fromisoformat(d["when"]),
            "version": tuple(d["version"]),
            "bands": {name: Layer(*layer) for name, *layer in d["bands"]},
            "masks": tuple(MaskLayer(Layer(path, index), tuple(values), *more) for path, index, values, *more in d["masks"]),
            "valid_range": tuple(d["valid_range"]) if d["valid_range"] else None,
            "fingerprint": tuple((path, size, mtime) for path, size, mtime in d["fingerprint"]),
            "warnings": tuple(d["warnings"]),
        }
    )
