"""Section `map`: what it takes, and what it refuses in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.map_layers import MapLayers, Smoothing
from iota_py.errors import ConfigError

Writer = Callable[[Path, str], Path]


def test_nothing_is_asked_for_by_default(light_config: Writer, tmp_path: Path) -> None:
    assert load_config(light_config(tmp_path, "")).map is None
    wish = MapLayers()
    assert [wish.quantised, wish.reaches, wish.compares] == [False] * 3
    assert wish.margin == 0


def test_the_window_decides_the_margin_and_the_kind_the_window() -> None:
    assert MapLayers(smoothing=Smoothing(kind="bayesian")).margin == 3
    assert MapLayers(smoothing=Smoothing(kind="majority")).margin == 1
    assert MapLayers(smoothing=Smoothing(kind="majority", window=9)).margin == 4


def test_variances_of_classes() -> None:
    assert Smoothing(kind="bayesian").variances((1, 5)) == [20, 20]
    assert Smoothing(kind="bayesian", variance=3).variances((1, 5)) == [3, 3]
    assert Smoothing(kind="bayesian", variance={5: 2.5}).variances((1, 5)) == [20, 2.5]


def test_written_and_read_again() -> None:
    for wish in (MapLayers(smoothing=Smoothing(kind="majority")), MapLayers(smoothing=Smoothing(kind="bayesian", variance={5: 2.5}))):
        assert MapLayers.model_validate(wish.model_dump(mode="json")) == wish


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("boundary_fusion: {interior: 0}", "map.boundary_fusion.interior: input should be greater than 0, found `0`"),
        ("boundary_fusion: {exterior: -5}", "map.boundary_fusion.exterior: input should be greater than 0, found `-5`"),
        ("smoothing: {kind: majority, window: 4}", "map.smoothing: window 4: expected an odd number of pixels"),
        ("smoothing: {kind: majority, share: 0.4}", "map.smoothing: share goes with kind: bayesian"),
        ("smoothing: {kind: bayesian, variance: 0}", "map.smoothing.variance: "),
        ("smoothing: {kind: gaussian}", "map.smoothing.kind: input should be 'bayesian' or 'majority', found `gaussian`"),
        ("smoothing: {window: 3}", "map.smoothing.kind: this key is required and missing"),
        ("uncertainty: [doubt]", "found `doubt`"),
        ("uncertainty: [ratio, ratio]", "map: uncertainty: a measure is named twice"),
        ("probability: true", "map.probability: unknown key. Fix: did you mean `probabilities`?"),
    ],
)
def test_what_is_refused(light_config: Writer, tmp_path: Path, text: str, line: str) -> None:
    path = light_config(tmp_path, f"map: {{{text}}}")
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    (fault,) = raised.value.faults
    assert line in fault.line()
    assert "\n" not in fault.line()
