"""Where the models of a run apply, while a window is mapped: the space of each model read once, and what it says of pixels."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from iota_py.applicability.space import Space
from iota_py.errors import Fault, InputError
from iota_py.io.publish import json_text, read_json, write_bytes, write_text
from iota_py.pipeline import paths
from iota_py.pipeline.models.block import Block
from iota_py.pipeline.workspace import Workspace
from iota_py.training.storage import npz_arrays, npz_bytes

ARRAYS, DESCRIPTION = "space.npz", "space.json"
BANDS = ("dissimilarity", "inside")  # of a tile: thousandths of the mean index over the draws, thousandths of the draws that apply
NODATA, LARGEST = 65535, 65534
_AGAIN = "delete the folder, then iota-py run CONFIG makes it again"


def save_space(ws: Workspace, region: int, run: int, space: Space, said: Mapping[str, Any]) -> None:
    """`models/applicability/region_<r>_run_<k>/`: the arrays, the same bytes for the same space, and what they are with their SHA-256."""
    folder, content = ws.path(paths.space(region, run)), npz_bytes(space.arrays())
    write_bytes(folder / ARRAYS, content)
    write_text(folder / DESCRIPTION, json_text({**said, "sha256": hashlib.sha256(content).hexdigest()}))


def read_space(ws: Workspace, region: int, run: int) -> Space:
    """The space of a model. InputError E-AOA-006: it is missing, cut or changed."""
    folder = ws.path(paths.space(region, run))
    try:
        content, said = (folder / ARRAYS).read_bytes(), read_json(folder / DESCRIPTION)
        if hashlib.sha256(content).hexdigest() != said["sha256"]:
            raise ValueError("the file was cut or changed after it was written")
        return Space.from_arrays(npz_arrays(content))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(Fault("E-AOA-006", str(folder), "", f"cannot be read: {error}", _AGAIN)) from error


@functools.lru_cache(maxsize=64)
def spaces_of(ws: Workspace, region: int) -> tuple[Space, ...]:
    """The spaces of a region, run after run, read once by each process."""
    return tuple(read_space(ws, region, run) for run in range(ws.runs))


class Seen:
    """Layers of a window, filled while its pixels are classified. layers: uint16 (len(BANDS), pixel)."""

    def __init__(self, ws: Workspace, pixels: int) -> None:
        self.ws = ws
        self.layers = np.full((len(BANDS), pixels), NODATA, np.uint16)

    def __call__(self, block: Block, region: int, here: np.ndarray) -> None:
        """Look at the pixels `here` of a block, which are of a region."""
        spaces = spaces_of(self.ws, region)
        index = [space.index(block.features[here]) for space in spaces]
        applies = sum((own <= np.float32(space.threshold)).astype(np.int64) for own, space in zip(index, spaces))
        mean = np.mean(index, axis=0, dtype=np.float64)
        self.layers[0, block.first + here] = np.rint(np.minimum(mean * 1000, LARGEST))
        self.layers[1, block.first + here] = np.rint(applies * 1000 / len(spaces))


def seen_of(ws: Workspace, pixels: int) -> Seen | None:
    """What looks at the pixels of a window, where the map has these layers."""
    return None if ws.config.map is None or ws.config.map.applicability is None else Seen(ws, pixels)
