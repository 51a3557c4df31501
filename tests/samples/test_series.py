import datetime as dt

import numpy as np
import pandas as pd
import pytest

from iota_py.errors import InputError
from iota_py.samples.series import SeriesColumns, aligned_groups, check_columns, common_days, long_form

COLUMNS = SeriesColumns("id", "date", "label", {"red": "B4", "nir": "B8"})
START = dt.date(2023, 1, 1)


def table(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "date", "label", "B4", "B8"])


TWO = table(
    ("b", "2022-01-11", "wheat", 30, 40.4),
    ("b", "2022-01-01", "wheat", 10, 20.5),
    ("a", "2020-01-01", "maize", 1, 2),
    ("a", "2020-01-11", "maize", np.nan, 4),
)


def groups(frame, start: dt.date = START, bands=("red", "nir"), scale: float = 1.0):
    return list(aligned_groups(frame, COLUMNS, bands, start, scale))


def days(*dates: str) -> list[int]:
    return [(dt.date.fromisoformat(d) - dt.date(1970, 1, 1)).days for d in dates]


def test_series_are_moved_by_whole_years_to_the_start():
    (first,) = groups(TWO.assign(B4=TWO.B4.fillna(0)))
    # 2022 moves by 365.25 days: 365; 2020 by 1095.75: 1096; both begin on 2023-01-01
    assert first.days.tolist() == days("2023-01-01", "2023-01-11")
    assert first.days.dtype == np.int32
    assert first.series.tolist() == ["a", "b"]


def test_values_by_hand():
    (found,) = groups(TWO)
    assert found.values.dtype == np.int16
    assert found.values.shape == (2, 2, 2)  # date, band, series
    assert found.values[0].tolist() == [[1, 10], [2, 20]]  # 20.5 goes to the even 20
    assert found.values[1].tolist() == [[0, 30], [4, 40]]
    assert found.valid.tolist() == [[True, True], [False, True]]
    assert found.values.flags.c_contiguous


def test_bands_come_in_the_order_of_the_input_and_scaled():
    (found,) = groups(TWO, bands=("nir",), scale=10)
    assert found.values[:, 0, 1].tolist() == [205, 404]
    (found,) = groups(TWO, bands=("nir", "red"), scale=10000)
    assert found.values[0].tolist() == [[20000, 32767], [10000, 32767]]  # cut to 16 bits


@pytest.mark.parametrize(
    ("first", "start", "moved"),
    [
        ("2023-01-01", "2023-01-01", "2023-01-01"),
        ("2022-09-14", "2023-01-01", "2022-09-14"),  # 109 days before: nearer than next September
        ("2022-06-01", "2023-01-01", "2023-06-01"),  # 214 days before, 151 after
        ("2000-03-01", "2019-03-01", "2019-03-02"),  # 19 × 365.25 = 6939.75 is 6940 days
        ("2025-01-10", "2023-01-01", "2023-01-11"),  # 2 × 365.25 = 730.5 is 730 days, the two years have 731
    ],
)
def test_the_nearest_year(first, start, moved):
    (found,) = groups(table(("a", first, "x", 1, 1)), dt.date.fromisoformat(start))
    assert found.days.tolist() == days(moved)


def test_series_with_other_days_are_other_groups():
    more = table(
        ("c", "2023-01-01", "x", 5, 6), ("d", "2023-01-03", "x", 7, 8), ("e", "2023-01-01", "x", 9, 9), ("e", "2023-01-02", "x", 9, 9)
    )
    found = groups(pd.concat([TWO, more]))
    assert [(g.days.tolist(), g.series.tolist()) for g in found] == [
        (days("2023-01-01"), ["c"]),
        (days("2023-01-01", "2023-01-02"), ["e"]),
        (days("2023-01-01", "2023-01-11"), ["a", "b"]),
        (days("2023-01-03"), ["d"]),
    ]


def test_the_order_of_the_rows_has_no_part():
    (first,), (second,) = groups(TWO), groups(TWO.iloc[[2, 0, 3, 1]].reset_index(drop=True))
    assert np.array_equal(first.values, second.values)
    assert np.array_equal(first.valid, second.valid)


def test_series_may_be_named_by_numbers():
    (found,) = groups(TWO.assign(id=TWO.id.map({"a": 10, "b": 9})))
    assert found.series.tolist() == [9, 10]
    assert found.values[0, 0].tolist() == [10, 1]


def test_columns_that_are_missing():
    check_columns(TWO, COLUMNS, "t.csv")
    with pytest.raises(InputError, match=r"E-SAM-009 t\.csv: samples\.table: no column date, B8 \(columns: id, label, B4\)"):
        check_columns(TWO[["id", "label", "B4"]], COLUMNS, "t.csv")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"date": ["2022-01-11", "soon", "2020-01-01", None]}, "E-SAM-012 t.csv: date: expected dates, found `soon` in 2 rows"),
        ({"date": [20220111, 20220101, 20200101, 20200111]}, "E-SAM-012 t.csv: date: expected dates, found `20220111` in 4 rows"),
        ({"B4": ["1", "x", "y", "4"]}, "E-SAM-012 t.csv: B4: expected numbers, found `x` in 2 rows"),
        ({"id": ["a", None, "b", "b"]}, "E-SAM-012 t.csv: id: expected names of series, found"),
    ],
)
def test_columns_that_hold_something_else(changes, line):
    with pytest.raises(InputError) as caught:
        check_columns(TWO.assign(**changes), COLUMNS, "t.csv")
    (found,) = str(caught.value).splitlines()
    assert line in found


def test_dates_of_any_type():
    for dates in (pd.to_datetime(TWO.date), pd.to_datetime(TWO.date).dt.date, TWO.date + "T10:58:51"):
        frame = TWO.assign(date=dates)
        check_columns(frame, COLUMNS, "t.csv")
        (found,) = groups(frame)
        assert found.days.tolist() == days("2023-01-01", "2023-01-11")


WIDE = pd.DataFrame({"id": ["b", "a"], "label": ["wheat", "maize"], "n_001": [10, 1], "n_033": [30, np.nan], "m_001": [5, 6]})
PATTERNS = SeriesColumns("id", "date", "label", {"red": "n_{doy}", "nir": "m_{doy}"})


def test_wide_series_become_long_ones():
    long = long_form(WIDE, PATTERNS, 2023, "t.csv")
    assert long.date.dt.date.astype(str).tolist() == ["2023-01-01"] * 2 + ["2023-02-02"] * 2
    assert long["n_{doy}"].tolist()[:3] == [10, 1, 30]
    (found,) = aligned_groups(long, PATTERNS, ("red", "nir"), START, 1.0)
    assert found.series.tolist() == ["a", "b"]
    assert found.values[0].tolist() == [[1, 10], [6, 5]]
    assert found.valid.tolist() == [[True, True], [False, False]]  # a has no red on the second date, and no one has near infrared


@pytest.mark.parametrize(
    ("pattern", "columns", "found"),
    [
        ("ndvi_{date}", ["ndvi_2020-02-29", "ndvi_20200301", "other"], ["2020-02-29", "2020-03-01"]),
        ("ndvi_doy{doy}", ["ndvi_doy1", "ndvi_doy353"], ["2023-01-01", "2023-12-19"]),
        ("m{month}_nd", ["m01_nd", "m12_nd"], ["2023-01-15", "2023-12-15"]),
    ],
)
def test_dates_in_the_names_of_columns(pattern, columns, found):
    frame = pd.DataFrame({"id": [1], "label": ["x"], **{name: [1.0] for name in columns}})
    long = long_form(frame, SeriesColumns("id", "date", "label", {"nd": pattern}), 2023, "t.csv")
    assert long.date.dt.date.astype(str).tolist() == found


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (WIDE.rename(columns={"m_001": "x"}), "E-TBL-002 t.csv: samples.table.bands: no column is like `m_{doy}`"),
        (WIDE.assign(n_400=1), "E-TBL-002 t.csv: n_400: `400` is no doy. Fix: the pattern is n_{doy}"),
        (WIDE.assign(id="a"), "E-TBL-003 t.csv: id: 1 series have several rows, the first a"),
        (WIDE.drop(columns="id"), "E-SAM-009 t.csv: samples.table: no column id"),
    ],
)
def test_wide_tables_that_cannot_be_read(frame, line):
    with pytest.raises(InputError) as caught:
        long_form(frame, PATTERNS, 2023, "t.csv")
    assert str(caught.value).startswith(line)


def test_the_days_that_most_series_have():
    more = table(("c", "2023-01-01", "x", 5, 6), ("c", "2023-01-11", "x", 5, 6), ("d", "2023-03-01", "x", 5, 6))
    every = pd.concat([TWO, more])
    assert common_days(every, COLUMNS, START).tolist() == days("2023-01-01", "2023-01-11")
    assert common_days(every, COLUMNS, None).tolist() == days("2020-01-01", "2020-01-11")  # the first day of the table
