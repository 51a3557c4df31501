"""Runs on a real SLURM of one node: the same bytes as on this machine alone, and as if no job had died."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iota_py.config.engine import Cluster, Engine
from iota_py.config.schema import RunConfig
from iota_py.pipeline.engine.clusters import SETTINGS, open_client
from iota_py.simulation.country import Country, write_country
from tests.cluster.settings import told
from tests.cluster.slurm import ask, missing, slurm
from tests.end_to_end.products import digests

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "SLURM is here")]
ENGINE = (
    'engine: {{kind: slurm, workers: 2, memory: 2, window: 90, cluster: {{queue: small, walltime: "00:30:00", interface: lo{more}}}}}\n'
)
COUNTRY = Country(rows=2, columns=3, size=120, overlap=10)  # 216 windows of 20 pixels on a side
LAND = """
tiles: [{tiles}]
inputs: {{sentinel2: {{path: {folder}/sentinel2}}}}
samples: {{polygons: {folder}/reference.gpkg, regions: {{path: {folder}/ecoregions.gpkg}}}}
"""


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A country of six tiles: the lines of a configuration that say where it is."""
    folder = tmp_path_factory.mktemp("country")
    write_country(folder, COUNTRY)
    return LAND.format(folder=folder, tiles=", ".join(tile.name[1:] for tile in COUNTRY.tiles))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with slurm(tmp_path_factory.mktemp("slurm"), cpus=2) as environment:
        yield environment


def begin(path: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", "run", str(path)]
    return subprocess.Popen(command, env={**environment, "NO_COLOR": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_map_made_by_jobs_is_the_same(
    site: dict[str, str], light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path
) -> None:
    process = begin(light_config(tmp_path, ENGINE.format(more="")), site)
    told, _ = process.communicate(timeout=600)
    assert process.returncode == 0, told
    assert digests(tmp_path / "run") == digests(light_run.output)
    assert ask(site, "squeue", "--noheader", "--name=iota-py") == "", "jobs are left in the queue"
    assert not list((tmp_path / "run" / ".state").glob("tls/*")), "certificates are left on the disk"


def test_a_job_that_is_cancelled_costs_nothing(
    site: dict[str, str], light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path
) -> None:
    process = begin(light_config(tmp_path, ENGINE.format(more="")), site)
    try:
        windows = tmp_path / "run" / ".state" / "predict"
        end = time.monotonic() + 300
        while not list(windows.rglob("*.json")):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.05)
        job = ask(site, "squeue", "--noheader", "--name=iota-py", "--states=RUNNING", "--format=%i").split()[0]
        ask(site, "scancel", "--signal=KILL", job)
        told, _ = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == 0, told
    assert digests(tmp_path / "run") == digests(light_run.output)


def test_a_country_of_which_a_job_is_cancelled(
    site: dict[str, str], land: str, light_config: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    """Cancelled once both workers have made windows. What is compared is a run of joblib, with windows of another size."""
    process = begin(light_config(tmp_path / "jobs", land + ENGINE.format(more="").replace("90", "20")), site)
    root, end = tmp_path / "jobs" / "run", time.monotonic() + 300
    try:
        while len(mappers(root)) < 2:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.05)
        job = ask(site, "squeue", "--noheader", "--name=iota-py", "--states=RUNNING", "--format=%i").split()[0]
        ask(site, "scancel", job)
        assert process.poll() is None, "all was done before the job was cancelled: the test shows nothing"
        told, _ = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == 0, told
    assert "JobState=CANCELLED" in ask(site, "scontrol", "show", "job", job)
    assert ask(site, "squeue", "--noheader", "--name=iota-py") == "", "jobs are left in the queue"
    alone = begin(light_config(tmp_path / "alone", land + "engine: {kind: joblib, workers: 2, window: 50}\n"), site)
    told, _ = alone.communicate(timeout=600)
    assert alone.returncode == 0, told
    found = digests(root)
    assert found == digests(tmp_path / "alone" / "run")
    assert {f"tiles/{tile.name[1:]}" for tile in COUNTRY.tiles} <= {name.rpartition("/")[0] for name in found}
    assert {f"models/region_{region}_run_0" for region in (1, 2)} <= {name.rpartition("/")[0] for name in found}


def mappers(root: Path) -> set[str]:
    """Workers that have made windows so far, as the log of a run tells them."""
    path = root / "log" / "run.jsonl"
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0].splitlines() if path.exists() else []
    return {event["worker"] for event in map(json.loads, whole) if event.get("task", "").startswith("predict/")}


def test_no_worker_comes(site: dict[str, str], light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    nobody = light_config(tmp_path, ENGINE.format(more=", patience: 8, directives: ['--begin=now+1hour']"))
    process = begin(nobody, site)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 1, told
    for words in ("E-RUN-007", "tls://127.0.0.1", "its jobs: "):
        assert words in told, told
    assert "Traceback" not in told


def test_a_queue_that_is_not_there(site: dict[str, str], light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    process = begin(light_config(tmp_path, ENGINE.format(more=", patience: 20").replace("small", "nowhere")), site)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 1, told
    assert "Traceback" not in told
    assert "nowhere" in told, told


def test_without_slurm(light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    bare = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    process = begin(light_config(tmp_path, ENGINE.format(more=", patience: 20")), bare)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 1, told
    assert "Traceback" not in told
    assert "sbatch" in told, told


def test_workers_of_jobs_take_the_settings(site: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in site.items():
        monkeypatch.setenv(name, value)
    jobs = Cluster(queue="small", walltime="00:30:00", interface="lo")
    with open_client(Engine(kind="slurm", workers=1, memory=1, cluster=jobs), tmp_path) as client:
        found = client.run(told, list(SETTINGS))
    assert list(found.values()) == [list(SETTINGS.values())]
