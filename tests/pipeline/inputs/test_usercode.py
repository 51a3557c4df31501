"""Functions of users: what they see, and what becomes of what they give back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import ConfigError, TaskError
from iota_py.features.indices import resolve
from iota_py.grid.windows import Window
from iota_py.pipeline.inputs.reading import FeatureSource, feature_source
from iota_py.pipeline.inputs.usercode import UserCall, View, load_function, user_features
from tests.products.small import ALL, FINE, GRID, NOON, at, series, write

DATES = [dt.date(2023, 7, 4), dt.date(2023, 7, 9), dt.date(2023, 7, 14)]
WINDOW = Window(2, 3, 4, 5)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, FeatureSource]:
    write(tmp_path / "s2", NOON, cloud=at((3, 3)))
    write(tmp_path / "s2", NOON + dt.timedelta(days=10), offset=100)
    found = series(tmp_path / "s2")
    return {"s2": feature_source(found, DATES, resolve((), {}, found.bands))}


def call(folder: Path, body: str, **more: object) -> UserCall:
    folder.mkdir(exist_ok=True)
    file = folder / "mine.py"
    file.write_text(f"import numpy as np\n\ndef mine(view, **options):\n    {body}\n", encoding="utf-8")
    return UserCall(file, "mine", **more)  # type: ignore[arg-type]


def compute(one: UserCall, sources: dict[str, FeatureSource], window: Window = WINDOW) -> tuple[np.ndarray, tuple[str, ...]]:
    return user_features(one, ("31TCJ", GRID), window, sources)


def test_a_view_shows_what_was_observed(sources):
    view = View("31TCJ", GRID, ALL, sources)
    assert (view.inputs, view.bands("s2"), view.shape) == (("s2",), ("B4", "B11"), (8, 8))
    assert view.dates("s2").tolist() == [dt.date(2023, 7, 4), dt.date(2023, 7, 14)]
    assert view.targets("s2").tolist() == DATES
    values, valid = view.raw("s2", "B4")
    assert values[1].tolist() == (FINE + 100).tolist()
    assert valid[0].tolist() == (~at((3, 3))).tolist()
    filled = view.filled("s2", "B4")
    assert filled[1].tolist() == np.where(at((3, 3)), FINE + 100, FINE + 50).tolist()
    layer = view.static("s2", "B4")
    assert np.isnan(layer[3, 3])
    assert layer[0, 0] == FINE[0, 0]
    for wrong in (lambda: view.raw("s2", "B9"), lambda: view.raw("s1", "vv")):
        with pytest.raises(KeyError, match=r"bands are B4, B11|inputs are s2"):
            wrong()


def test_features_of_a_window_are_those_of_the_whole(sources, tmp_path):
    """A mean over 3 × 3 pixels, with the margin that it needs."""
    body = (
        "b = np.pad(view.filled('s2', 'B4')[0], 1, mode='edge'); h, w = view.shape; "
        "return [sum(b[i:i + h, j:j + w] for i in range(3) for j in range(3)) / options['by']], ['mean_b4']"
    )
    one = call(tmp_path / "code", body, margin=1, options={"by": 9})
    whole, names = compute(one, sources, ALL)
    part, _ = compute(one, sources)
    assert names == ("mean_b4",)
    assert whole.dtype == np.int16
    assert np.array_equal(part.reshape(4, 5), whole.reshape(8, 8)[WINDOW.slices])


def test_numbers_are_rounded_and_clipped(sources, tmp_path):
    one = call(tmp_path / "code", "return np.stack([np.full(view.shape, v) for v in (2.5, 3.5, 1e6, -1e6)]), ['a', 'b', 'c', 'd']")
    assert compute(one, sources)[0][:, 0].tolist() == [2, 4, 32767, -32768]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('too dry')", r"raised ValueError: too dry \(tile 31TCJ, rows 2–5, columns 3–7\)"),
        ("return np.zeros((1, 4, 4)), ['a']", r"expected features of shape \(feature, 4, 5\), found \(1, 4, 4\) \(tile 31TCJ"),
        ("return np.zeros((2, 4, 5)), ['a']", "2 features and 1 names"),
        ("return np.full((1, 4, 5), np.nan), ['a']", "feature a is not finite everywhere"),
        ("return np.zeros((1, 4, 5)), ['A b']", "name 'A b': expected lower-case"),
        ("return np.zeros((1, 4, 5)), ['b']", "names b, but a on the first window"),
        ("return None", "raised TypeError"),
        ("return view.filled('s2', 'B9'), ['a']", "raised KeyError: .*input s2 has no band B9"),
    ],
)
def test_what_a_function_does_wrong_is_said(sources, tmp_path, body, message):
    with pytest.raises(TaskError, match=f"E-USR-00[34] .*mine.py: mine: .*{message}"):
        compute(call(tmp_path / "code", body, names=("a",)), sources)


def test_files_that_cannot_be_used(tmp_path):
    good = call(tmp_path / "code", "return [], []")
    with pytest.raises(ConfigError, match=r"E-USR-002 .*no function `other` \(functions: mine\)"):
        load_function(UserCall(good.file, "other"))
    bad = tmp_path / "bad.py"
    bad.write_text("import nothing_of_the_kind\n")
    with pytest.raises(ConfigError, match=r"E-USR-001 .*cannot be imported .ModuleNotFoundError"):
        load_function(UserCall(bad, "mine"))
    text = tmp_path / "notes.txt"
    text.write_text("def mine(view): pass\n")
    with pytest.raises(ConfigError, match=r"E-USR-001 .*not a Python file"):
        load_function(UserCall(text, "mine"))
