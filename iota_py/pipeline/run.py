"""A run: what is missing is done, stage by stage, and nothing else.

A bad acquisition found while reading is set aside for its whole tile and the plan is made anew, so that every window sees the same dates.
A task that fails blocks only those that need it; the others go on, and the run ends with a summary of what failed and why.
"""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.errors import Fault, InputError, InterruptedRunError, PartialRunError, StorageError
from iota_py.io.documents import yaml_text
from iota_py.io.publish import read_json, sweep, write_json, write_text
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import is_delivered
from iota_py.pipeline.disk import disk_estimate
from iota_py.pipeline.engine.opening import open_engine
from iota_py.pipeline.engine.protocol import Engine
from iota_py.pipeline.inputs.listing import describe_inputs, remarks
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.journal import Journal, journal_of
from iota_py.pipeline.lock import locked
from iota_py.pipeline.models.reuse import moved_sentence, note_version
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.vector import zones_sentence
from iota_py.pipeline.preflight import check_disk, examine, external_digests
from iota_py.pipeline.progress import Progress, Silent
from iota_py.pipeline.sharing import Siblings
from iota_py.pipeline.soundness import damage_sentence, forget_unsound
from iota_py.pipeline.stages import STAGES
from iota_py.pipeline.state import State
from iota_py.pipeline.system import sampled
from iota_py.pipeline.task import Outcome, Task, fingerprint
from iota_py.pipeline.timing import Spent, add_timings, bytes_in
from iota_py.pipeline.workspace import write_inventory
from iota_py.training.trainers import INTEL, choose_trainer


@dataclass(frozen=True)
class Summary:
    """What a run did, and of what. done: tasks executed. failed: outcomes of those that failed. executed: tasks by stage.

    shared: tasks by stage whose outputs were taken from runs of the same experiment.
    """

    root: Path
    inventory: Inventory
    plan: Plan
    done: int
    seconds: float
    started: str
    failed: tuple[Outcome, ...] = ()
    executed: dict[str, int] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """True when there was nothing to do."""
        return self.done == 0 and not self.failed and not self.shared


class _BadAcquisitionError(Exception):
    """Products were found unreadable: the plan has to be made anew without them."""


Planner = Callable[[RunConfig, Inventory], Plan]


def run(config: RunConfig, progress: Progress | None = None, planner: Planner | None = None, siblings: Sequence[Path] = ()) -> Summary:
    """Make everything that is missing of a run. Raises InputError before any work when something is wrong with the inputs.

    planner: says what is to be made, by default the map with all that goes with it. siblings: folders of runs whose results are taken over
    where nothing differs.

    Raises PartialRunError when tasks failed: what is there is whole, running again does the rest.
    """
    progress = progress or Silent()
    started, clock = dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), time.perf_counter()
    root = config.output
    inventory, plan = prepare(config, planner)
    trainer = choose_trainer(config.model)
    if plan.stage("train") and trainer.name == INTEL:
        progress.say("trainer", f"random forests are grown by {trainer}")
    with locked(root), _interruptible(), journal_of(config, progress) as journal, sampled(root / paths.SYSTEM):
        sweep(root)
        executed: dict[str, int] = {}
        others = Siblings(tuple(siblings))
        for sentence in (*remarks(inventory), damage_sentence(forget_unsound(plan, State(root), pending))):
            if sentence:
                journal.warn(sentence)
        with open_engine(config.engine, root / paths.STATE) as engine:
            while True:
                journal.say("inputs", describe_inputs(inventory))
                if zones := zones_sentence(inventory):
                    journal.say("zones", zones)
                if moved := moved_sentence(root, inventory):
                    journal.warn(moved)
                version = _write_settings(config, inventory)
                check_disk(root, disk_estimate(inventory, config))
                try:
                    failed = _do(root, version, plan, engine, journal, executed, others)
                    break
                except _BadAcquisitionError as bad:
                    journal.warn(str(bad))
                    inventory, plan = prepare(config, planner)
        summary = Summary(
            root, inventory, plan, sum(executed.values()), time.perf_counter() - clock, started, tuple(failed), executed, others.taken
        )
        if failed:
            raise PartialRunError(*_failures(failed, root))
        return summary


def prepare(config: RunConfig, planner: Planner | None = None) -> tuple[Inventory, Plan]:
    """Inventory and plan of a configuration, without the acquisitions that were found unreadable."""
    inventory = examine(config, read_bad(config.output))
    return inventory, planner(config, inventory) if planner else make_plan(config, inventory, external_digests(config))


def read_bad(root: Path) -> dict[str, str]:
    """Products found unreadable by earlier work on this run, with the reason; none where the list is damaged, since they will be found again."""
    try:
        return {str(name): str(reason) for name, reason in read_json(root / paths.BAD).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def pending(plan: Plan, state: State) -> set[str]:
    """Identifiers of the tasks that are to be done: not there, or needing something that is to be done."""
    wanted: set[str] = set()
    consumers = _consumers(plan)
    passing = {task.id for task in plan.tasks if task.transient}
    for task in plan.tasks:
        if any(need in wanted and need not in passing for need in task.needs) or not state.done(task):
            wanted.add(task.id)
    for task in plan.tasks:
        if task.transient and not any(c in wanted for c in consumers.get(task.id, ())):
            wanted.discard(task.id)
    return wanted


def _write_settings(config: RunConfig, inventory: Inventory) -> str:
    """Publish configuration and inventory; a fingerprint of both."""
    document = dump(config)
    write_text(config.output / paths.CONFIG, yaml_text(document))
    write_inventory(config.output, inventory)
    note_version(config.output, inventory)
    every = (inventory, *(season.inventory for season in inventory.seasons))
    return fingerprint([document, [[t.name, [str(s) for s in t.series.values()]] for i in every for t in i.tiles]])


_PASSING = {  # stage -> stage whose outputs it takes over
    "objects": "segments", "assemble": "predict", "object_map": "predict", "value_tiles": "values",
    "mosaic": "mosaic_parts", "value_maps": "value_parts", "feature_maps": "feature_windows",
}  # fmt: skip


def _do(
    root: Path, version: str, plan: Plan, engine: Engine, progress: Journal, executed: dict[str, int], others: Siblings
) -> list[Outcome]:
    """Do what is pending, stage by stage; the outcomes that failed."""
    progress.planned(plan.tasks)
    state, tasks, consumers = State(root), plan.by_id(), _consumers(plan)
    failed: list[Outcome] = []
    lost: set[str] = set()
    for stage in STAGES:
        every = plan.stage(stage)
        lost.update(t.id for t in every if any(need in lost for need in t.needs))
        others.take(root, every, tasks, consumers)
        todo = [t for t in every if t.id not in lost and _needed(t, state, tasks, consumers)]
        if stage in _PASSING.values():
            _remove_strays(root, every)
        if any(is_delivered(name) for task in todo for name in task.outputs):
            # It is written anew when all is there: until then nothing counts as handed over.
            (root / paths.MANIFEST).unlink(missing_ok=True)
        progress.start(stage, len(every), len(todo))
        start, worked, processor = time.perf_counter(), 0.0, 0.0
        outcomes = []
        for outcome in engine.run(root, version, todo) if todo else ():
            outcomes.append(outcome)
            worked += outcome.seconds
            processor += outcome.cpu
            progress.ended(stage, outcome)
        _refuse_bad(root, outcomes)
        bad = [o for o in outcomes if not o.ok]
        failed.extend(bad)
        lost.update(o.task for o in bad)
        if todo:
            executed[stage] = executed.get(stage, 0) + len(outcomes) - len(bad)
            add_timings(root, stage, len(outcomes), Spent(worked, time.perf_counter() - start, processor, bytes_in(root)))
        if stage in _PASSING and every:
            state.discard([t for t in plan.stage(_PASSING[stage]) if all(c not in lost for c in consumers[t.id])])
        progress.end(stage, time.perf_counter() - start)
    return failed


def _needed(task: Task, state: State, tasks: dict[str, Task], consumers: dict[str, list[str]]) -> bool:
    """Not done; and for a passing result, wanted by a task that is not done."""
    if task.transient and all(state.done(tasks[c]) for c in consumers.get(task.id, ())):
        return False
    return not state.done(task)


def _consumers(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    transient = {task.id for task in plan.tasks if task.transient}
    for task in plan.tasks:
        for need in task.needs:
            if need in transient:
                found.setdefault(need, []).append(task.id)
    return found


def _remove_strays(root: Path, tasks: tuple[Task, ...]) -> None:
    """Windows of another size, left by an interrupted run."""
    planned = {root / name for task in tasks for name in task.outputs}
    for folder in {path.parent for path in planned}:
        for path in folder.glob("*.tif") if folder.is_dir() else ():
            if path not in planned:
                path.unlink()


_UNWRITTEN = ("E-IO-001", "E-IO-002")  # of io: a file could not be written whole


def _refuse_bad(root: Path, outcomes: list[Outcome]) -> None:
    """Set unreadable products aside and ask for a new plan; stop at once when an input is unusable, or files cannot be written."""
    bad = {o.product: o.faults[0].line() for o in outcomes if o.product}
    if bad:
        write_json(root / paths.BAD, {**read_bad(root), **bad})
        raise _BadAcquisitionError(
            f"{len(bad)} acquisition(s) cannot be read and are set aside: {'; '.join(bad[key] for key in sorted(bad))}"
        )
    unwritten = [fault for o in outcomes for fault in o.faults if fault.code in _UNWRITTEN]
    if unwritten:  # the disk is full for all that follows too
        raise StorageError(*dict.fromkeys(unwritten))
    fatal = [fault for o in outcomes if o.exit_code == InputError.exit_code for fault in o.faults]
    if fatal:
        raise InputError(*fatal)


def _failures(failed: list[Outcome], root: Path) -> list[Fault]:
    faults = [fault for outcome in failed for fault in outcome.faults]
    again = Fault(
        "E-RUN-004",
        str(root),
        "",
        f"{len(failed)} tasks failed; what does not need them was done",
        f"mend the cause and run again; their traces are in {root / paths.LOG}",
    )
    return [*dict.fromkeys(faults), again]


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run with one exception; running again resumes it."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: the caller handles signals
        before = None
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedRunError(Fault("E-RUN-130", "run", "", "stopped on request", "run again to resume")) from None
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
