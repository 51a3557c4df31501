"""Pixels drawn for a picture of the land: the same places for the same seed and tile, each window once."""

from __future__ import annotations

import numpy as np

from iota_py.grid.windows import Window
from iota_py.samples.places import SIDE, drawn_positions, scattered_windows


def test_windows_cover_the_tile_once_in_an_order_of_its_own() -> None:
    windows = scattered_windows((200, 130), 0, "A")
    seen = np.zeros((200, 130), int)
    for window in windows:
        seen[window.slices] += 1
    assert (seen == 1).all()
    assert windows == scattered_windows((200, 130), 0, "A")
    assert windows != scattered_windows((200, 130), 0, "B")
    assert windows != scattered_windows((200, 130), 1, "A")
    assert max(window.height for window in windows) == SIDE


def test_positions_are_usable_bounded_and_of_their_window() -> None:
    usable = np.zeros(400, bool)
    usable[::2] = True
    found = drawn_positions(usable, 50, 0, "A", Window(0, 0, 20, 20))
    assert len(found) == len(set(found.tolist())) == 50
    assert usable[found].all()
    assert (np.diff(found) > 0).all()
    assert found.tolist() == drawn_positions(usable, 50, 0, "A", Window(0, 0, 20, 20)).tolist()
    assert found.tolist() != drawn_positions(usable, 50, 0, "A", Window(64, 0, 20, 20)).tolist()
    assert drawn_positions(usable, 200, 0, "A", Window(0, 0, 20, 20)).tolist() == np.flatnonzero(usable).tolist()
    assert drawn_positions(np.zeros(9, bool), 5, 0, "A", Window(0, 0, 3, 3)).size == 0
