"""Spectral indices as data: a name, a kind and the roles of the bands it needs.

Kinds: `nd`, normalised difference `1000 (a - b) / (a + b)`, stored ×1000, 0 where |a + b| < 0.5 count (below the resolution of the
bands, where the quotient is only noise); `norm`, square root of the sum of the squares of all the bands kept, in the unit of the bands.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from iota_py.errors import ConfigError, Fault

ND_SCALE = np.float32(1000)
ND_SMALLEST_SUM = np.float32(0.5)
_KIND_ND, _KIND_NORM = 0, 1
_KIND_CODES = {"nd": _KIND_ND, "norm": _KIND_NORM}


@dataclass(frozen=True)
class SpectralIndex:
    """One index. kind: `nd` or `norm`. roles: for `nd`, what a and b are (`red`, `nir`, …); empty for `norm`."""

    name: str
    kind: str
    roles: tuple[str, ...] = ()


# NDVI: Rouse et al. 1974. NDWI: Gao 1996 is nd(nir, swir); iota2 puts swir first, and so does this one. GNDVI: Gitelson et al. 1996.
# NDSI: Hall et al. 1995. NBR: Key & Benson 1999.
INDICES: Mapping[str, SpectralIndex] = {
    index.name: index
    for index in (
        SpectralIndex("NDVI", "nd", ("nir", "red")),
        SpectralIndex("NDWI", "nd", ("swir", "nir")),
        SpectralIndex("BRIGHTNESS", "norm"),
        SpectralIndex("GNDVI", "nd", ("nir", "green")),
        SpectralIndex("NDSI", "nd", ("green", "swir")),
        SpectralIndex("NBR", "nd", ("nir", "swir2")),
    )
}


@dataclass(frozen=True, eq=False)
class IndexPlan:
    """Indices of one sensor, ready for the kernel.

    names: upper case, in the order of the columns. kinds: uint8 (index,). first, second: uint32 (index,), positions of a and b among the
    bands kept; 0 and unused for `norm`.
    """

    names: tuple[str, ...]
    kinds: NDArray[np.uint8]
    first: NDArray[np.uint32]
    second: NDArray[np.uint32]


def possible_indices(roles: Mapping[str, str], bands: Sequence[str]) -> tuple[str, ...]:
    """Names of the indices that these bands allow. roles: role -> band."""
    return tuple(name for name, index in INDICES.items() if all(roles.get(role) in bands for role in index.roles))


def resolve(indices: Iterable[str], roles: Mapping[str, str], bands: Sequence[str], where: str = "features") -> IndexPlan:
    """Plan of the indices asked for, by name (letter case ignored).

    roles: role -> name of the band. bands: the bands kept, in the order of the array. where: named in messages.
    Raises ConfigError with one E-FEA-001 fault for each index that is unknown or whose band is missing.
    """
    wanted = tuple(name.upper() for name in indices)
    faults = [fault for name in wanted for fault in _faults(name, roles, bands, where)]
    if faults:
        raise ConfigError(*faults)
    pairs = [[bands.index(roles[role]) for role in INDICES[name].roles] or [0, 0] for name in wanted]
    table = np.array(pairs, np.uint32).reshape(len(wanted), 2)
    kinds = np.array([_KIND_CODES[INDICES[name].kind] for name in wanted], np.uint8)
    return IndexPlan(wanted, kinds, np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]))


def index_values(filled: NDArray[np.float32], plan: IndexPlan) -> NDArray[np.float32]:
    """Indices, float32 (index, target, pixel), of filled bands, float32 (target, band, pixel). The reference of `index_chunk`."""
    out = np.empty((len(plan.names), filled.shape[0], filled.shape[2]), np.float32)
    for row, (kind, a, b) in enumerate(zip(plan.kinds, plan.first, plan.second)):
        out[row] = _norm(filled) if kind == _KIND_NORM else _normalised_difference(filled[:, a], filled[:, b])
    return out


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


def _faults(name: str, roles: Mapping[str, str], bands: Sequence[str], where: str) -> list[Fault]:
    possible = ", ".join(possible_indices(roles, bands)) or "none"
    fix = f"possible with these bands: {possible}"
    index = INDICES.get(name)
    if index is None:
        return [Fault("E-FEA-001", where, "indices", f"unknown index {name}", fix)]
    faults = []
    for role in index.roles:
        band = roles.get(role)
        if band not in bands:
            found = ", which this sensor does not have" if band is None else f" {band}, which is not among {', '.join(bands)}"
            faults.append(Fault("E-FEA-001", where, "indices", f"{name} needs the {role} band{found}", fix))
    return faults


@njit(nogil=True, cache=True, error_model="numpy")
def index_chunk(filled, kinds, first, second, out):
    """Indices of a chunk. filled: float32 (target, band, lane); kinds, first, second: as in IndexPlan; out: float32 (index, target, lane).

    All C-contiguous. Same bits as `index_values`.
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
            else:
                a = filled[t, first[row]]
                b = filled[t, second[row]]
                for i in range(lanes):
                    total = a[i] + b[i]
                    quotient = ND_SCALE * ((a[i] - b[i]) / total)
                    values[i] = quotient if abs(total) >= ND_SMALLEST_SUM else np.float32(0)
