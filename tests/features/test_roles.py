"""Roles of bands."""

from __future__ import annotations

import pytest

from iota_py.features.roles import SYMBOLS, roles_by_wavelength
from iota_py.products.family import load_family

S2_SPYNDEX = {
    "B2": "B", "B3": "G", "B4": "R", "B5": "RE1", "B6": "RE2", "B7": "RE3", "B8": "N", "B8A": "N2", "B11": "S1", "B12": "S2",
}  # fmt: skip


def test_sentinel2_bands_are_those_of_the_catalogue():
    family = load_family("theia-s2-l2a")
    roles = roles_by_wavelength(family.roles, {band.name: band.wavelength for band in family.bands.values()})
    assert {band: symbol for symbol, role in SYMBOLS.items() for band in [roles.get(role)] if band} == S2_SPYNDEX


def test_roles_given_win_and_a_role_is_given_once():
    assert roles_by_wavelength({"red": "x"}, {"x": 800.0, "y": 665.0, "z": 670.0, "n": 840.0, "m": 870.0}) == {
        "red": "x", "nir": "n", "nir2": "m",
    }  # fmt: skip


@pytest.mark.parametrize("wavelength", [None, 60.0, 721.0, 1375.0])
def test_other_wavelengths_have_no_role(wavelength):
    assert roles_by_wavelength({}, {"a": wavelength}) == {}


def test_each_symbol_has_its_own_role():
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
