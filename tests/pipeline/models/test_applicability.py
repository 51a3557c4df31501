"""The space of a model as a file, and what a window's pixels are told by it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from iota_py.applicability.space import Wish, fit_space
from iota_py.errors import InputError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.models import applicability as module
from iota_py.pipeline.models.applicability import NODATA, Seen, read_space, save_space
from iota_py.pipeline.steps.applicability_layers import UNKNOWN, applies
from tests.applicability.small import land


class Folder:
    """What a workspace is to a space."""

    runs = 2

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name


def made(tmp_path: Path) -> tuple[Any, list[Any]]:
    ws: Any = Folder(tmp_path)
    spaces = [fit_space(*land(300, seed=seed), Wish())[0] for seed in (0, 1)]
    for run, space in enumerate(spaces):
        save_space(ws, 1, run, space, {"samples": 300})
    return ws, spaces


def test_a_file_and_its_digest(tmp_path: Path) -> None:
    ws, spaces = made(tmp_path)
    pixels = land(40, seed=2)[0]
    assert read_space(ws, 1, 1).index(pixels).tobytes() == spaces[1].index(pixels).tobytes()
    folder = ws.path(paths.space(1, 0))
    before = (folder / "space.npz").read_bytes()
    save_space(ws, 1, 0, spaces[0], {"samples": 300})
    assert (folder / "space.npz").read_bytes() == before
    assert read_json(folder / "space.json")["samples"] == 300


@pytest.mark.parametrize("damage", ["cut", "gone", "undescribed"])
def test_a_damaged_file_is_said(tmp_path: Path, damage: str) -> None:
    ws, _ = made(tmp_path)
    folder = ws.path(paths.space(1, 0))
    if damage == "cut":
        (folder / "space.npz").write_bytes((folder / "space.npz").read_bytes()[:-9])
    else:
        (folder / ("space.npz" if damage == "gone" else "space.json")).unlink()
    with pytest.raises(InputError) as caught:
        read_space(ws, 1, 0)
    (fault,) = caught.value.faults
    reason = "the file was cut or changed after it was written" if damage == "cut" else "No such file or directory"
    assert fault.line().startswith(f"E-AOA-006 {folder}: cannot be read: ")
    assert reason in fault.line()
    assert fault.line().endswith("Fix: delete the folder, then iota-py run CONFIG makes it again")


def test_layers_of_several_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws, spaces = made(tmp_path)
    monkeypatch.setattr(module, "spaces_of", lambda ws, region: tuple(spaces))
    pixels = np.concatenate([land(20, seed=0)[0], land(20, seed=0)[0] + np.int16(9000)])
    block: Any = SimpleNamespace(features=pixels, first=10)
    seen = Seen(ws, 60)
    here = np.arange(0, 40, 2)
    seen(block, 1, here)
    index = [space.index(pixels[here]) for space in spaces]
    expected = np.minimum(np.rint((index[0].astype(float) + index[1]) / 2 * 1000), NODATA - 1)
    assert np.array_equal(seen.layers[0, 10 + here], expected)
    votes = (index[0] <= spaces[0].threshold).astype(int) + (index[1] <= spaces[1].threshold)
    assert np.array_equal(seen.layers[1, 10 + here], votes * 500)
    assert set(votes.tolist()) >= {0}
    untouched = np.setdiff1d(np.arange(60), 10 + here)
    assert (seen.layers[:, untouched] == NODATA).all()


def test_most_of_the_draws_decide() -> None:
    assert applies(np.array([0, 333, 500, 667, 1000, NODATA], np.uint16)).tolist() == [0, 0, 0, 1, 1, UNKNOWN]
