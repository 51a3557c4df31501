"""Large pages hold the same numbers."""

from __future__ import annotations

import gc
import mmap
import os
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from iota_py.config.engine import Engine
from iota_py.pages import PAGE, SHARED, in_large_pages, shared_pages
from iota_py.pipeline.engine.opening import open_engine


@pytest.mark.parametrize("rows", [7, 300_000])
def test_copies_are_equal(rows):
    rng = np.random.default_rng(1)
    arrays = [
        rng.integers(0, 99, (rows, 3)).astype(np.uint16), np.arange(5, dtype=np.float64), np.empty((0, 4), np.uint8),
        np.asfortranarray(rng.normal(size=(4, 6))),
    ]  # fmt: skip
    copies = in_large_pages(*arrays)
    gc.collect()
    for array, copy in zip(arrays, copies, strict=True):
        assert (copy.dtype, copy.shape, copy.flags.c_contiguous) == (array.dtype, array.shape, True)
        np.testing.assert_array_equal(copy, array)
        assert rows == 7 or copy.ctypes.data % 64 == 0


def test_arrays_begin_on_a_large_page():
    (first, _) = in_large_pages(np.zeros(PAGE, np.uint8), np.ones(3))
    assert first.ctypes.data % PAGE == 0


def test_a_system_without_large_pages_is_no_obstacle(monkeypatch):
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    values = np.arange(PAGE)
    (copy,) = in_large_pages(values)
    np.testing.assert_array_equal(copy, values)


@pytest.fixture
def arrays() -> list[np.ndarray]:
    return [np.arange(PAGE, dtype=np.uint32), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.empty((0, 4), np.uint8)]


def test_copies_in_one_file_are_equal_and_apart(arrays):
    with shared_pages():
        first, second = in_large_pages(*arrays), in_large_pages(*arrays)
        (file,) = Path(os.environ[SHARED]).iterdir()
        assert Path("/proc/self/maps").read_text().count(file.name) == 2
        first[0][:] = 7  # reaches neither the file nor who else looks into it
        for array, copy, again in zip(arrays, second, in_large_pages(*arrays), strict=True):
            np.testing.assert_array_equal(copy, array)
            np.testing.assert_array_equal(again, array)
            assert (copy.dtype, copy.flags.c_contiguous, copy.flags.writeable) == (array.dtype, True, True)
    assert not file.parent.exists()
    np.testing.assert_array_equal(second[0], arrays[0])  # they outlive the file


def _map(arrays: list[np.ndarray], pipe) -> None:
    copy = in_large_pages(*arrays)[0]
    pipe.send([line.split()[4] for line in Path("/proc/self/maps").read_text().splitlines() if "iota-py-pages-" in line])
    pipe.recv()
    assert copy[-1] == PAGE - 1


def test_processes_that_come_at_the_same_time_look_into_the_same_file(arrays):
    context, pipes, processes = get_context("fork"), [], []
    with shared_pages():
        for _ in range(4):
            ours, theirs = context.Pipe()
            processes.append(context.Process(target=_map, args=(arrays, theirs)))
            processes[-1].start()
            pipes.append(ours)
        places = [pipe.recv() for pipe in pipes]
        assert [len(one) for one in places] == [1, 1, 1, 1]
        assert len({one[0] for one in places}) == 1  # number of the file on the disk
        assert len(list(Path(os.environ[SHARED]).iterdir())) == 1
        for pipe, process in zip(pipes, processes):
            pipe.send("end")
            process.join(20)
            assert process.exitcode == 0


def test_where_nothing_can_be_written_each_has_its_own(arrays, monkeypatch, tmp_path):
    monkeypatch.setenv(SHARED, str(tmp_path / "gone"))
    np.testing.assert_array_equal(in_large_pages(*arrays)[0], arrays[0])


@pytest.mark.parametrize(("workers", "shared"), [(1, False), (2, True)])
def test_workers_share_when_there_are_several(workers, shared, tmp_path):
    with open_engine(Engine(workers=workers), tmp_path):
        assert (SHARED in os.environ) == shared
    assert SHARED not in os.environ
