"""Spectral indices of the spyndex catalogue, when it is installed: names and formulas, read from its data files.

spyndex carries the Awesome Spectral Indices (Montero et al. 2023, Scientific Data 10, 197) as JSON. Only these files are read; its code is
never run.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iota_py.features.formulas import names_in
from iota_py.features.roles import SYMBOLS

_LAMBDA = "lambda"  # lambdaN: central wavelength of the band N


@dataclass(frozen=True)
class CatalogueIndex:
    """One index of the catalogue. text: its formula, on reflectances 0–1.

    bands: (symbol, role). constants: (symbol, value). wavelengths: (symbol, role), for the central wavelength of that band in nanometres.
    """

    name: str
    text: str
    bands: tuple[tuple[str, str], ...]
    constants: tuple[tuple[str, float], ...]
    wavelengths: tuple[tuple[str, str], ...] = ()


def installed() -> bool:
    """True when the catalogue can be read."""
    return _folder() is not None


def catalogue_index(name: str) -> CatalogueIndex | None:
    """An index by name: as the catalogue spells it, else ignoring the case of letters. None when there is no such index, or no catalogue.

    Raises ValueError, with the reason, when several names differ by case only, or when the formula needs what is no band and has no value.
    """
    entries, _ = _data()
    alike = [name] if name in entries else [known for known in entries if known.upper() == name.upper()]
    if not alike:
        return None
    if len(alike) > 1:
        raise ValueError(f"{name} may be {' or '.join(sorted(alike))}: letter case tells them apart")
    return _bound(alike[0])


@functools.lru_cache(maxsize=256)
def _bound(name: str) -> CatalogueIndex:
    entries, constants = _data()
    text = str(entries[name]["formula"])
    symbols = names_in(text)
    bands = tuple((symbol, SYMBOLS[symbol]) for symbol in symbols if symbol in SYMBOLS)
    wavelengths = tuple((symbol, SYMBOLS[symbol[len(_LAMBDA) :]]) for symbol in symbols if _is_wavelength(symbol))
    others = [symbol for symbol in symbols if symbol not in SYMBOLS and not _is_wavelength(symbol)]
    values = {symbol: constants.get(symbol, {}).get("default") for symbol in others}
    unknown = [symbol for symbol, value in values.items() if value is None]
    if unknown:
        raise ValueError(f"{name} needs {', '.join(unknown)}, for which the catalogue has no value")
    return CatalogueIndex(name, text, bands, tuple((symbol, float(value)) for symbol, value in values.items()), wavelengths)


def _is_wavelength(symbol: str) -> bool:
    return symbol.startswith(_LAMBDA) and symbol[len(_LAMBDA) :] in SYMBOLS


@functools.cache
def _folder() -> Path | None:
    found = importlib.util.find_spec("spyndex")
    places = (found.submodule_search_locations or []) if found else []
    return next((Path(p) / "data" for p in places if (Path(p) / "data" / "spectral-indices-dict.json").is_file()), None)


@functools.cache
def _data() -> tuple[dict[str, Any], dict[str, Any]]:
    """Indices and constants by name; none without the catalogue."""
    folder = _folder()
    if folder is None:
        return {}, {}
    indices, constants = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("spectral-indices-dict", "constants"))
    return indices["SpectralIndices"], constants
