"""The profile of a region beside its models: in a file, found again by who uses these models in another year.

models/profile_region_<r>.npz         in the folder of a run
profile_region_<r>.npz                in the folder of a bundle that was fetched from MLflow
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iota_py.errors import Fault, InputError
from iota_py.io.publish import write_bytes
from iota_py.profile import Profile
from iota_py.training.storage import npz_arrays, npz_bytes

FORMAT = 1
_AGAIN = "make it again: iota-py run with the configuration of the models, which has assessment: {profile: true}"


@dataclass(frozen=True, eq=False)
class RegionProfile:
    """samples: of the learning samples of the first draw. pixels: of pixels of the map, None where the run reads no products."""

    region: str
    samples: Profile
    pixels: Profile | None


def write_profile_file(path: Path, profile: RegionProfile) -> None:
    """Publish a profile; the same profile gives the same bytes."""
    arrays = {"format": np.array([FORMAT]), "region": np.array([profile.region], dtype=np.str_)}
    arrays |= profile.samples.arrays("samples_")
    if profile.pixels is not None:
        arrays |= profile.pixels.arrays("pixels_")
    write_bytes(path, npz_bytes(arrays))


def read_profile_file(path: Path) -> RegionProfile:
    """The inverse of `write_profile_file`. InputError E-DRF-003 where the file is damaged, or of a later version."""
    try:
        arrays = npz_arrays(path.read_bytes())
        version = int(arrays["format"][0])
        if version != FORMAT:
            text = f"expected a profile of format {FORMAT}, found {version}"
            raise InputError(Fault("E-DRF-003", str(path), "format", text, "use the version of iota_py that wrote it"))
        return RegionProfile(str(arrays["region"][0]), Profile.from_arrays(arrays, "samples_"), _pixels(arrays))
    except InputError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds on bytes that are no archive, or a cut one
        text = f"cannot be read as a profile ({type(error).__name__}: {error})"
        raise InputError(Fault("E-DRF-003", str(path), "", text, _AGAIN)) from error


def profile_beside(bundle: Path) -> Path | None:
    """File of the profile that goes with a bundle; None where there is none."""
    inside = sorted(bundle.glob("profile_region_*.npz"))
    if inside:
        return inside[0]
    number = re.match(r"region_(\d+)_run_\d+", bundle.name)
    path = bundle.parent / f"profile_region_{number[1]}.npz" if number is not None else None
    return path if path is not None and path.is_file() else None


def _pixels(arrays: Mapping[str, np.ndarray]) -> Profile | None:
    return Profile.from_arrays(arrays, "pixels_") if "pixels_names" in arrays else None
