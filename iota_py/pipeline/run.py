"""A run: what is missing is done, and nothing else, each task as soon as what it needs is there.

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
from iota_py.errors import Fault, InterruptedRunError, PartialRunError
from iota_py.io.documents import yaml_text
from iota_py.io.publish import sweep, write_text
from iota_py.pipeline import paths
from iota_py.pipeline.disk import disk_estimate
from iota_py.pipeline.engine.opening import open_engine
from iota_py.pipeline.execution.dispatch import BadAcquisitionError, Place, carry_out
from iota_py.pipeline.execution.graph import pending
from iota_py.pipeline.execution.tally import Tally, idle_sentence
from iota_py.pipeline.inputs.listing import describe_inputs, remarks
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.journal import journal_of
from iota_py.pipeline.lock import locked
from iota_py.pipeline.models.reuse import moved_sentence, note_version
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.vector import zones_sentence
from iota_py.pipeline.preflight import check_disk, examine, external_digests
from iota_py.pipeline.progress import Progress, Silent
from iota_py.pipeline.set_aside import read_bad
from iota_py.pipeline.sharing import Siblings
from iota_py.pipeline.soundness import damage_sentence, forget_unsound
from iota_py.pipeline.state import KnownState
from iota_py.pipeline.system import sampled
from iota_py.pipeline.task import Outcome, fingerprint
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
        others = Siblings(tuple(siblings))
        wanted, damaged = forget_unsound(plan, KnownState(root))
        for sentence in (*remarks(inventory), damage_sentence(damaged)):
            if sentence:
                journal.warn(sentence)
        with open_engine(config.engine, root / paths.STATE) as engine:
            place, tally = Place(root, engine, journal, others), Tally(root, journal, lambda: engine.workers)
            while True:
                journal.say("inputs", describe_inputs(inventory))
                if zones := zones_sentence(inventory):
                    journal.say("zones", zones)
                if moved := moved_sentence(root, inventory):
                    journal.warn(moved)
                version = _write_settings(config, inventory)
                check_disk(root, disk_estimate(inventory, config))
                try:
                    failed = carry_out(place, version, plan, tally, wanted)
                    break
                except BadAcquisitionError as bad:
                    journal.warn(str(bad))
                    inventory, plan = prepare(config, planner)
                    wanted = pending(plan, KnownState(root))
            if tally.executed:
                journal.say("workers", f"{engine.workers}, {idle_sentence(tally.idle, tally.usage.unused.idle, tally.usage.capacity)}")
        sweep(root)  # a worker that was killed cannot take its unfinished files away
        summary = Summary(
            root,
            inventory,
            plan,
            sum(tally.executed.values()),
            time.perf_counter() - clock,
            started,
            tuple(failed),
            tally.executed,
            others.taken,
        )
        if failed:
            raise PartialRunError(*_failures(failed, root))
        return summary


def prepare(config: RunConfig, planner: Planner | None = None) -> tuple[Inventory, Plan]:
    """Inventory and plan of a configuration, without the acquisitions that were found unreadable."""
    inventory = examine(config, read_bad(config.output))
    return inventory, planner(config, inventory) if planner else make_plan(config, inventory, external_digests(config))


def _write_settings(config: RunConfig, inventory: Inventory) -> str:
    """Publish configuration and inventory; a fingerprint of both."""
    document = dump(config)
    write_text(config.output / paths.CONFIG, yaml_text(document))
    write_inventory(config.output, inventory)
    note_version(config.output, inventory)
    every = (inventory, *(season.inventory for season in inventory.seasons))
    return fingerprint([document, [[t.name, [str(s) for s in t.series.values()]] for i in every for t in i.tiles]])


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
