"""`iota-py features`: maps of the numbers that the classifier sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.cli.features import chosen
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError
from iota_py.io.raster import read_header, read_window
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.steps.feature_maps import NODATA
from tests.conftest import Command

COLUMN = "sentinel2_ndvi_20230516"


@pytest.mark.slow
def test_maps_hold_the_features_of_the_samples(
    light_config: Callable[[Path, str], Path], light_run: RunConfig, command: Command, tmp_path: Path
) -> None:
    path = light_config(tmp_path)
    done = command("features", str(path), "-c", "sentinel2_ndvi_2023051*", "-c", "*_b8_20230215", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "features 4 maps in" in done.stdout
    output = load_config(path).output
    for tile in ("31TCJ", "31TDJ"):
        samples = read_table(light_run.output / paths.features(tile))
        file = str(output / paths.feature_map(tile, COLUMN))
        values = read_window(file)
        assert np.array_equal(values[samples.row, samples.col], samples[COLUMN])
        header = read_header(file)
        assert (header.dtype, header.nodata, header.block) == ("int16", NODATA, (512, 512))
    assert not list((output / "tiles").rglob("r*_c*.tif"))
    assert "nothing to do" in command("features", str(path), "-c", "sentinel2_ndvi_2023051*", "-c", "*_b8_20230215", "--quiet").stdout


def test_names_are_listed(light_config: Callable[[Path, str], Path], command: Command, tmp_path: Path) -> None:
    path = light_config(tmp_path)
    lines = command("features", str(path), "--list").stdout.splitlines()
    assert lines[:2] == ["sentinel2_b2_20230101", "sentinel2_b3_20230101"]
    assert COLUMN in lines
    assert not load_config(path).output.exists()


def test_what_is_asked_for_must_exist(light_config: Callable[[Path, str], Path], command: Command, tmp_path: Path) -> None:
    path = light_config(tmp_path)
    done = command("features", str(path))
    assert (done.returncode, "E-FEA-030" in done.stderr) == (1, True)
    done = command("features", str(path), "-c", "sentinel2_evi_*")
    assert (done.returncode, "E-FEA-031" in done.stderr) == (1, True)


def test_columns_keep_their_order() -> None:
    names = ("a_1", "b_1", "a_2")
    assert chosen(names, ["a_*", "*_1"], "x") == ["a_1", "b_1", "a_2"]
    with pytest.raises(ConfigError, match=r"E-FEA-031 x: --columns: no column is named c_\*\. Fix: the nearest is"):
        chosen(names, ["c_*"], "x")
