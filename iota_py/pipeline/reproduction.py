"""Is a finished run what it says? A part of its tasks is done again beside it, and each file compared by SHA-256 with the run's markers.

The tasks run in a temporary folder that sees every other file of the run through links, so that each is made from what it was made from then;
nothing in the folder of the run is written. Windows of a map are gone when their tile is assembled, but the marker of the tile keeps their
digests. Pages that show how long things took are not compared.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from iota_py.config.engine import Engine as EngineOptions
from iota_py.config.loading import user_code_faults
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.documents import read_yaml, yaml_text
from iota_py.io.publish import read_json, write_text
from iota_py.pipeline import paths
from iota_py.pipeline.engine.opening import open_engine
from iota_py.pipeline.engine.protocol import Listed
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.records.changes import changes_since
from iota_py.pipeline.run import prepare
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Outcome, Task, fingerprint

TIMED = ("report", "value_report")  # they show how long things took
GATHERED = 16  # windows or parts at most that a task drawn by chance may take over: they are all made again with it
_LEFT = (paths.LOCK, paths.CONFIG, "log")
Watch = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is done again: a share of the tasks of each stage, or a number of tasks, or all. seed: of the draw."""

    share: float = 0.05
    tasks: int | None = None
    every: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Compared:
    """A task done again. files: number of files compared. faults: what differs (E-REP-002), or why it could not be done (E-REP-003)."""

    task: str
    stage: str
    files: int
    seconds: float
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Reproduction:
    """What came of it. possible: number of tasks that can be compared, by stage. changes: sentences, what is another than then."""

    compared: tuple[Compared, ...]
    possible: Mapping[str, int]
    changes: tuple[str, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Of all tasks."""
        return tuple(fault for one in self.compared for fault in one.faults)


def reproduce(root: Path, wish: Wish, *, allowed: bool = False, watch: Watch = lambda name: None) -> Reproduction:
    """Do a part of a run again and compare. allowed: functions of users may run. watch: called with the name of each task that was done.

    Raises InputError: E-REP-001 no finished run there, E-REP-004 nothing of it can be compared; and as `prepare` where its inputs are gone.
    """
    root = root.resolve()
    config = _config(root, allowed)
    _, plan = prepare(config)
    state, tasks = State(root), plan.by_id()
    recorded = _recorded(plan, state)
    if not recorded:
        text = "none of its tasks can be compared: it is of another version, or its inputs are others"
        raise InputError(Fault("E-REP-004", str(root), "", text, "iota-py plan CONFIG tells what a run would do"))
    drawn = _gathered(_draw(recorded, tasks, wish), tasks)
    changes = [*changes_since(_manifest(root), plan), *_moved(recorded, state, tasks)]
    with tempfile.TemporaryDirectory(prefix="iota_py_") as folder:
        place = Path(folder)
        _mirror(root, place, [tasks[name] for name in drawn])
        write_text(place / paths.CONFIG, yaml_text(_document(config, place)))
        compared = tuple(_compare(_Twice(state, State(place), recorded), [tasks[name] for name in drawn], config, watch))
    possible: dict[str, int] = {}
    for name in recorded:
        possible[tasks[name].stage] = possible.get(tasks[name].stage, 0) + 1
    return Reproduction(compared, possible, tuple(changes))


def _config(root: Path, allowed: bool) -> RunConfig:
    path = root / paths.CONFIG
    if not path.is_file() or not (root / paths.STATE).is_dir():
        raise InputError(Fault("E-REP-001", str(root), "", "no finished run here (no config.yaml, or no markers)", "iota-py run CONFIG"))
    try:
        config = RunConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        text = f"not a configuration that this version of iota_py reads ({error.error_count()} faults)"
        raise InputError(Fault("E-REP-001", str(path), "", text, "run it again with this version: iota-py run CONFIG")) from error
    if faults := user_code_faults(config, path, allowed, anywhere=True):
        raise ConfigError(*faults)
    return config.model_copy(update={"output": root})


def _manifest(root: Path) -> Mapping[str, Any]:
    try:
        found = read_json(root / paths.MANIFEST)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _recorded(plan: Plan, state: State) -> dict[str, Mapping[str, str] | str]:
    """What is known of the outputs of each task: the SHA-256 of its files, or one digest of what is gone."""
    found: dict[str, Mapping[str, str] | str] = {}
    tasks = plan.by_id()
    for task in plan.tasks:
        marker = state.read(task.id) if task.outputs and task.stage not in TIMED else None
        if marker is None or task.transient:
            continue
        found[task.id] = {name: str(entry["sha256"]) for name, entry in marker["files"].items()}
        found.update({n: str(digest) for n, digest in marker["needs"].items() if n in tasks and tasks[n].transient and tasks[n].outputs})
    return found


def _draw(recorded: Mapping[str, Any], tasks: Mapping[str, Task], wish: Wish) -> list[str]:
    """Tasks by chance, of every stage, windows of the map first."""
    if wish.every:
        return list(recorded)
    chance = random.Random(f"iota_py reproduce {wish.seed}")  # noqa: S311 - a draw that can be made again
    stages: dict[str, list[str]] = {}
    for name in sorted(recorded):
        if len(_passing(tasks[name], tasks)) <= GATHERED:
            stages.setdefault(tasks[name].stage, []).append(name)
    order = sorted(stages, key=lambda stage: (not tasks[stages[stage][0]].transient, chance.random()))
    for stage in order:
        chance.shuffle(stages[stage])
    if wish.tasks is None:
        return [name for stage in order for name in stages[stage][: max(1, round(wish.share * len(stages[stage])))]]
    rounds = max(map(len, stages.values()), default=0)
    return [stages[stage][turn] for turn in range(rounds) for stage in order if turn < len(stages[stage])][: wish.tasks]


def _passing(task: Task, tasks: Mapping[str, Task]) -> list[str]:
    """Tasks whose outputs it takes over, which are gone since."""
    return [name for name in task.needs if name in tasks and tasks[name].transient and tasks[name].outputs]


def _gathered(drawn: Sequence[str], tasks: Mapping[str, Task]) -> list[str]:
    """Those drawn with those that they take over, in the order of the plan."""
    wanted, more = set[str](), list(drawn)
    while more:
        name = more.pop()
        if name not in wanted:
            wanted.add(name)
            more += _passing(tasks[name], tasks)
    return [name for name in tasks if name in wanted]


def _moved(recorded: Mapping[str, Any], state: State, tasks: Mapping[str, Task]) -> list[str]:
    """Stages whose tasks would have another key today: their settings, inputs or code are others than those of the run."""
    keys = {name: (state.read(name) or {}).get("key") for name in recorded if not tasks[name].transient}
    moved = dict.fromkeys(tasks[name].stage for name, key in keys.items() if key != tasks[name].key)
    return [f"settings, inputs or code of these stages are not those of the run: {', '.join(moved)}"] if moved else []


def _mirror(root: Path, place: Path, drawn: Sequence[Task]) -> None:
    """Links to every file of a run but those that will be made again."""
    state = State(root)
    made = {root / name for task in drawn for name in task.outputs} | {state.marker(task.id) for task in drawn}
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [name for name in folders if here / name not in made and (here != root or name not in _LEFT)]
        (place / here.relative_to(root)).mkdir(parents=True, exist_ok=True)
        for name in names:
            if here / name not in made and (here != root or name not in _LEFT):
                os.symlink(here / name, place / here.relative_to(root) / name)


def _document(config: RunConfig, place: Path) -> dict[str, Any]:
    """The configuration in another folder: nothing is read from a store, and no delivery is noted anywhere."""
    document = dump(config) | {"output": str(place)}
    document["engine"] = {**document["engine"], "store": None}
    if document["product"] is not None:
        document["product"] = {**document["product"], "releases": None}
    return document


@dataclass(frozen=True)
class _Twice:
    """A run, its second time, and what is known of the first."""

    first: State
    second: State
    recorded: Mapping[str, Mapping[str, str] | str]
    lost: set[str] = field(default_factory=set)


def _compare(twice: _Twice, drawn: Sequence[Task], config: RunConfig, watch: Watch) -> Iterator[Compared]:
    """Do the tasks, stage by stage, and compare; what was made again then gives way to what the run has."""
    workers = config.engine.worker_count if config.engine.kind == "joblib" else "all"
    by_id, place = {task.id: task for task in drawn}, twice.second.root
    with open_engine(EngineOptions(kind="joblib", workers=workers), place / paths.STATE) as engine:
        for stage in dict.fromkeys(task.stage for task in drawn):
            todo = [task for task in drawn if task.stage == stage and not twice.lost & set(task.needs)]
            for outcome in engine.run(place, fingerprint(str(place)), Listed(todo, max(1, engine.workers // max(1, len(todo))))):
                watch(outcome.task)
                yield _compared(twice, by_id[outcome.task], outcome)


def _compared(twice: _Twice, task: Task, outcome: Outcome) -> Compared:
    if not outcome.ok:
        twice.lost.add(task.id)
        text = f"could not be made again: {outcome.faults[0].line()}"
        return Compared(task.id, task.stage, 0, outcome.seconds, (Fault("E-REP-003", task.id, "", text, "mend the cause and try again"),))
    then = twice.recorded[task.id]
    marker = twice.second.read(task.id) or {"files": {}, "digest": ""}
    if isinstance(then, str):
        now, then = {task.outputs[0]: str(marker["digest"])}, {task.outputs[0]: then}
    else:
        now = {name: str(entry["sha256"]) for name, entry in marker["files"].items()}
        _restore(twice, task)
    faults = [_fault(task, name, then.get(name), now.get(name)) for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    return Compared(task.id, task.stage, len({*then, *now}), outcome.seconds, tuple(faults))


def _fault(task: Task, name: str, then: str | None, now: str | None) -> Fault:
    words = [f"SHA-256 {digest[:12]}…" if digest else "no such file" for digest in (now, then)]
    return Fault("E-REP-002", task.id, name, f"{words[0]} when made again, {words[1]} in the run")


def _restore(twice: _Twice, task: Task) -> None:
    """What follows is to be made from what the run has, so that one difference is not told of all that comes after it."""
    place, root = twice.second.root, twice.first.root
    for name in task.outputs:
        shutil.rmtree(place / name) if (place / name).is_dir() else (place / name).unlink(missing_ok=True)
    twice.second.forget(task)
    recorded = twice.recorded[task.id]
    for name in (*recorded, twice.first.marker(task.id).relative_to(root).as_posix()):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(root / name, place / name)
