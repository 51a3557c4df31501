"""Spectral indices as data: a name, a kind and the roles of the bands it needs.

Kinds: `nd`, normalised difference `1000 (a - b) / (a + b)`, stored ×1000, 0 where |a + b| < 0.5 count (below the resolution of the
bands, where the quotient is only noise); `norm`, square root of the sum of the squares of all the bands read, in the unit of the bands;
`difference`, `a - b` in the unit of the bands; `formula`, any other of the spyndex catalogue, computed on reflectances (stored / 10,000)
and stored ×1000, 0 where it is not a finite number. What int16 cannot hold is clipped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from iota_py.errors import ConfigError, Fault
from iota_py.features.catalogue import CatalogueIndex, catalogue_index, installed
from iota_py.features.formulas import evaluate

ND_SCALE = np.float32(1000)
ND_SMALLEST_SUM = np.float32(0.5)
REFLECTANCE_SCALE = 10_000.0
_KIND_ND, _KIND_NORM, _KIND_DIFFERENCE, _KIND_FORMULA = 0, 1, 2, 3
_KIND_CODES = {"nd": _KIND_ND, "norm": _KIND_NORM, "difference": _KIND_DIFFERENCE, "formula": _KIND_FORMULA}
_OF_TWO = ("nd", "difference")


@dataclass(frozen=True)
class SpectralIndex:
    """One index. kind: as above. roles: for `nd` and `difference`, what a and b are (`red`, `nir`, …); for `formula`, all that it needs."""

    name: str
    kind: str
    roles: tuple[str, ...] = ()
    source: CatalogueIndex | None = None


# NDVI: Rouse et al. 1974. NDWI: Gao 1996 is nd(nir, swir); iota2 puts swir first, and so does this one. GNDVI: Gitelson et al. 1996.
# NDSI: Hall et al. 1995. NBR: Key & Benson 1999. RATIO: the cross ratio VH/VV, a difference of decibels (Vreugdenhil et al. 2018).
INDICES: Mapping[str, SpectralIndex] = {
    index.name: index
    for index in (
        SpectralIndex("NDVI", "nd", ("nir", "red")),
        SpectralIndex("NDWI", "nd", ("swir", "nir")),
        SpectralIndex("BRIGHTNESS", "norm"),
        SpectralIndex("GNDVI", "nd", ("nir", "green")),
        SpectralIndex("NDSI", "nd", ("green", "swir")),
        SpectralIndex("NBR", "nd", ("nir", "swir2")),
        SpectralIndex("RATIO", "difference", ("vh", "vv")),
    )
}


@dataclass(frozen=True)
class BoundFormula:
    """A formula ready to be computed. bands: (symbol, position among the bands). constants: (symbol, value)."""

    text: str
    bands: tuple[tuple[str, int], ...]
    constants: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class IndexPlan:
    """Indices of one sensor, ready for the kernel.

    names: as written in the columns, in their order. kinds: uint8 (index,). first, second: uint32 (index,), positions of a and b among the
    bands; 0 and unused for `norm` and `formula`. formulas: of each index, None for the kinds that the kernel knows; () when it knows all.
    """

    names: tuple[str, ...]
    kinds: NDArray[np.uint8]
    first: NDArray[np.uint32]
    second: NDArray[np.uint32]
    formulas: tuple[BoundFormula | None, ...] = ()

    @property
    def content(self) -> list[list[object]]:
        """All that decides the values, as plain values."""
        formulas = self.formulas or (None,) * len(self.names)
        parts = [[f.text, f.bands, f.constants] if f else None for f in formulas]
        return [list(row) for row in zip(self.names, self.kinds.tolist(), self.first.tolist(), self.second.tolist(), parts)]

    def only(self, positions: Sequence[int]) -> IndexPlan:
        """The plan of some of the indices."""
        rows = list(positions)
        formulas = tuple(self.formulas[row] for row in rows) if self.formulas else ()
        return IndexPlan(tuple(self.names[row] for row in rows), self.kinds[rows], self.first[rows], self.second[rows], formulas)

    def bands_of(self, position: int, bands: int) -> tuple[int, ...]:
        """Positions of the bands that an index needs, of `bands` that there are."""
        if self.kinds[position] == _KIND_NORM:
            return tuple(range(bands))
        if self.kinds[position] == _KIND_FORMULA:
            return tuple(place for _, place in self.formulas[position].bands)
        return int(self.first[position]), int(self.second[position])

    def kind_of(self, position: int) -> str:
        """Kind of an index, as a word."""
        return next(word for word, code in _KIND_CODES.items() if code == self.kinds[position])


def possible_indices(roles: Mapping[str, str], bands: Sequence[str]) -> tuple[str, ...]:
    """Names of the indices of our own that these bands allow. roles: role -> band."""
    return tuple(name for name, index in INDICES.items() if all(roles.get(role) in bands for role in index.roles))


def index_named(name: str) -> SpectralIndex | None:
    """An index by name, letter case ignored: one of INDICES, else one of the spyndex catalogue, where that is installed. None: unknown.

    Raises ValueError, with the reason, when the catalogue has it but it cannot be computed.
    """
    own = INDICES.get(name.upper())
    if own is not None:
        return own
    entry = catalogue_index(name)
    if entry is None:
        return None
    return SpectralIndex(entry.name, "formula", tuple(dict.fromkeys(role for _, role in (*entry.bands, *entry.wavelengths))), entry)


def resolve(
    indices: Iterable[str],
    roles: Mapping[str, str],
    bands: Sequence[str],
    where: str = "features",
    wavelengths: Mapping[str, float | None] | None = None,
) -> IndexPlan:
    """Plan of the indices asked for, by name as in `index_named`.

    roles: role -> name of the band; none at all for a sensor whose bands are no indices' business. bands: those read, in the order of the
    array. where: named in messages. wavelengths: band -> nanometres, for the few formulas that need them.
    Raises ConfigError with one E-FEA-001 fault for each index that is unknown or whose band is missing, E-FEA-018 for one that cannot be
    computed.
    """
    found: list[SpectralIndex] = []
    faults: list[Fault] = []
    for name in indices:
        try:
            index = index_named(name)
        except ValueError as reason:
            faults.append(Fault("E-FEA-018", where, "indices", str(reason)))
            continue
        faults += _faults(name.upper(), index, roles, bands, where)
        faults += _without_wavelength(index, roles, wavelengths or {}, where)
        if index is not None:
            found.append(index)
    if faults:
        raise ConfigError(*faults)
    return _plan(found, roles, bands, wavelengths or {})


def _plan(
    found: Sequence[SpectralIndex], roles: Mapping[str, str], bands: Sequence[str], wavelengths: Mapping[str, float | None]
) -> IndexPlan:
    pairs = [[bands.index(roles[role]) for role in index.roles] if index.kind in _OF_TWO else [0, 0] for index in found]
    table = np.array(pairs, np.uint32).reshape(len(found), 2)
    kinds = np.array([_KIND_CODES[index.kind] for index in found], np.uint8)
    formulas = tuple(_bound(index.source, roles, bands, wavelengths) if index.source else None for index in found)
    return IndexPlan(
        tuple(index.name for index in found),
        kinds,
        np.ascontiguousarray(table[:, 0]),
        np.ascontiguousarray(table[:, 1]),
        formulas if any(formulas) else (),
    )


def _bound(entry: CatalogueIndex, roles: Mapping[str, str], bands: Sequence[str], wavelengths: Mapping[str, float | None]) -> BoundFormula:
    nanometres = ((symbol, float(wavelengths[roles[role]] or 0)) for symbol, role in entry.wavelengths)
    return BoundFormula(
        entry.text, tuple((symbol, bands.index(roles[role])) for symbol, role in entry.bands), (*entry.constants, *nanometres)
    )


def index_values(filled: NDArray[np.float32], plan: IndexPlan) -> NDArray[np.float32]:
    """Indices, float32 (index, target, pixel), of filled bands, float32 (target, band, pixel). The reference of `index_chunk`."""
    out = np.empty((len(plan.names), filled.shape[0], filled.shape[2]), np.float32)
    for row, (kind, a, b) in enumerate(zip(plan.kinds, plan.first, plan.second)):
        if kind == _KIND_FORMULA:
            out[row] = _formula_values(filled, plan.formulas[row])
        elif kind == _KIND_NORM:
            out[row] = _norm(filled)
        elif kind == _KIND_DIFFERENCE:
            out[row] = filled[:, a] - filled[:, b]
        else:
            out[row] = _normalised_difference(filled[:, a], filled[:, b])
    return out


def _formula_values(filled: NDArray[np.float32], formula: BoundFormula) -> NDArray[np.float32]:
    values = {symbol: np.ascontiguousarray(filled[:, place], np.float64) / REFLECTANCE_SCALE for symbol, place in formula.bands}
    scaled = float(ND_SCALE) * evaluate(formula.text, {**values, **dict(formula.constants)})
    # Far outside int16 already: float32 has no room for every float64.
    return np.clip(scaled, -1e9, 1e9).astype(np.float32)


def _normalised_difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    total = a + b
    usable = np.abs(total) >= ND_SMALLEST_SUM
    return np.where(usable, ND_SCALE * ((a - b) / np.where(usable, total, np.float32(1))), np.float32(0))


def _norm(filled: NDArray[np.float32]) -> NDArray[np.float32]:
    # Band after band, as the kernel adds: np.sum is free to add in another order.
    squares = np.zeros((filled.shape[0], filled.shape[2]), np.float32)
    for band in range(filled.shape[1]):
        squares += filled[:, band] * filled[:, band]
    return np.sqrt(squares)


def _faults(name: str, index: SpectralIndex | None, roles: Mapping[str, str], bands: Sequence[str], where: str) -> list[Fault]:
    possible = ", ".join(possible_indices(roles, bands)) or "none"
    fix = f"possible with these bands: {possible}"
    if index is None:
        more = "; spyndex knows others" if installed() else "; others are known once spyndex is installed (extra `indices`)"
        return [Fault("E-FEA-001", where, "indices", f"unknown index {name}", fix + more)]
    faults = []
    for role in index.roles:
        band = roles.get(role)
        if band not in bands:
            found = ", which this sensor does not have" if band is None else f" {band}, which is not among {', '.join(bands)}"
            faults.append(Fault("E-FEA-001", where, "indices", f"{name} needs the {role} band{found}", fix))
    return faults


def _without_wavelength(
    index: SpectralIndex | None, roles: Mapping[str, str], wavelengths: Mapping[str, float | None], where: str
) -> list[Fault]:
    needed = index.source.wavelengths if index is not None and index.source is not None else ()
    missing = [role for _, role in needed if role in roles and wavelengths.get(roles[role]) is None]
    if not missing:
        return []
    return [Fault("E-FEA-018", where, "indices", f"{index.name} needs the wavelength of {', '.join(missing)}, which is not known")]  # type: ignore[union-attr]


@njit(nogil=True, cache=True, error_model="numpy")
def index_chunk(filled, kinds, first, second, out):
    """Indices of a chunk. filled: float32 (target, band, lane); kinds, first, second: as in IndexPlan; out: float32 (index, target, lane).

    All C-contiguous. Same bits as `index_values`; it knows no formula.
    """
    targets, bands, lanes = filled.shape
    for row in range(len(kinds)):
        for t in range(targets):
            values = out[row, t]
            if kinds[row] == _KIND_NORM:
                for i in range(lanes):
                    values[i] = np.float32(0)
                for band in range(bands):
                    source = filled[t, band]
                    for i in range(lanes):
                        values[i] += source[i] * source[i]
                for i in range(lanes):
                    values[i] = math.sqrt(values[i])
            elif kinds[row] == _KIND_DIFFERENCE:
                _subtract(filled[t, first[row]], filled[t, second[row]], values)
            else:
                a = filled[t, first[row]]
                b = filled[t, second[row]]
                for i in range(lanes):
                    total = a[i] + b[i]
                    quotient = ND_SCALE * ((a[i] - b[i]) / total)
                    values[i] = quotient if abs(total) >= ND_SMALLEST_SUM else np.float32(0)


@njit(nogil=True, cache=True, error_model="numpy")
def _subtract(a, b, out):
    for i in range(len(out)):
        out[i] = a[i] - b[i]
