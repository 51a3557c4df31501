"""`iota-py products`: what is listed, what is set aside and why, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.publish import write_json
from iota_py.io.raster import write_raster
from iota_py.pipeline import paths
from iota_py.products.family import family_names
from iota_py.simulation.radar import RadarPass, write_pass
from iota_py.simulation.snow import write_snow_mask, write_snow_year
from tests.conftest import ROOT, Command
from tests.products.conftest import unsynced  # noqa: F401 - a fixture
from tests.products.small import GRID, NOON, file, write

NAME = "SENTINEL2A_202307{day:02d}-105851-024_L2A_T31TCJ_{flag}_V{version}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four products of one tile: two of them used, one whose metadata are cut, one of an older version."""
    write(tmp_path / "s2", packing="zip")
    write(tmp_path / "s2" / "more", NOON.replace(day=9), version=(1, 10))
    write(tmp_path / "s2" / "more", NOON.replace(day=9), version=(1, 9), flag="D")
    file(write(tmp_path / "s2", NOON.replace(day=14)), "MTD_ALL.xml").write_text("<not closed>")
    (tmp_path / "s2" / "notes.txt").write_text("not a product")
    return tmp_path / "s2"


def columns(line: str, count: int) -> list[str]:
    """Words of a line of the table, the last ones together."""
    return line.split(maxsplit=count - 1)


def test_the_table(command: Command, folder: Path) -> None:
    done = command("products", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert columns(lines[0], 9) == ["input", "tile", "date", "and", "time", "version", "cloud", "state", "product"]
    rows = [columns(line, 8) for line in lines[1:5]]
    assert [row[:5] for row in rows] == [
        ["theia-s2-l2a", "31TCJ", "2023-07-04", "10:58:51", "3.1"],
        ["theia-s2-l2a", "31TCJ", "2023-07-09", "10:58:51", "1.10"],
        ["theia-s2-l2a", "31TCJ", "2023-07-09", "10:58:51", "1.9"],
        ["theia-s2-l2a", "31TCJ", "2023-07-14", "10:58:51", "3.1"],
    ]
    assert [row[5:7] for row in rows] == [["0%", "used"], ["0%", "used"], ["0%", "duplicate"], ["–", "bad"]]
    older, newer = NAME.format(day=9, flag="D", version="1-9"), NAME.format(day=9, flag="C", version="1-10")
    assert rows[0][7] == NAME.format(day=4, flag="C", version="3-1")
    assert rows[2][7] == f"{older}: older version than {newer}"
    assert rows[3][7].startswith(f"{NAME.format(day=14, flag='C', version='3-1')}: E-PRD-005 {folder}")
    assert lines[5] == ""
    assert columns(lines[7], 6) == ["theia-s2-l2a", "31TCJ", "2", "2", "2023-07-04", "2023-07-09"]
    assert len(lines) == 8


def test_details(command: Command, folder: Path) -> None:
    first, second = NAME.format(day=4, flag="C", version="3-1"), NAME.format(day=9, flag="C", version="1-10")
    file(folder / "more" / second, "SAT_R1.tif").unlink()
    brief, full = (command("products", str(folder), *words).stdout.splitlines() for words in ((), ("--details",)))
    assert full[: len(brief)] == brief
    assert columns(full[len(brief) + 1], 2) == ["product", "details"]
    rows = [columns(line, 2) for line in full[len(brief) + 2 :]]
    assert [row[0] for row in rows] == [first, second, second]
    assert rows[0][1].startswith("sun zenith 30, sun azimuth 150")
    assert rows[2][1] == "mask SAT of 10 m is missing: that of 20 m is used"


def listed(command: Command, *words: str) -> dict[str, Any]:
    done = command("products", "--json", *words)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def test_json_and_nothing_else(command: Command, folder: Path) -> None:
    document = listed(command, str(folder))
    assert [one["state"] for one in document["products"]] == ["used", "used", "duplicate", "bad"]
    assert document["products"][1] == {
        "family": "theia-s2-l2a",
        "input": "theia-s2-l2a",
        "tile": "31TCJ",
        "platform": "SENTINEL2A",
        "id": NAME.format(day=9, flag="C", version="1-10"),
        "when": "2023-07-09T10:58:51.024000+00:00",
        "version": "1.10",
        "cloud_share": 0.0,
        "state": "used",
        "reason": "",
        "warnings": [],
        "about": pytest.approx(
            {"sun_zenith": 30.0, "sun_azimuth": 150.0, "view_zenith": 8.49, "view_azimuth": 104.45, "orbit": 40000.0, "snow_share": 0.0}
        ),
    }
    assert [one["about"] == {} for one in document["products"]] == [False, False, True, True]
    total = {"used": 2, "set_aside": 2, "first": "2023-07-04", "last": "2023-07-09"}
    assert document["totals"] == [{"family": "theia-s2-l2a", "input": "theia-s2-l2a", "tile": "31TCJ", **total}]
    assert (document["path"], document["faults"]) == (str(folder), [])


def test_one_family_alone(command: Command, folder: Path) -> None:
    assert len(listed(command, str(folder), "--family", "theia-s2-l2a", "--family", "s1tiling")["products"]) == 4
    done = command("products", str(folder), "--family", "s1tiling")
    assert (done.returncode, done.stdout) == (2, "")
    assert "E-PRD-064" in done.stderr
    assert "no product of s1tiling found here" in done.stderr
    assert command("products", str(folder), "--family", "modis").returncode == 1


def test_families_side_by_side(command: Command, folder: Path) -> None:
    """Each in its folder: radar by direction, a snow date, and the layers of a snow year, which have no day."""
    seen = np.ones((8, 8), np.float32)
    for unit, day, direction, orbit in (("s1a", 3, "DES", 110), ("s1a", 9, "ASC", 30)):
        passed = RadarPass("31TCJ", GRID, NOON.replace(day=day), direction, orbit, unit)
        write_pass(folder / "s1", passed, {"vv": seen, "vh": seen})
    write_snow_mask(folder / "snow", "31TCJ", GRID, NOON, np.zeros((8, 8)), version="1-4")
    layers = dict.fromkeys(("SCD", "SMOD", "SOD", "NSP", "NOBS"), np.ones((8, 8)))
    write_snow_year(folder / "year", "31TCJ", GRID, (NOON.date().replace(2022, 9, 1), NOON.date().replace(2023, 8, 31)), layers)
    document = listed(command, str(folder))
    assert document["faults"] == []
    rows = {(one["family"], one["input"], one["when"] and one["when"][:10], one["version"], one["state"]) for one in document["products"]}
    assert rows >= {
        ("s1tiling", "s1tiling_asc", "2023-07-09", "", "used"),
        ("s1tiling", "s1tiling_des", "2023-07-03", "", "used"),
        ("lis-l2b", "lis-l2b", "2023-07-04", "1-4", "used"),
        ("theia-s2-l2a", "theia-s2-l2a", "2023-07-04", "3.1", "used"),
    }
    assert len(rows) == 4 + 1 + 3
    (year,) = (one for one in document["products"] if one["family"] == "lis-l3b")
    assert (year["when"], year["state"], year["tile"]) == (None, "used", "31TCJ")


@pytest.mark.parametrize(
    ("place", "words"),
    [("nowhere", "no such folder or configuration"), ("", "no product of any family found here"), ("file.tif", "found another file")],
)
def test_nothing_to_list(command: Command, tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "file.tif").write_bytes(b"")
    for more in ((), ("--json",)):
        done = command("products", str(tmp_path / place), *more)
        assert done.returncode == 2
        assert f"E-PRD-064 {tmp_path / place}" in done.stderr
        assert words in done.stderr
        assert done.stdout == "" or json.loads(done.stdout)["products"] == []


def test_without_a_path(command: Command) -> None:
    done = command("products")
    assert done.returncode == 1
    assert "no folder is given" in done.stderr


def test_the_families_by_name(command: Command) -> None:
    done = command("products", "--families")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert names == list(family_names())
    assert {"theia-s2-l2a", "raster-series", "raster"} <= set(names)
    families = json.loads(command("products", "--families", "--json").stdout)["families"]
    assert [one["name"] for one in families] == names
    (relief,) = (one for one in families if one["name"] == "raster")
    assert relief["kind"] == "static"


def configuration(folder: Path, more: str = "") -> Path:
    """A configuration over the products, with an elevation raster of 20 m under their tile."""
    dem = GeoBox((8, 4), Affine(20, 0, 399980, 0, -20, 4800040), "EPSG:32631")
    write_raster(folder / "dem.tif", dem, "float32", [(whole(dem.shape), np.ones(dem.shape, np.float32))])
    path = folder / "run.yaml"
    path.write_text(f"""
name: small
output: {folder / "run"}
nomenclature: {ROOT / "configs/nomenclatures/oso-17.yaml"}
period: {{start: 2023-07-05, end: 2023-07-31}}
inputs:
  optical: {{family: theia-s2-l2a, path: s2}}
  relief:
    family: raster
    path: dem.tif
    raster: {{bands: {{elevation: 1}}, terrain: [slope]}}
samples: {{polygons: reference.gpkg, label: code}}
{more}""")
    return path


def test_the_inputs_of_a_configuration(command: Command, folder: Path) -> None:
    path = configuration(folder.parent)
    document = listed(command, str(path))
    rows = [(one["input"], one["state"], one["when"] and one["when"][:10]) for one in document["products"]]
    assert rows == [
        ("relief", "used", None),
        ("optical", "period", "2023-07-04"),
        ("optical", "used", "2023-07-09"),
        ("optical", "duplicate", "2023-07-09"),
        ("optical", "bad", "2023-07-14"),
    ]
    assert document["products"][0]["tile"] == "31TCJ"
    assert "outside the period 2023-07-05 to 2023-07-31" in document["products"][1]["reason"]
    assert "relief (raster)" in command("products", str(path)).stdout
    assert [one["id"] for one in listed(command, str(path), "--family", "raster")["products"]] == ["dem.tif"]


def test_what_earlier_work_found_unreadable(command: Command, folder: Path) -> None:
    path, name = configuration(folder.parent), NAME.format(day=9, flag="C", version="1-10")
    write_json(folder.parent / "run" / paths.BAD, {name: "cut short"})
    bad = [one for one in listed(command, str(path))["products"] if one["id"] == name]
    older = NAME.format(day=9, flag="D", version="1-9")
    assert [(one["state"], one["reason"]) for one in bad] == [("bad", f"cut short; {older} is used in its place")]


def test_faults_of_a_configuration(command: Command, folder: Path) -> None:
    path = configuration(folder.parent)
    (folder.parent / "dem.tif").unlink()
    done = command("products", str(path))
    assert done.returncode == 1
    assert "E-PRD-060" in done.stderr
    assert command("products", str(folder.parent / "none.yaml")).returncode == 2


def test_the_demonstration(command: Command) -> None:
    done = command("products", str(ROOT / "data_samples" / "sentinel2"))
    assert done.returncode == 0
    assert [line.split()[1:4] for line in done.stdout.splitlines()[-2:]] == [["31TCJ", "20", "1"], ["31TDJ", "21", "0"]]


def test_help_has_an_example(command: Command) -> None:
    assert "Example: iota-py products data_samples/sentinel2" in command("products", "--help").stdout
