"""Indices of the spyndex catalogue: from a small copy of its format written here, and from spyndex itself where it is installed."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from iota_py.errors import ConfigError
from iota_py.features import catalogue
from iota_py.features.catalogue import catalogue_index, installed
from iota_py.features.indices import index_values, resolve
from iota_py.features.roles import SYMBOLS

SENTINEL2 = {"blue": "B2", "green": "B3", "red": "B4", "nir": "B8"}
BANDS = ("B2", "B3", "B4", "B8")

FORMULAS = {
    "EVI": "g * (N - R) / (N + C1 * R - C2 * B + L)",
    "BAI": "1.0 / ((0.1 - R) ** 2.0 + (0.06 - N) ** 2.0)",
    "BaI": "R + S1 - N",
    "MSR": "N / R - 1",
    "NDWI": "(G - N) / (G + N)",
    "kNDVI": "(kNN - kNR)/(kNN + kNR)",
    "FAI": "N - (R + (lambdaN - lambdaR))",
    "EVIL": "__import__('os')",
}
CONSTANTS = {"g": 2.5, "C1": 6.0, "C2": 7.5, "L": 1.0, "lambdaN": None, "lambdaR": None}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A catalogue of a few indices."""
    (tmp_path / "spectral-indices-dict.json").write_text(json.dumps({"SpectralIndices": {k: {"formula": v} for k, v in FORMULAS.items()}}))
    (tmp_path / "constants.json").write_text(json.dumps({k: {"default": v} for k, v in CONSTANTS.items()}))
    _with_folder(monkeypatch, tmp_path)


def _with_folder(monkeypatch, folder):
    for cached in (catalogue._data, catalogue._bound):
        cached.cache_clear()
    monkeypatch.setattr(catalogue, "_folder", lambda: folder)


@pytest.fixture(autouse=True)
def _forget():
    yield
    for cached in (catalogue._data, catalogue._bound):
        cached.cache_clear()


def filled(*bands):
    return np.array(bands, np.float32).reshape(1, -1, 1)


@pytest.mark.usefixtures("small")
def test_an_index_of_the_catalogue_by_hand():
    # blue 0.05, red 0.1, nir 0.5: 2.5 × 0.4 / (0.5 + 0.6 - 0.375 + 1) = 1 / 1.725.
    plan = resolve(["evi", "NDVI"], SENTINEL2, BANDS)
    assert plan.names == ("EVI", "NDVI")
    found = index_values(filled(500, 0, 1000, 5000), plan).ravel()
    assert found.tolist() == pytest.approx([1000 / 1.725, 1000 * 4000 / 6000], rel=1e-6)
    assert sorted(plan.bands_of(0, 4)) == [0, 2, 3]
    assert plan.kind_of(0) == "formula"
    assert plan.only([1]).formulas == (None,)


@pytest.mark.usefixtures("small")
def test_the_formula_is_part_of_what_decides_the_values():
    content = resolve(["EVI"], SENTINEL2, BANDS).content
    assert FORMULAS["EVI"] in str(content)
    assert "7.5" in str(content)


@pytest.mark.usefixtures("small")
def test_a_division_by_zero_is_zero_and_large_values_stay_finite():
    plan = resolve(["BAI"], SENTINEL2, BANDS)
    assert index_values(filled(0, 0, 1100, 600), plan).item() == pytest.approx(1e7, rel=1e-4)  # 1 / 0.01²
    assert index_values(filled(0, 0, 1001, 600), plan).item() == 1e9  # 1 / 0.0001² is more
    ratio = resolve(["MSR"], SENTINEL2, BANDS)
    assert index_values(filled(0, 0, 0, 600), ratio).item() == 0


@pytest.mark.usefixtures("small")
def test_our_own_dictionary_comes_first():
    roles = {**SENTINEL2, "swir": "B3"}
    assert resolve(["NDWI"], roles, BANDS).kind_of(0) == "nd"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bai", "bai may be BAI or BaI: letter case tells them apart"),
        ("kNDVI", "kNDVI needs kNN, kNR, for which the catalogue has no value"),
        ("FAI", "FAI needs the wavelength of nir, red, which is not known"),
        ("EVIL", "only numbers, names and + - * / ** are allowed, found Call"),
    ],
)
def test_what_cannot_be_computed_is_said(name, line):
    with pytest.raises(ConfigError) as caught:
        resolve([name], SENTINEL2, BANDS)
    assert [(f.code, f.message) for f in caught.value.faults] == [("E-FEA-018", line)]


@pytest.mark.usefixtures("small")
def test_wavelengths_of_the_sensor_serve_the_formulas_that_need_them():
    plan = resolve(["FAI"], SENTINEL2, BANDS, wavelengths={"B8": 842.0, "B4": 665.0})
    assert index_values(filled(0, 0, 1000, 5000), plan).item() == pytest.approx(1000 * (0.5 - (0.1 + 177)))


@pytest.mark.usefixtures("small")
def test_a_missing_band_is_named():
    with pytest.raises(ConfigError, match="BAI needs the nir band, which this sensor does not have"):
        resolve(["BAI"], {"red": "B4"}, ("B4",))


def test_without_the_catalogue_an_unknown_index_says_where_others_are(monkeypatch):
    _with_folder(monkeypatch, None)
    assert not installed()
    with pytest.raises(ConfigError, match=r"unknown index EVI.*others are known once spyndex is installed \(extra `indices`\)"):
        resolve(["EVI"], SENTINEL2, BANDS)


needs_spyndex = pytest.mark.skipif(importlib.util.find_spec("spyndex") is None, reason="spyndex is not installed")


@needs_spyndex
def test_every_index_of_spyndex_is_arithmetic_that_we_can_read():
    entries, _ = catalogue._data()
    read, refused = 0, []
    for name in entries:
        try:
            read += catalogue_index(name) is not None
        except ValueError as reason:
            refused.append(str(reason))
    assert read > 200
    assert all("for which the catalogue has no value" in reason for reason in refused)


@needs_spyndex
def test_spyndex_itself_gives_the_same_numbers():
    spyndex = pytest.importorskip("spyndex")
    rng = np.random.default_rng(1)
    stored = rng.integers(200, 6000, (1, 10, 50)).astype(np.float32)
    roles = {
        role: f"x{i}" for i, role in enumerate(("blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir2", "swir", "swir2"))
    }
    bands = tuple(roles.values())
    symbols = {symbol: stored[0, bands.index(roles[role])].astype(float) / 10000 for symbol, role in SYMBOLS.items() if role in roles}
    values = {**{name: one.default for name, one in spyndex.constants.items()}, **symbols}
    compared = 0
    for name in ("EVI", "SAVI", "MSAVI", "CIRE", "BAIS2", "NDREI", "AVI", "MNDWI", "OCVI", "S2REP", "VARI", "NIRv", "ATSAVI", "GEMI"):
        index = spyndex.indices.get(name)
        if index is None:
            continue
        with np.errstate(all="ignore"):
            expected = np.nan_to_num(index.compute({key: values[key] for key in index.bands}), nan=0, posinf=0, neginf=0)
        found = index_values(stored, resolve([name], roles, bands))[0, 0]
        np.testing.assert_allclose(found, 1000 * expected, rtol=1e-5, atol=1e-3)
        compared += 1
    assert compared >= 10
