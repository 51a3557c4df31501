"""Roles of bands in indices: what is called red or nir, whatever the sensor calls the band."""

from __future__ import annotations

from collections.abc import Mapping

# Symbols of the Awesome Spectral Indices (Montero et al. 2023, Scientific Data 10, 197), as spyndex spells them -> role.
SYMBOLS: Mapping[str, str] = {
    "A": "aerosol", "B": "blue", "G1": "green1", "G": "green", "Y": "yellow", "R": "red",
    "RE1": "rededge1", "RE2": "rededge2", "RE3": "rededge3", "N": "nir", "N2": "nir2", "WV": "watervapour", "S1": "swir", "S2": "swir2",
    "VV": "vv", "VH": "vh", "HH": "hh", "HV": "hv",
}  # fmt: skip

# Central wavelengths in nanometres, lowest and highest. They part the bands of Sentinel-2, Landsat 4-9, MODIS, VENµS and WorldView.
# nir2 is a second band of the near infrared, beside a wide one.
_RANGES: Mapping[str, tuple[float, float]] = {
    "aerosol": (420, 455), "blue": (456, 520), "green1": (525, 535), "green": (536, 585), "yellow": (590, 629), "red": (630, 690),
    "rededge1": (695, 715), "rededge2": (730, 750), "rededge3": (770, 795), "nir": (800, 900), "nir2": (850, 880),
    "watervapour": (930, 960), "swir": (1550, 1750), "swir2": (2050, 2350),
}  # fmt: skip


def roles_by_wavelength(given: Mapping[str, str], wavelengths: Mapping[str, float | None]) -> dict[str, str]:
    """Role -> band: those given, then the bands without a role by their wavelength, where the role is still free.

    wavelengths: band -> nanometres, None when unknown; of two bands that could have a role, the first has it.

    >>> roles_by_wavelength({"nir": "B8"}, {"B4": 665.0, "B8": 842.0, "B8A": 865.0, "B12": 2190.0})
    {'nir': 'B8', 'red': 'B4', 'nir2': 'B8A', 'swir2': 'B12'}
    """
    roles = dict(given)
    for band, wavelength in wavelengths.items():
        if wavelength is None or band in given.values():
            continue
        free = (role for role, (low, high) in _RANGES.items() if role not in roles and low <= wavelength <= high)
        role = next(free, None)
        if role is not None:
            roles[role] = band
    return roles
