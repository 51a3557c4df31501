"""The table of faults, row by row: exit code, error code, file and field in the message, no trace, and no output without its marker."""

from __future__ import annotations

import pytest

from tests.faults import rows_configuration, rows_files, rows_learning, rows_products, rows_reference  # noqa: F401 - they fill the table
from tests.faults.row import ROWS, Place, Row, hold

CASES = [
    pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in sorted(ROWS.values(), key=lambda r: r.number)
]


@pytest.mark.parametrize("row", CASES)
def test_fault_row(row: Row, place: Place) -> None:
    hold(row, place)
