import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.annual import away, kept_by_keys, majority, smallest_keys

PROPERTY = settings(max_examples=50, deadline=None, derandomize=True)


def test_a_pixel_takes_the_most_frequent_class_around_it():
    classes = np.array([[6, 6, 6, 0], [6, 10, 6, 0], [6, 6, 10, 10]], np.uint8)
    assert majority(classes, 1).tolist() == [[6, 6, 6, 6], [6, 6, 6, 0], [6, 6, 10, 10]]
    # (1, 3) sees 6, 6, 10, 10: two of each; (2, 2) sees 10, 6, 6, 10, 10; nodata counts for nothing, and is filled
    assert majority(classes, 0).tolist() == classes.tolist()
    assert majority(np.zeros((2, 3), np.uint8), 1).tolist() == [[0, 0, 0], [0, 0, 0]]


@PROPERTY
@given(st.lists(st.lists(st.sampled_from([0, 5, 6, 23]), min_size=5, max_size=5), min_size=1, max_size=5), st.integers(0, 2))
def test_majority_by_counting(rows, radius):
    classes = np.array(rows, np.uint8)
    found = majority(classes, radius)
    for (row, col), label in np.ndenumerate(found):
        around = classes[max(0, row - radius) : row + radius + 1, max(0, col - radius) : col + radius + 1]
        codes, counts = np.unique(around[around > 0], return_counts=True)
        best = codes[counts == counts.max()] if len(codes) else []
        assert label == (best[0] if len(best) == 1 else 0)


def test_distance_is_from_centre_to_centre_in_the_unit_of_the_pixel():
    mask = np.zeros((1, 6), bool)
    mask[0, 0] = True
    assert away(mask, 0, (10, 10)).tolist() == [[False, True, True, True, True, True]]
    assert away(mask, 20, (10, 10)).tolist() == [[False, False, False, True, True, True]]
    assert away(mask, 20, (10, 30)).tolist() == [[False, True, True, True, True, True]]
    assert away(~mask & mask, 20, (10, 10)).all()


def test_the_smallest_keys_of_each_region_and_class():
    frame = pd.DataFrame({"region": [1, 1, 1, 2, 1], "code": [6, 6, 6, 6, 10], "key": [0.5, 0.1, 0.3, 0.9, 0.8]})
    assert smallest_keys(frame, "key", 2).tolist() == [False, True, True, True, True]
    assert smallest_keys(frame, "key", 9).all()
    assert kept_by_keys(frame, ["key"], 1).key.tolist() == [0.1, 0.9, 0.8]


@PROPERTY
@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 1000), st.integers(1, 6))
def test_a_draw_by_keys_may_be_made_part_by_part(count, number, seed, parts):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"region": random.integers(1, 3, count), "code": random.integers(5, 7, count), "id": np.arange(count)})
    frame["key_0"], frame["key_1"] = random.random(count), random.random(count)
    pieces = [kept_by_keys(frame.iloc[rows], ["key_0", "key_1"], number) for rows in np.array_split(np.arange(count), parts)]
    together = pd.concat(pieces, ignore_index=True)
    for key in ("key_0", "key_1"):
        whole = frame.id[smallest_keys(frame, key, number)].tolist()
        assert together.id[smallest_keys(together, key, number)].tolist() == whole
