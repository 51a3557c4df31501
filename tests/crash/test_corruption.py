"""Files of a run spoilt after it ended, as by a power cut or a failing disk: made again, or said; never a wrong map without a word."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig
from iota_py.errors import IotaError
from iota_py.io.publish import read_json
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import run
from iota_py.pipeline.state import State
from iota_py.pipeline.verification.verify import verify
from tests.crash.conftest import digests
from tests.pipeline.small_years import configured, map_of, write_land

MAP = "samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}\nengine: {workers: 1, window: 20}\n"


def cut(path: Path, seed: random.Random) -> None:
    """Only the first part of the file reached the disk."""
    os.truncate(path, seed.randrange(path.stat().st_size))


def emptied(path: Path, seed: random.Random) -> None:
    """Nothing of it reached the disk."""
    os.truncate(path, 0)


def zeroed(path: Path, seed: random.Random) -> None:
    """Its size reached the disk, its end did not."""
    size = path.stat().st_size
    keep = seed.randrange(size)
    path.write_bytes(path.read_bytes()[:keep] + bytes(size - keep))


def flipped(path: Path, seed: random.Random) -> None:
    """One bit is another."""
    content = bytearray(path.read_bytes())
    content[seed.randrange(len(content))] ^= 1 << seed.randrange(8)
    path.write_bytes(content)


def kept(damage: Callable[[Path, random.Random], None], path: Path, seed: random.Random) -> bool:
    """Damage a file whose time stays what it was; False where its bytes are the same as before."""
    status, before = path.stat(), path.read_bytes()
    damage(path, seed)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return path.read_bytes() != before


DAMAGES = (cut, emptied, zeroed, flipped)
QUICK_FIRST = [pytest.param(one, marks=() if one is flipped else pytest.mark.slow) for one in DAMAGES]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """A finished run up to the map."""
    land = write_land(tmp_path_factory.mktemp("land"), 2023)
    config = configured(land, land / "run", MAP)
    map_of(config)
    return config


@pytest.fixture
def copied(clean: RunConfig, tmp_path: Path) -> RunConfig:
    """A copy of it, with the times of its files, that a test may spoil."""
    shutil.copytree(clean.output, tmp_path / "run", copy_function=shutil.copy2)
    return clean.model_copy(update={"output": tmp_path / "run"})


def outputs(root: Path) -> list[Path]:
    """The files that tasks have left."""
    state = State(root)
    told = (state.read(path.relative_to(root / ".state").with_suffix("").as_posix()) for path in markers(root))
    names = {name for marker in told if marker is not None for name in marker["files"]}
    return [root / name for name in sorted(names) if (root / name).is_file() and (root / name).stat().st_size]


def markers(root: Path) -> list[Path]:
    """The markers of tasks."""
    return [path for path in sorted((root / ".state").rglob("*.json")) if path.stem not in ("timings", "progress")]


@pytest.mark.parametrize("damage", QUICK_FIRST)
def test_spoilt_files_are_made_again(damage: Callable[..., None], copied: RunConfig, clean: RunConfig) -> None:
    seed = random.Random(f"files {damage.__name__}")
    for path in outputs(copied.output):
        damage(path, seed)
        map_of(copied)
        assert digests(copied.output) == digests(clean.output), path


@pytest.mark.parametrize("damage", QUICK_FIRST)
def test_spoilt_markers_are_written_again(damage: Callable[..., None], copied: RunConfig, clean: RunConfig) -> None:
    seed = random.Random(f"markers {damage.__name__}")
    for path in markers(copied.output):
        for _ in range(2):
            kept(damage, path, seed)
            map_of(copied)
            assert digests(copied.output) == digests(clean.output), path
    kept_bytes = {path.relative_to(copied.output): read_json(path)["digest"] for path in markers(copied.output)}
    assert kept_bytes == {path.relative_to(clean.output): read_json(path)["digest"] for path in markers(clean.output)}


class Said:
    """What a run warns of."""

    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def say(self, topic: str, text: str) -> None: ...
    def start(self, stage: str, total: int, pending: int) -> None: ...
    def advance(self, stage: str) -> None: ...
    def end(self, stage: str, seconds: float) -> None: ...


@pytest.mark.parametrize("damage", QUICK_FIRST[2:])
def test_what_is_read_again_is_hashed_whatever_its_size_and_time_say(
    damage: Callable[..., None], copied: RunConfig, clean: RunConfig
) -> None:
    """Something is lost and made again, from files of which one has other bytes under its old time."""
    seed = random.Random(f"read again {damage.__name__}")
    for name, lost in (("model.skops", "tiles"), ("selection.parquet", "models"), ("classification_run_0.tif", "map")):
        path = next(copied.output.rglob(name))
        while not kept(damage, path, seed):
            pass
        shutil.rmtree(copied.output / lost)
        said = Said()
        map_of(copied, said)
        assert digests(copied.output) == digests(clean.output), name
        assert any("other bytes than were written" in text and path.name in text for text in said.warned), (name, said.warned)


def said_of(root: Path) -> list[str]:
    """Codes of the faults of a run whose manifest may be unreadable."""
    try:
        return [fault.code for fault in verify(root).faults]
    except IotaError as error:
        return [fault.code for fault in error.faults if fault.code == "E-VFY-001"]


@pytest.mark.slow
def test_verify_says_what_a_run_that_has_nothing_to_do_does_not_look_at(tmp_path: Path) -> None:
    land = write_land(tmp_path / "land", 2023)
    config = configured(land, tmp_path / "run", MAP + "vector: {formats: [gpkg]}\nproduct: {year: 2023}\n")
    summary = run(config)
    write_manifest(config, summary.inventory, summary.plan, summary.started)
    assert verify(config.output).faults == ()
    seed = random.Random("verify")
    named = [config.output / one["path"] for one in read_json(config.output / "manifest.json")["delivered"]]
    for path in (one for one in named if one.stat().st_size):
        before = path.read_bytes()
        for damage in DAMAGES:
            if kept(damage, path, seed):
                found = verify(config.output).faults
                assert path.relative_to(config.output).as_posix() in {fault.where for fault in found}, (path, damage)
            path.write_bytes(before)
    for damage in DAMAGES:
        path = config.output / "manifest.json"
        before = path.read_bytes()
        if kept(damage, path, seed):
            assert said_of(config.output)
        path.write_bytes(before)
