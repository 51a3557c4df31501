"""The table of faults, row by row: exit code, error code, file and field in the message, no trace, and no output without its marker."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from iota_py.errors import TaskError
from iota_py.pipeline.engine.limit import limited
from tests.faults.page import PAGE, written
from tests.faults.row import ROWS, Place, Row, assert_no_unmarked_output, hold

CASES = [
    pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in sorted(ROWS.values(), key=lambda r: r.number)
]


@pytest.mark.parametrize("row", CASES)
def test_fault_row(row: Row, place: Place) -> None:
    hold(row, place)


def test_every_row_is_there() -> None:
    assert sorted(ROWS) == list(range(1, 79))


def test_the_page_is_that_of_the_rows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "docs/faults.md is out of date: python -m tests.faults.page"


def test_what_is_unmarked_is_found(place: Place) -> None:
    """The helper itself: a stranger, a changed byte and a temporary file."""
    assert place.train().returncode == 0
    assert_no_unmarked_output(place.root)
    for name, content in (("models/stranger.txt", b"x"), ("samples/split.csv", b"polygon\n"), ("samples/.split.host.1.part.csv", b"")):
        path = place.root / name
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(content)
        with pytest.raises(AssertionError, match=r"marker|temporary"):
            assert_no_unmarked_output(place.root)
        path.unlink() if before is None else Path(path).write_bytes(before)
    assert_no_unmarked_output(place.root)


def test_a_task_is_interrupted_in_any_thread() -> None:
    """The limit of row 68 on a worker of Dask, whose tasks are not in the main thread."""
    found: list[object] = []

    def work() -> None:
        try:
            with limited("predict/a", 0.2):
                while True:
                    time.sleep(0.01)
        except TaskError as error:
            found.append(error.faults[0].code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert found == ["E-RUN-016"]
