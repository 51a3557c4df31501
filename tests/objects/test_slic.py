"""Segments of a cell: of about the size asked for, in one piece, along edges of the image, and only where pixels are usable."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from iota_py.objects.slic import contrast, scaled, slic_segments, spread_places


def halves(rows: int = 40, cols: int = 60) -> np.ndarray:
    image = np.zeros((rows, cols, 2), np.float32)
    image[:, cols // 2 + 3 :] = 0.5
    return image


def pieces(segments: np.ndarray, number: int) -> int:
    return int(ndimage.label(segments == number)[1])


def test_segments_follow_the_edge_and_have_the_size() -> None:
    image = halves()
    found = slic_segments(image, np.ones(image.shape[:2], bool), 100, 0.05)
    assert found.dtype == np.int32
    assert 15 <= found.max() <= 36
    for number in range(1, int(found.max()) + 1):
        assert np.ptp(image[found == number], axis=0).max() == 0, "a segment lies on both sides of the edge"
        assert pieces(found, number) == 1


def test_numbers_go_in_row_major_order_without_a_gap() -> None:
    found = slic_segments(halves(), np.ones((40, 60), bool), 50, 0.1)
    first = [int(np.flatnonzero(found.ravel() == number)[0]) for number in range(1, int(found.max()) + 1)]
    assert first == sorted(first)


def test_what_is_not_usable_is_in_no_segment_and_may_cut_one() -> None:
    usable = np.ones((40, 60), bool)
    usable[:, 20:22] = False
    usable[5:9, :] = False
    found = slic_segments(halves(), usable, 100, 0.1)
    assert ((found > 0) == usable).all()
    assert all(pieces(found, number) == 1 for number in range(1, int(found.max()) + 1))


def test_a_cell_where_nothing_is_usable() -> None:
    assert not slic_segments(halves(), np.zeros((40, 60), bool), 100, 0.1).any()


def test_slivers_at_the_edge_of_a_tile() -> None:
    for shape in ((1, 1), (1, 60), (60, 1), (2, 3)):
        found = slic_segments(np.zeros((*shape, 3), np.float32), np.ones(shape, bool), 100, 0.1)
        assert found.min() >= 1


def test_a_cell_weighs_its_features_as_another_with_more_contrast() -> None:
    """The library stretches each image to 0–1: faint noise in a plain cell must not be followed like the edges of a field."""
    rng = np.random.default_rng(5)
    faint = (0.4 + 0.001 * rng.random((60, 60, 1))).astype(np.float32)
    beside = np.concatenate([faint, np.ones((60, 60, 1), np.float32), np.zeros((60, 60, 1), np.float32)], axis=1)
    alone = slic_segments(faint, np.ones((60, 60), bool), 100, 0.1)
    with_more = slic_segments(beside, np.ones((60, 180), bool), 100, 0.1)[:, :60]
    sides = [np.mean([16 * (s == n).sum() / outline(s == n) ** 2 for n in np.unique(s)]) for s in (alone, with_more)]
    assert min(sides) > 0.85, f"ragged segments in a plain cell: {sides}"


def outline(mask: np.ndarray) -> int:
    padded = np.pad(mask, 1)
    return int(sum((padded != np.roll(padded, 1, axis)).sum() for axis in (0, 1)))


def test_contrast_is_robust_and_its_range_never_empty() -> None:
    samples = np.column_stack([np.arange(1000), np.full(1000, 7), np.full(1000, 32767)]).astype(np.int16)
    samples[0, 0], samples[1, 0] = -32768, 32767
    low, high = contrast(samples)
    assert (low.tolist(), high.tolist()) == ([21, 7, 32767], [980, 8, 32767])
    image = scaled(np.array([[21, 7, 32767], [980, 7, 32767], [30_000, 9, 32767]], np.int16), low, high)
    np.testing.assert_allclose(image * np.sqrt(3), [[0, 0, 0], [1, 0, 0], [1, 1, 0]], atol=1e-6)


def test_contrast_of_nothing_tells_nothing_apart() -> None:
    low, high = contrast(np.zeros((0, 2), np.int16))
    assert (low.tolist(), high.tolist()) == ([0, 0], [1, 1])


def test_places_are_spread() -> None:
    assert list(spread_places(3, 25)) == [0, 1, 2]
    assert list(spread_places(10, 2)) == [2, 7]
    assert list(spread_places(0, 25)) == []
