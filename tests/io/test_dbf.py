"""dBASE tables of numbers: bytes by the description of the format, and what GDAL reads of them."""

from __future__ import annotations

import struct
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from iota_py.io import dbf
from iota_py.io.dbf import field_names, table_size, write_dbf

TABLE = pd.DataFrame({"Classe": [5, 23], "Validmean": pd.array([7, None], dtype="Int32"), "Aire": [0.1, 1234567.25]})
WIDTHS = {"Classe": (3, 0), "Validmean": (3, 0), "Aire": (10, 2)}


def test_the_bytes_of_a_table(tmp_path: Path) -> None:
    write_dbf(tmp_path / "a.dbf", TABLE, WIDTHS)
    content = (tmp_path / "a.dbf").read_bytes()
    assert struct.unpack("<4B I 2H", content[:12]) == (3, 100, 1, 1, 2, 32 + 3 * 32 + 1, 1 + 3 + 3 + 10)
    first = content[32:64]
    assert (first[:11], first[11:12], first[16], first[17]) == (b"Classe\0\0\0\0\0", b"N", 3, 0)
    assert (content[64 + 32 : 64 + 36], content[64 + 32 + 16], content[64 + 32 + 17]) == (b"Aire", 10, 2)
    assert content[128:] == b"\r" + b"   5  7      0.10" + b"  23   1234567.25" + b"\x1a"
    assert len(content) == table_size(2, WIDTHS)


def test_gdal_reads_widths_and_blanks(tmp_path: Path) -> None:
    write_dbf(tmp_path / "a.dbf", TABLE, WIDTHS)
    found = pyogrio.read_dataframe(tmp_path / "a.dbf")
    assert found.Classe.tolist() == [5, 23]
    assert found.Validmean.isna().tolist() == [False, True]
    assert found.Aire.tolist() == [0.1, 1234567.25]
    assert pyogrio.read_info(tmp_path / "a.dbf")["dtypes"].tolist() == ["int32", "int32", "float64"]


def test_pieces_of_a_table_are_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dbf(tmp_path / "a.dbf", TABLE, WIDTHS)
    monkeypatch.setattr(dbf, "_CHUNK", 1)
    write_dbf(tmp_path / "b.dbf", TABLE, WIDTHS)
    assert (tmp_path / "a.dbf").read_bytes() == (tmp_path / "b.dbf").read_bytes()


def test_a_number_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Classe: a number does not fit in 3 characters, 0 of them decimals"):
        write_dbf(tmp_path / "a.dbf", pd.DataFrame({"Classe": [1000]}), {"Classe": (3, 0)})


def test_names_have_ten_letters_and_are_apart() -> None:
    columns = ["Prairie", "céréales", "ProteagineuxA", "ProteagineuxB", "proteagineuxc", "水", "ProteagineuxD"]
    names = field_names(columns)
    assert list(names.values()) == ["Prairie", "cereales", "Proteagine", "Proteagi_1", "proteagi_2", "field", "Proteagi_3"]
    many = field_names([f"ProteagineuxNumber{k}" for k in range(120)])
    assert len({name.upper() for name in many.values()}) == 120
    assert max(len(name) for name in many.values()) == 10
