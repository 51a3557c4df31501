"""The file of columns to keep."""

from __future__ import annotations

import pytest

from iota_py.errors import InputError
from iota_py.pipeline.models.kept import read_kept

NAMES = ("a_1", "a_2", "b_1", "b_2")


def test_columns_come_in_the_order_of_the_run(tmp_path):
    path = tmp_path / "columns.txt"
    path.write_text("# two of four\nb_1\n\n  a_2\nb_1\n", encoding="utf-8")
    assert read_kept(path, NAMES) == ("a_2", "b_1")
    assert read_kept(None, NAMES) is None


def test_faults_are_one_line_each(tmp_path):
    path = tmp_path / "columns.txt"
    with pytest.raises(
        InputError, match=r"^E-RED-003 .*columns\.txt: keep_columns: cannot be read: No such file or directory\. Fix: a run with"
    ):
        read_kept(path, NAMES)
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^E-RED-003 .*: keep_columns: names no column\. Fix: write one name a line$"):
        read_kept(path, NAMES)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"E-RED-003 .*not a text"):
        read_kept(path, NAMES)
    path.write_text("a_1\n" + "\n".join(f"x_{k}" for k in range(7)), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"^E-RED-004 .*: 7 of 8 columns are not among the 4 of this run: x_0, x_1, x_2, x_3, x_4 and 2 more\. Fix: use"
    ):
        read_kept(path, NAMES)
