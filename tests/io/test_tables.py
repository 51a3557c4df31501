import pandas as pd
import pytest

from iota_py.errors import InputError
from iota_py.io.tables import read_table, read_table_parts, read_texts, write_csv, write_table, write_table_parts


def frame() -> pd.DataFrame:
    values = {"code": [5, 6], "name": ["blé", "maïs"], "x": [0.1, float("nan")]}
    return pd.DataFrame(values, index=[7, 3]).astype({"code": "int16"})


def test_parquet_keeps_types_and_not_the_index(tmp_path):
    write_table(tmp_path / "a.parquet", frame())
    found = read_table(tmp_path / "a.parquet")
    assert found.dtypes.astype(str).tolist()[0] == "int16"
    pd.testing.assert_frame_equal(found, frame().reset_index(drop=True), check_dtype=False)
    assert read_table(tmp_path / "a.parquet", ["code"]).columns.tolist() == ["code"]


def test_equal_rows_give_equal_bytes(tmp_path):
    write_table(tmp_path / "a.parquet", frame())
    write_table(tmp_path / "b.parquet", frame().set_axis([1, 2]))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    write_csv(tmp_path / "a.csv", frame())
    assert (tmp_path / "a.csv").read_text() == "code,name,x\n5,blé,0.1\n6,maïs,\n"


def test_csv(tmp_path):
    write_csv(tmp_path / "a.csv", frame(), index=True)
    assert read_table(tmp_path / "a.csv", ["code", "name"]).to_numpy().tolist() == [[5, "blé"], [6, "maïs"]]


@pytest.mark.parametrize(
    ("name", "content"), [("a.parquet", b"PAR1 not"), ("a.parquet", b""), ("a.csv", b""), ("a.csv", b"a,b\n1,2,3,4\n5\n")]
)
def test_tables_that_cannot_be_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"E-TAB-001 .*{name}: cannot be read as a table") as caught:
        read_table(tmp_path / name, ["a", "b", "c"])
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError, match="E-TAB-001"):
        read_table(tmp_path / f"missing-{name}")


def test_a_cut_parquet(tmp_path):
    write_table(tmp_path / "a.parquet", frame())
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="E-TAB-001"):
        read_table(tmp_path / "a.parquet")


def test_a_table_in_parts(tmp_path):
    path = tmp_path / "a.parquet"
    parts = [frame(), frame().iloc[:0], frame().iloc[1:]]
    write_table_parts(path, iter(parts))
    assert [len(part) for part in read_table_parts(path)] == [2, 0, 1]
    pd.testing.assert_frame_equal(read_table(path), pd.concat(parts, ignore_index=True), check_dtype=False)
    assert [part.columns.tolist() for part in read_table_parts(path, ["x"])] == [["x"]] * 3
    write_table_parts(path, [frame().iloc[:0]])
    assert read_table(path).columns.tolist() == ["code", "name", "x"]
    with pytest.raises(ValueError, match="no part to write"):
        write_table_parts(tmp_path / "b.parquet", [])
    assert not (tmp_path / "b.parquet").exists()


def test_parts_of_a_cut_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    write_table_parts(path, [frame(), frame()])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="E-TAB-001"):
        list(read_table_parts(path))


def test_texts_stay_as_they_stand(tmp_path):
    (tmp_path / "a.csv").write_text("\ufefffrom; to\n01;Blé\nNA;\n", encoding="utf-8")
    found = read_texts(tmp_path / "a.csv")
    assert found.to_dict("list") == {"from": ["01", "NA"], "to": ["Blé", ""]}
    (tmp_path / "b.csv").write_text('from,to\n"a;b", 5\n')
    assert read_texts(tmp_path / "b.csv").to_dict("list") == {"from": ["a;b"], "to": ["5"]}


@pytest.mark.parametrize("content", [None, b"", b"from,to\n\xff\xfe,5\n", b"from,to\na,b,c,d\ne,f\n"])
def test_what_is_no_table_of_texts(tmp_path, content):
    if content is not None:
        (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"E-TAB-001 .*a\.csv: cannot be read as a table"):
        read_texts(tmp_path / "a.csv")
