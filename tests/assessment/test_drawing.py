"""Random pixels of strata: exactly as many, each once, every pixel with the same chance."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.assessment.drawing import CellCounts, draw, find, population, shuffled


def cells_of(values: np.ndarray, side: int) -> list[np.ndarray]:
    return [values[r : r + side, c : c + side] for r in range(0, values.shape[0], side) for c in range(0, values.shape[1], side)]


def drawn(values: np.ndarray, strata: dict[int, int], points: list[int], seed: int = 0) -> list[tuple[int, int, int, int]]:
    """(cell, row, col, stratum) of every point drawn of cells of 4 × 4."""
    cells = cells_of(values, 4)
    counts = [CellCounts.of(cell) for cell in cells]
    wanted = draw(counts, strata, points, [f"s{k}" for k in range(len(points))], seed)
    found = []
    for position, parts in wanted.items():
        found += [(position, *map(int, place)) for place in zip(*find(cells[position], strata, parts))]
    return found


def test_counts_leave_out_what_is_outside() -> None:
    counts = CellCounts.of(np.array([[0, 3, 3], [700, 0, 3]]))
    assert (counts.values.tolist(), counts.pixels.tolist()) == ([3, 700], [3, 1])
    assert population([counts, CellCounts.of(np.array([[3, 0]]))]) == {3: 4, 700: 1}
    assert population([CellCounts.of(np.zeros((2, 2), int))]) == {}


def test_points_are_in_their_stratum_each_once_and_as_many_as_asked() -> None:
    values = np.random.default_rng(0).choice([0, 1, 2, 9], (11, 10), p=[0.2, 0.5, 0.2, 0.1])
    strata, cells = {1: 0, 9: 1, 2: 1}, cells_of(values, 4)
    found = drawn(values, strata, [15, 8])
    assert len(set(found)) == len(found) == 23
    assert [sum(1 for one in found if one[3] == k) for k in (0, 1)] == [15, 8]
    assert all(strata[cells[cell][row, col]] == stratum for cell, row, col, stratum in found)


def test_all_pixels_of_a_stratum_can_be_drawn() -> None:
    values = np.array([[1, 2, 1, 2, 1, 2]] * 5)
    assert len(drawn(values, {1: 0}, [15])) == 15
    with pytest.raises(ValueError, match="stratum s0: 16 points, but 15 pixels"):
        drawn(values, {1: 0}, [16])


def test_a_seed_gives_one_draw_and_another_seed_another() -> None:
    values = np.random.default_rng(1).choice([1, 2], (20, 20))
    assert drawn(values, {1: 0, 2: 1}, [10, 10], 5) == drawn(values, {1: 0, 2: 1}, [10, 10], 5)
    assert drawn(values, {1: 0, 2: 1}, [10, 10], 5) != drawn(values, {1: 0, 2: 1}, [10, 10], 6)


def test_the_draw_of_a_stratum_does_not_depend_on_the_others() -> None:
    values = np.random.default_rng(1).choice([1, 2], (20, 20))
    alone = drawn(values, {2: 0}, [10])
    cells = [CellCounts.of(cell) for cell in cells_of(values, 4)]
    both = draw(cells, {1: 0, 2: 1}, [10, 10], ["other", "s0"], 0)
    again = [(p, *map(int, place)) for p, parts in both.items() for place in zip(*find(cells_of(values, 4)[p], {1: 0, 2: 1}, parts))]
    assert {one[:3] for one in again if one[3] == 1} == {one[:3] for one in alone}


def test_every_pixel_has_the_same_chance() -> None:
    """6000 draws of 3 of the 12 pixels of a stratum: each comes 1500 times, standard deviation 34; all within 4 of these."""
    values = np.zeros((6, 6), int)
    values[1:5, 2:5] = 1
    hits: dict[tuple[int, int, int], int] = {}
    for seed in range(6000):
        for cell, row, col, _ in drawn(values, {1: 0}, [3], seed):
            hits[cell, row, col] = hits.get((cell, row, col), 0) + 1
    assert len(hits) == 12
    assert all(abs(count - 1500) < 4 * 33.6 for count in hits.values())


def test_names_of_points_are_a_permutation() -> None:
    assert sorted(shuffled(50, 3).tolist()) == list(range(1, 51))
    assert shuffled(50, 3).tolist() != sorted(shuffled(50, 3).tolist())
