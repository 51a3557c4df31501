"""A year mapped with the models of another: looked at before, warned of, stopped, and refused with reasons."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.errors import InputError, IotaError
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.profiles import read_profile_file
from iota_py.pipeline.run import run
from iota_py.pipeline.state import State
from tests.conftest import Command
from tests.pipeline.small_years import SIZE, configured, map_of, models_of, write_land

FIRST = """
period: {start: 2022-01-01, end: 2022-12-31, step: 40}
inputs: {images: {path: "2022"}}
samples: {polygons: reference_2022.gpkg, label: code, regions: {path: regions.gpkg, field: name}, split: {runs: 2}}
assessment: {profile: true}
"""
SECOND = """
samples: {polygons: reference_2023.gpkg, label: code, regions: {path: regions.gpkg, field: name}, split: {runs: 2}}
"""


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years; and the second once more, with a drought in the East: red and near infrared in summer as if nothing grew."""
    folder = write_land(tmp_path_factory.mktemp("drift"), 2022, 2023)
    shutil.copytree(folder / "2023", folder / "dry")
    for path in sorted((folder / "dry").glob("2023*.tif")):
        with rasterio.open(path, "r+") as image:
            values = image.read()
            values[0, :, SIZE // 2 :], values[1, :, SIZE // 2 :] = values[0, :, SIZE // 2 :] * 2 + 900, values[1, :, SIZE // 2 :] // 2
            image.write(values)
    map_of(configured(folder, folder / "first", FIRST))
    return folder


def second(land: Path, name: str, more: str = "", inputs: str = "2023") -> str:
    """Settings of the second year with the models of the first."""
    return f"{SECOND}model: {{from: {land / 'first'}}}\ninputs: {{images: {{path: '{inputs}'}}}}\n{more}"


def test_a_profile_stands_beside_the_models_and_models_stay_as_they_are(land: Path, tmp_path: Path) -> None:
    one = read_profile_file(land / "first" / paths.profile(1))
    assert one.region == "East"
    assert one.pixels is not None
    assert one.pixels.counts.tolist() == [SIZE * SIZE // 2] * len(
        one.pixels.names
    )  # all the pixels of half the land: there are fewer than 20,000
    assert (one.samples.counts > 0).all()
    plain = configured(land, tmp_path / "plain", FIRST.replace("{profile: true}", "{profile: false}"))
    models_of(plain)
    for name in ("bundle.json", "model.skops"):
        assert (plain.output / "models/region_1_run_0" / name).read_bytes() == (land / "first/models/region_1_run_0" / name).read_bytes()


def test_train_makes_the_same_profile_and_windows_change_nothing(land: Path, tmp_path: Path) -> None:
    config = configured(land, tmp_path / "train", FIRST + "engine: {window: 17, workers: 2}\n")
    models_of(config)
    for region in (1, 2):
        assert (config.output / paths.profile(region)).read_bytes() == (land / "first" / paths.profile(region)).read_bytes()


def test_the_command_tells_the_region_that_drifted(land: Path, tmp_path: Path, command: Command) -> None:
    config = configured(land, tmp_path / "dry", second(land, "dry", inputs="dry"))
    path = next(p for p in land.glob("config_*.yaml") if str(tmp_path / "dry") in p.read_text())
    done = command("drift", str(path), "--quiet")
    assert done.returncode == 0
    assert "out of range East: train on samples of this year" in done.stdout
    document = read_json(config.output / paths.DRIFT)
    by_region = {one["region"]: one for one in document["regions"]}
    assert document["years"] == 1
    assert by_region["East"]["verdict"] == "out of range"
    assert by_region["East"]["large"] > by_region["West"]["large"]
    assert not (config.output / "map").exists()
    table = read_table(config.output / paths.DRIFT_TABLE)
    assert list(table.columns[:5]) == ["region", "feature", "input", "band", "date"]
    assert table.groupby("region").importance.sum().round(9).tolist() == [1.0, 1.0]
    assert command("drift", str(path), "--quiet", "--strict").returncode == 2
    places = gpd.read_file(config.output / paths.DRIFT_PLACES)
    assert dict(zip(places.region, places.verdict)) == {name: one["verdict"] for name, one in by_region.items()}
    assert places.crs == "EPSG:4326"
    assert (config.output / paths.DRIFT_FIGURE).read_bytes().startswith(b"\x89PNG")


def test_the_same_year_is_in_range_and_is_mapped_alike(land: Path, tmp_path: Path) -> None:
    more = "assessment: {drift: true}\nperiod: {start: 2022-01-01, end: 2022-12-31}\n"
    config = configured(land, tmp_path / "same", second(land, "same", more, "2022").replace("_2023", "_2022"))
    map_of(config)
    document = read_json(config.output / paths.DRIFT)
    assert document["verdict"] == "in range"
    table = read_table(config.output / paths.DRIFT_TABLE)
    assert float(table.psi.max()) == pytest.approx(0, abs=1e-9)
    assert float(table.ks.max()) <= 0.01
    assert (table["shift"] == 0).all()
    for run_number in (0, 1):
        name = paths.map_layer("classification", run_number)
        with rasterio.open(config.output / name) as own, rasterio.open(land / "first" / name) as other:
            assert np.array_equal(own.read(), other.read())


def test_a_run_warns_of_drift_or_stops_before_the_map(land: Path, tmp_path: Path, command: Command) -> None:
    stopping = configured(land, tmp_path / "run", second(land, "run", "assessment: {drift: {stop: true}}\n", "dry"))
    with pytest.raises(InputError, match=r"E-DRF-004 .*no map was made: region East is out of range: \d+\.\d") as told:
        run(stopping)
    assert told.value.exit_code == 1
    assert len(str(told.value).splitlines()) == 1
    assert not (stopping.output / "map").exists()
    assert State(stopping.output).digest("drift") is not None
    going = configured(land, tmp_path / "run", second(land, "run", "assessment: {drift: true}\nlanguages: [en, fr]\n", "dry"))
    done = run(going)
    assert "drift" not in done.executed  # compared already
    page = (going.output / paths.REPORT).read_text(encoding="utf-8")
    assert "Drift against the year of the models" in page
    assert page.count("region East is out of range") >= 1
    french = (going.output / "report.fr.html").read_text(encoding="utf-8")
    assert "Dérive par rapport à l'année des modèles" in french.replace("&#39;", "'")
    assert "la région East est hors gamme" in french
    assert "train on samples of this year" not in french
    assert (going.output / paths.DRIFT_TEXT).read_text().startswith("region East is out of range")
    third = configured(land, tmp_path / "third", f"{SECOND}model: {{from: {going.output}}}\nassessment: {{drift: true}}\n")
    map_of(third)  # the profile went along with the models
    assert (third.output / paths.profile(1)).read_bytes() == (land / "first" / paths.profile(1)).read_bytes()


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        ("no models", r"E-DRF-001 small: assessment.drift: there is no other year"),
        ("no profile", r"E-DRF-002 .*assessment.drift: the models of region East have no profile"),
        ("cut", r"E-DRF-003 .*profile_region_1.npz: cannot be read as a profile"),
        ("other region", r"E-DRF-006 .*profile_region_1.npz: region: expected the profile of region East, found that of West"),
        ("other dates", r"E-MOD-003 .*of another year, with its period moved by whole years"),
    ],
)
def test_what_cannot_be_compared_is_refused(land: Path, tmp_path: Path, spoil: str, line: str) -> None:
    models = tmp_path / "models_of"
    shutil.copytree(land / "first" / "models", models / "models")
    profile = models / paths.profile(1)
    if spoil == "no profile":
        profile.unlink()
    elif spoil == "cut":
        profile.write_bytes(profile.read_bytes()[:200])
    elif spoil == "other region":
        shutil.copy(models / paths.profile(2), profile)
    more = "assessment: {drift: true}\n" + ("period: {start: 2023-02-01}\n" if spoil == "other dates" else "")
    reused = "" if spoil == "no models" else f"model: {{from: {models}}}\n"
    config = configured(land, tmp_path / "out", f"{SECOND}{reused}{more}")
    with pytest.raises(IotaError, match=line):
        run(config)
    assert not (tmp_path / "out").exists()


def test_rows_of_the_table_are_those_of_the_features(land: Path) -> None:
    one = read_profile_file(land / "first" / paths.profile(2))
    assert one.samples.names[0] == "images_red_20220101"
    pixels = pd.concat([read_table(path) for path in sorted((land / "first" / "samples").glob("*/pixels.parquet"))])
    assert sorted(pixels.region.unique()) == [1, 2]
    assert not pixels.duplicated(["row", "col"]).any()
