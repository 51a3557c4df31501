import numpy as np

from iota_py.bench.row import Identity, Measure, row_values
from iota_py.bench.timing import Rates

KEYS = {
    "name", "against", "ratio", "spread", "target", "met", "identical", "compared", "wrong", "difference", "pixels_compared", "ours", "reference",
    "unit", "rounds", "clock", "ratio_cpu", "note",
}  # fmt: skip


def rates():
    ours, reference = np.array([10.0, 30.0, 8.0]), np.array([2.0, 10.0, 1.0])
    return Rates({"wall": ours, "cpu": ours / 2}, {"wall": reference, "cpu": reference})


def test_a_row_by_hand():
    identity = Identity(True, "labels", difference=0.25, pixels=7)
    row = row_values("forest", "a library", 5, Measure(rates(), identity, note="few"))
    assert set(row) == KEYS
    assert row["ratio"] == 5.0  # the median of 5, 3, 8; not 10 / 2, the ratio of the medians, by design the same here
    assert row["spread"] == [4.0, 6.5]
    assert row["met"]
    assert row["ours"] == {"median": 10.0, "min": 8.0, "max": 30.0}
    assert row["reference"] == {"median": 2.0, "min": 1.0, "max": 10.0}
    assert row["ratio_cpu"] == 2.5
    assert (row["rounds"], row["unit"], row["identical"], row["difference"], row["pixels_compared"]) == (3, "Mpx/s", True, 0.25, 7)


def test_the_median_is_of_the_ratios_and_not_the_ratio_of_medians():
    several = Rates({"wall": np.array([1.0, 10.0, 4.0]), "cpu": np.ones(3)}, {"wall": np.array([1.0, 2.0, 4.0]), "cpu": np.ones(3)})
    row = row_values("x", "y", 1.5, Measure(several, Identity(True, "")))
    assert row["ratio"] == 1.0  # of 1, 5, 1; the medians 4 and 2 would give 2
    assert not row["met"]


def test_clock_and_cores():
    row = row_values("x", "y", 2.5, Measure(rates(), Identity(False, ""), clock="cpu", cpu_factor=2))
    assert row["ratio"] == 2.5
    assert row["ratio_cpu"] == 5.0
    assert row["met"]
    assert not row["identical"]


def test_the_worst_of_several_parts():
    parts = [Identity(True, "labels", 0, 0.5, 10), Identity(False, "labels", 2, 0.1, 20), Identity(True, "labels", 0, 0.2, 30)]
    assert Identity.worst(iter(parts)) == Identity(False, "labels", 2, 0.5, 60)
