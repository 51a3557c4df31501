"""A run ended by SIGKILL at every step of publishing each kind of output, by a full disk, and with files spoilt: run again, the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.conftest import Ended, Jobs, digests
from tests.pipeline.small_years import configured, write_land

MAP = "samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}\nengine: {workers: 1, window: 20}\n"
WHOLE = MAP + "vector: {formats: [gpkg, parquet, shapefile]}\nproduct: {year: 2023}\n"
# kind of output -> how the name of one such file ends, in a run up to the map; and in one with all that is delivered
OUTPUTS = {
    "raster": "tiles/tile/classification_run_0.tif",
    "window": ".tif",
    "COG map": "map/classification.tif",
    "Parquet table": ".parquet",
    "CSV table": "samples/split.csv",
    "GeoPackage": "samples/polygons.gpkg",
    "model bundle": "bundle.json",
    "JSON": "inventory/run.json",
    "settings": "config.yaml",
}
DELIVERED = {
    "GeoPackage of polygons": "vector/map.gpkg",
    "GeoParquet": "vector/map.parquet",
    "zipped shapefile": "vector/map.zip",
    "package": "product/OSO_20230101_RASTER_V1-0",
    "catalogue": "catalog.json",
    "scores": "assessment/metrics.json",
    "report": "report.html",
}
MOMENTS = ("marker removed", "written", "synced", "renamed", "folder synced", "marker cut", "marker written")


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2023)


class Case:
    """A configuration, and what a clean run of it gives. do: the kind of job."""

    def __init__(self, land: Path, jobs: Jobs, do: str, more: str) -> None:
        self.land, self.jobs, self.name, self.more = land, jobs, do, more
        root = land / f"clean_{do}"
        ended = self.run(root)
        assert (ended.killed, ended.code) == (0, 0), ended.text
        self.steps = tuple((kind, name.removeprefix(f"{root}/")) for kind, name in ended.steps)
        self.clean = digests(root)

    def run(self, root: Path, **fault: object) -> Ended:
        """Run it in a folder."""
        configured(self.land, root, self.more)
        return self.jobs.do(do=self.name, config=self.config(root), **fault)

    def config(self, root: Path) -> Path:
        """The file of its configuration with this folder as output."""
        return next(path for path in self.land.glob("config_*.yaml") if f"output: {root}\n{self.more}" in path.read_text())

    def resumed(self, root: Path) -> None:
        """Run it again; it must end as the clean one."""
        ended = self.run(root)
        assert (ended.killed, ended.code) == (0, 0), ended.text
        assert digests(root) == self.clean
        assert not [path for path in root.rglob("*") if ".part" in path.name or path.name.endswith(".old")], "temporary files are swept"

    def kill(self, moment: str, ending: str) -> list[object]:
        """The step at which to end it: a moment of publishing the first file whose name ends so."""
        renamed = next(
            n for n, (kind, name) in enumerate(self.steps) if kind == "replace" and name.endswith(ending) and ".state" not in name
        )
        marker = next(n for n in range(renamed, len(self.steps)) if self.steps[n][0] == "write" and "/.state" in f"/{self.steps[n][1]}")
        removed = max((n for n in range(renamed) if self.steps[n][0] == "forget"), default=0)
        places = {
            "marker removed": [removed, "after"],
            "written": [renamed - 1, "before"],
            "synced": [renamed, "before"],
            "renamed": [renamed, "after"],
            "folder synced": [renamed + 1, "after"],
            "marker cut": [marker, "half"],
            "marker written": [marker, "after"],
        }
        return places[moment]


@pytest.fixture(scope="module")
def mapped(land: Path, jobs: Jobs) -> Case:
    """The map alone: a second a run."""
    return Case(land, jobs, "map", MAP)


@pytest.fixture(scope="module")
def delivered(land: Path, jobs: Jobs) -> Case:
    """All that is delivered: a few seconds a run."""
    return Case(land, jobs, "run", WHOLE)


def every(outputs: dict[str, str], quick: Callable[[str, str], bool]) -> list[object]:
    """Each output at each moment; those that are not quick are marked slow."""
    return [
        pytest.param(ending, moment, id=f"{kind}, {moment}", marks=() if quick(kind, moment) else pytest.mark.slow)
        for kind, ending in outputs.items()
        for moment in MOMENTS
    ]


@pytest.mark.parametrize(
    ("ending", "moment"), every(OUTPUTS, lambda kind, moment: kind == "COG map" or (kind, moment) == ("model bundle", "renamed"))
)
def test_killed_at_a_step_it_ends_with_the_same_bytes(ending: str, moment: str, mapped: Case, tmp_path: Path) -> None:
    ended = mapped.run(tmp_path / "run", kill=mapped.kill(moment, ending))
    assert ended.killed == signal.SIGKILL, (ended.text, mapped.steps)
    mapped.resumed(tmp_path / "run")


@pytest.mark.parametrize(("ending", "moment"), every(DELIVERED, lambda kind, moment: False))
def test_killed_while_delivering_it_ends_with_the_same_bytes(ending: str, moment: str, delivered: Case, tmp_path: Path) -> None:
    ended = delivered.run(tmp_path / "run", kill=delivered.kill(moment, ending))
    assert ended.killed == signal.SIGKILL, (ended.text, delivered.steps)
    delivered.resumed(tmp_path / "run")


@pytest.mark.parametrize(
    "share",
    [pytest.param(0.0, marks=pytest.mark.slow), pytest.param(0.3, marks=pytest.mark.slow), pytest.param(0.6, marks=pytest.mark.slow), 0.95],
)
def test_a_full_disk_ends_with_3_and_nothing_half_done_has_a_name(share: float, mapped: Case, tmp_path: Path) -> None:
    sizes = sorted(path.stat().st_size for path in (mapped.land / "clean_map").rglob("*") if path.is_file())
    most = max(1000, sizes[int(share * (len(sizes) - 1))] - 1)
    ended = mapped.run(tmp_path / "run", most=most)
    assert (ended.killed, ended.code) == (0, 3), ended.text
    assert ended.text.startswith("E-IO-001 "), ended.text
    there = digests(tmp_path / "run")
    assert {name: digest for name, digest in there.items() if mapped.clean.get(name, digest) != digest} == {}
    assert not [path for path in (tmp_path / "run").rglob("*") if ".part" in path.name]
    mapped.resumed(tmp_path / "run")


SMALL_DISK = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


@SMALL_DISK
@pytest.mark.slow
@pytest.mark.parametrize("size", ["160k", "256k", "320k"])
def test_a_small_disk_that_is_full_for_true(size: str, mapped: Case, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        ended = mapped.run(disk / "run")
        assert (ended.killed, ended.code) == (0, 3), ended.text
        assert "No space left on device" in ended.text or "could not be written whole" in ended.text
        assert ended.text.startswith("E-IO-001 "), ended.text
        assert not [path for path in (disk / "run").rglob("*") if ".part" in path.name]
        subprocess.run(["mount", "-o", "remount,size=50m", disk], check=True)
        mapped.resumed(disk / "run")
    finally:
        subprocess.run(["umount", disk], check=True)
