"""Any mixture of running, killing, spoiling files and editing the configuration: run to its end, a run has the bytes of a clean one.

Each step is one of the rules below, drawn by hypothesis; a failure is shrunk to the shortest story that shows it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.crash.conftest import Jobs, digests
from tests.crash.test_corruption import DAMAGES, markers, outputs
from tests.pipeline.small_years import configured, write_land

SAMPLES = "samples: {{polygons: reference_2023.gpkg, label: code, split: {{runs: 1, seed: {seed}}}}}\n"
# What a person edits: the draw, the model, the features, what is mapped, the windows.
CONFIGS = {
    "as it was": SAMPLES.format(seed=1) + "engine: {workers: 1, window: 20}\n",
    "other windows": SAMPLES.format(seed=1) + "engine: {workers: 1, window: 27}\n",
    "another draw": SAMPLES.format(seed=2) + "engine: {workers: 1, window: 20}\n",
    "more trees": SAMPLES.format(seed=1) + "engine: {workers: 1, window: 20}\nmodel: {kind: random_forest, trees: 7, max_depth: 8}\n",
    "other features": SAMPLES.format(seed=1) + "engine: {workers: 1, window: 20}\nperiod: {start: 2023-02-01, end: 2023-11-30, step: 50}\n",
    "boosted trees": SAMPLES.format(seed=2) + "engine: {workers: 1, window: 40}\nmodel: {kind: lightgbm, rounds: 4}\n",
}
WORDS = st.sampled_from(sorted(CONFIGS))
CHANCE = st.integers(0, 10**6)


def written(land: Path, root: Path, more: str) -> Path:
    """The file of a configuration."""
    configured(land, root, more)
    return next(path for path in land.glob("config_*.yaml") if path.read_text() == f"extends: base.yaml\noutput: {root}\n{more}")


class Resume(RuleBasedStateMachine):
    """A folder of a run, and what a person and fate do to it. jobs, land, clean: set by the test, shared by all stories."""

    jobs: Jobs
    land: Path
    clean: dict[str, dict[str, str]]

    @initialize(word=WORDS)
    def begin(self, word: str) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=self.land))
        self.root = self.folder / "run"
        self.word = word
        self.left = {name for files in self.clean.values() for name in files}

    def teardown(self) -> None:
        shutil.rmtree(getattr(self, "folder", self.land / "nothing"), ignore_errors=True)

    def _do(self, **fault: Any) -> Any:
        return self.jobs.do(do="map", config=written(self.land, self.root, CONFIGS[self.word]), **fault)

    @rule()
    def run(self) -> None:
        ended = self._do()
        assert (ended.killed, ended.code) == (0, 0), ended.text
        found = digests(self.root)
        clean = self.clean[self.word]
        assert {name: found.get(name) for name in clean} == clean
        assert set(found) - set(clean) <= self.left, "nothing but what another configuration had left"
        assert not [path for path in self.root.rglob("*") if ".part" in path.name]

    @rule(chance=CHANCE, when=st.sampled_from(("before", "after", "half")))
    def kill(self, chance: int, when: str) -> None:
        ended = self._do(kill=[chance % 300, when])
        assert ended.killed in (0, signal.SIGKILL)
        assert ended.code in (0, -1), ended.text

    @rule(chance=CHANCE)
    def fill_the_disk(self, chance: int) -> None:
        ended = self._do(most=500 + chance % 40_000)
        assert (ended.killed, ended.code) in ((0, 0), (0, 3)), ended.text

    @rule(word=WORDS)
    def edit(self, word: str) -> None:
        self.word = word

    @precondition(lambda self: self.root.exists())
    @rule(chance=CHANCE, damage=st.sampled_from(DAMAGES))
    def spoil_an_output(self, chance: int, damage: Any) -> None:
        self._spoil(outputs(self.root), chance, damage)

    @precondition(lambda self: self.root.exists())
    @rule(chance=CHANCE, damage=st.sampled_from(DAMAGES))
    def spoil_a_marker(self, chance: int, damage: Any) -> None:
        self._spoil(markers(self.root), chance, damage)

    @precondition(lambda self: self.root.exists())
    @rule(chance=CHANCE)
    def delete_a_file(self, chance: int) -> None:
        files = [*outputs(self.root), *markers(self.root)]
        if files:
            files[chance % len(files)].unlink()

    @precondition(lambda self: self.root.exists())
    @rule()
    def touch_everything(self) -> None:
        for path in outputs(self.root):
            os.utime(path)

    def _spoil(self, files: list[Path], chance: int, damage: Any) -> None:
        if files:
            path = files[chance % len(files)]
            if path.stat().st_size:
                damage(path, Random(chance))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, jobs: Jobs) -> type[Resume]:
    """The machine with a land to run on, and what clean runs of each configuration give."""
    land = write_land(tmp_path_factory.mktemp("land"), 2023)
    clean = {}
    for number, (word, more) in enumerate(CONFIGS.items()):
        root = land / f"clean{number}"
        ended = jobs.do(do="map", config=written(land, root, more))
        assert (ended.killed, ended.code) == (0, 0), ended.text
        assert len(ended.steps) < 300, "the moments of killing are drawn among all steps"
        clean[word] = digests(root)
    assert len({tuple(sorted(found.items())) for found in clean.values()}) == len(CONFIGS) - 1, "only the windows do not change the bytes"
    return type("Story", (Resume,), {"jobs": jobs, "land": land, "clean": clean})


def told(story: type[Resume], stories: int, steps: int) -> None:
    """Tell some stories; always the same ones."""
    checks = list(HealthCheck)
    run_state_machine_as_test(
        story,
        settings=settings(
            max_examples=stories, stateful_step_count=steps, deadline=None, derandomize=True, database=None, suppress_health_check=checks
        ),
    )


def test_a_few_stories(story: type[Resume]) -> None:
    told(story, 2, 5)


@pytest.mark.slow
def test_many_stories(story: type[Resume]) -> None:
    told(story, 20, 12)
