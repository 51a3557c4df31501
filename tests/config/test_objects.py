"""Section `objects`: what it says without a word, and one line for each mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.objects import Objects
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import ConfigError

Writer = Callable[[Path, str], Path]


def test_without_a_word(light_config: Writer, tmp_path: Path) -> None:
    assert load_config(light_config(tmp_path / "none", "")).objects is None
    wish = load_config(light_config(tmp_path, "objects: {}\n")).objects
    assert wish == Objects()
    assert not wish.given
    assert not wish.by_pixel
    assert (wish.statistics, wish.purity) == (("mean", "std"), 0.8)
    assert load_config(light_config(tmp_path / "word", "objects: {segments: slic}\n")).objects == wish


def test_polygons_are_found_from_the_file_and_survive_the_copy_of_the_run(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "objects: {segments: {path: parcels.gpkg, layer: fields}, outside: pixel}\n"))
    assert config.objects is not None
    assert config.objects.segments.path == tmp_path / "parcels.gpkg"
    assert config.objects.given
    assert config.objects.by_pixel
    assert RunConfig.model_validate(dump(config)) == config


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{segments: watershed}", "objects.segments: expected `slic`, or {path: FILE} for given polygons, found `watershed`"),
        ("{segments: {layer: fields}}", "objects.segments: a layer of no file: give `path` too"),
        ("{segments: {path: a.gpkg}, size: 50}", "objects: size: polygons of a file are taken as they are; leave it out"),
        ("{segments: {path: a.gpkg}, features: [ndvi]}", "objects: features: polygons of a file are taken as they are; leave it out"),
        (
            "{segments: {path: a.gpkg}, statistics: [median]}",
            "objects: statistics: the median of a polygon of any size cannot be computed by windows; it goes with slic only",
        ),
        ("{outside: pixel}", "objects: outside: slic leaves no pixel outside; it goes with polygons of a file"),
        ("{statistics: [mean, mean]}", "objects: statistics: one is named twice"),
    ],
)
def test_mistakes(light_config: Writer, tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(light_config(tmp_path, f"objects: {text}\n"))
    (fault,) = caught.value.faults
    assert fault.line().partition(": ")[2] == line


def test_a_share_that_two_classes_could_have(light_config: Writer, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"objects\.purity: .*greater than 0\.5, found `0\.5`"):
        load_config(light_config(tmp_path, "objects: {purity: 0.5}\n"))
