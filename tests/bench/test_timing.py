import subprocess
import sys
import time

import numpy as np
import pytest

from iota_py.bench import timing
from iota_py.bench.timing import Rates, Side, cpu_seconds, interleave, quartiles, summary


def test_ratios_are_taken_round_by_round():
    rates = Rates({"wall": np.array([4.0, 9.0, 2.0])}, {"wall": np.array([2.0, 3.0, 4.0])})
    assert rates.ratios("wall").tolist() == [2.0, 3.0, 0.5]


def test_summaries_by_hand():
    assert summary([3.0, 1.0, 2.0, 10.0]) == {"median": 2.5, "min": 1.0, "max": 10.0}
    assert quartiles([1.0, 2.0, 3.0, 4.0, 5.0]) == [2.0, 4.0]


def test_sides_take_turns_after_a_call_that_is_not_counted(monkeypatch):
    calls = []
    clock = iter([0.0, 10.0, 10.0, 14.0, 20.0, 25.0, 30.0, 31.0])  # ours 10 s, reference 4 s; ours 5 s, reference 1 s
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    cpu = iter([0.0, 2.0, 2.0, 6.0, 6.0, 7.0, 7.0, 8.0])
    monkeypatch.setattr(timing, "cpu_seconds", lambda: next(cpu))
    rates = interleave(Side(lambda: calls.append("A"), 5.0, repeats=2), Side(lambda: calls.append("B"), 2.0), 2)
    assert "".join(calls) == "A" + "B" + "AAB" * 2
    assert rates.ours["wall"].tolist() == [1.0, 2.0]  # 2 × 5 Mpx in 10 s, then in 5 s
    assert rates.reference["wall"].tolist() == [0.5, 2.0]
    assert rates.ours["cpu"].tolist() == [5.0, 10.0]
    assert rates.ratios("wall").tolist() == [2.0, 1.0]


def test_processor_seconds_count_children():
    before = cpu_seconds()
    busy = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\nprint('done', flush=True)\nimport sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        alive = cpu_seconds() - before
        child.communicate()
    dead = cpu_seconds() - before
    assert alive >= 0.28
    assert dead == pytest.approx(alive, abs=0.15)


def test_waiting_is_not_processor_time():
    before = cpu_seconds()
    time.sleep(0.2)
    assert cpu_seconds() - before < 0.15
