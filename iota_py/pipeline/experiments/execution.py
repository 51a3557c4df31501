"""The runs of an experiment: looked at all together, then done one after the other, each taking over what its siblings have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault, InputError, InterruptedRunError, IotaError, PartialRunError
from iota_py.io.publish import read_json, write_json
from iota_py.pipeline.delivered import manifest_is_current
from iota_py.pipeline.execution.graph import pending
from iota_py.pipeline.experiments.document import RECORD, STORE, Study, VariantRun, folders_of
from iota_py.pipeline.inputs.sources import reading_code
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.plans.train import make_train_plan
from iota_py.pipeline.preflight import check_disk, external_digests
from iota_py.pipeline.progress import Progress, Silent
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import Summary, prepare, run
from iota_py.pipeline.sharing import same_task
from iota_py.pipeline.state import State
from iota_py.products.store import unstored

DONE, FAILED = "done", "failed"
_COUNTED = "E-RUN-004"  # how many tasks of a run failed: said in another way here


@dataclass(frozen=True)
class Prospect:
    """What is to be done for a run. total, done: its tasks. shared: of the rest, those that another run has or will have made by then. todo: the others.

    Tasks whose results are only kept for a while are not counted.
    """

    run: VariantRun
    total: int
    done: int
    shared: int
    todo: int


@dataclass(frozen=True)
class Outlook:
    """An experiment before it runs. store: bytes of decoded acquisitions that are still to be written, at most, without compression."""

    study: Study
    prospects: tuple[Prospect, ...]
    store: int


@dataclass(frozen=True)
class Ended:
    """What became of a run. faults: empty when it is whole."""

    run: VariantRun
    summary: Summary | None
    faults: tuple[Fault, ...] = ()

    @property
    def ok(self) -> bool:
        """True when everything is there."""
        return not self.faults


Tell = Callable[[VariantRun], Progress]
Record = Callable[[VariantRun, Summary], None]


def look(study: Study, only: Sequence[str] = ()) -> Outlook:
    """Examine the inputs of every run and say what there is to do. Raises InputError or ConfigError with all the faults, before any work."""
    faults: dict[str, Fault] = {}
    found: list[tuple[VariantRun, Inventory, Plan]] = []
    for one in chosen(study, only):
        try:
            found.append((one, *prepare(one.config, planner_of(study))))
        except IotaError as error:
            faults |= {f"{fault.code} {fault.field} {fault.message}": fault for fault in error.faults}
    if faults:
        raise InputError(*faults.values())
    config, tiles = _with_store(study, [(one, inventory) for one, inventory, _ in found])
    study = replace(study, runs=tuple(config.get(run.name, run) for run in study.runs))
    return Outlook(study, tuple(_prospects(study, [(one, plan) for one, _, plan in found])), tiles)


def chosen(study: Study, only: Sequence[str]) -> tuple[VariantRun, ...]:
    """Runs by names of runs, variants or choices of an axis; all without names. Raises ConfigError E-EXP-008."""
    known = {word for run in study.runs for word in _words(run)}
    strange = [name for name in only if name not in known]
    if strange:
        raise ConfigError.of(
            Fault(
                "E-EXP-008", str(study.path), "--only", f"no variant `{name}`", f"there are: {', '.join(r.name for r in study.runs[:30])}"
            )
            for name in strange
        )
    return tuple(run for run in study.runs if not only or _words(run) & set(only))


def execute(outlook: Outlook, only: Sequence[str] = (), tell: Tell | None = None, record: Record | None = None) -> tuple[Ended, ...]:
    """Do what is missing of every run; one that fails does not stop the others.

    tell: shows the progress of a run. record: called once a run is whole. Raises InterruptedRunError when asked to stop, ConfigError when the disk
    has no room for the store.
    """
    study, ended = outlook.study, []
    if outlook.store:
        study.document.output.mkdir(parents=True, exist_ok=True)
        check_disk(study.document.output, outlook.store)
    for one in chosen(study, only):
        ended.append(_one(study, one, tell(one) if tell else Silent(), record))
        _note(study, ended[-1])
    return tuple(ended)


def failure(study: Study, ended: Sequence[Ended]) -> PartialRunError | None:
    """The error that tells of the runs that failed, None where none did."""
    bad = [one for one in ended if not one.ok]
    if not bad:
        return None
    told: dict[Fault, list[str]] = {}
    for one in bad:
        for fault in one.faults:
            if fault.code != _COUNTED:
                where = fault.where.replace(str(one.run.config.output), "")
                told.setdefault(replace(fault, where=where), []).append(one.run.name)
    faults = [replace(fault, where=": ".join(filter(None, (", ".join(names), fault.where)))) for fault, names in told.items()]
    text = f"{len(bad)} of {len(ended)} runs failed: {', '.join(one.run.name for one in bad)}{'; the others are whole' if len(bad) < len(ended) else ''}"
    return PartialRunError(*faults, Fault("E-EXP-009", str(study.path), "", text, "mend the cause and run again"))


def planner_of(study: Study) -> Callable[[RunConfig, Inventory], Plan] | None:
    """What decides the tasks of a run: the whole map, or models and scores alone."""
    if not study.document.train_only:
        return None
    return lambda config, inventory: make_train_plan(config, inventory, external_digests(config))


def read_record(study: Study) -> dict[str, Any]:
    """Content of `experiment.json`; an empty one where there is none."""
    try:
        content = read_json(study.document.output / RECORD)
    except (OSError, ValueError):
        content = {}
    return {"name": study.document.name, "runs": {}, **(content if isinstance(content, dict) else {})}


def write_record(study: Study, changes: Mapping[str, Any]) -> None:
    """Lay changes upon `experiment.json`."""
    write_json(study.document.output / RECORD, {**read_record(study), **changes})


def _one(study: Study, one: VariantRun, progress: Progress, record: Record | None) -> Ended:
    try:
        summary = run(one.config, progress, planner_of(study), folders_of(study))
        if not study.document.train_only and (not summary.nothing or not manifest_is_current(one.config.output, summary.plan)):
            write_manifest(one.config, summary.inventory, summary.plan, summary.started)
    except InterruptedRunError:
        raise
    except IotaError as error:
        return Ended(one, None, error.faults)
    if record is not None:
        try:
            record(one, summary)
        except IotaError as error:
            progress.warn(f"the run is not recorded in MLflow: {error}")
    return Ended(one, summary)


def _note(study: Study, ended: Ended) -> None:
    """Keep what became of a run; its seconds are those of the try that did the most."""
    runs = read_record(study)["runs"]
    before = runs.get(ended.run.name, {})
    summary = ended.summary
    entry = {
        "variant": ended.run.variant.name,
        "choices": {axis: choice.name for axis, choice in ended.run.variant.choices.items()},
        "seed": ended.run.seed,
        "status": DONE if ended.ok else FAILED,
        "faults": [fault.line() for fault in ended.faults],
        "ended": before.get("ended") if summary is not None and summary.nothing else dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    if summary is not None and summary.done + sum(summary.shared.values()) >= _tasks(before):
        entry |= {"executed": summary.executed, "shared": summary.shared, "seconds": round(summary.seconds, 3)}
    write_record(study, {"runs": {**runs, ended.run.name: {**before, **entry}}})


def _tasks(entry: Mapping[str, Any]) -> int:
    return sum(sum(entry.get(name, {}).values()) for name in ("executed", "shared"))


def _words(run: VariantRun) -> set[str]:
    return {run.name, run.variant.name, *(choice.name for choice in run.variant.choices.values())}


def _with_store(study: Study, found: Sequence[tuple[VariantRun, Inventory]]) -> tuple[dict[str, VariantRun], int]:
    """Runs that read their acquisitions from the store of the experiment, and its bytes that are not there yet."""
    maps = [(one, inventory) for one, inventory in found if inventory.tiles and one.config.engine.store is None]
    names = [tile.name for _, inventory in maps for tile in inventory.tiles]
    several = not study.document.train_only and len(set(names)) < len(names)
    wish = study.document.share.store
    if not (several if wish is None else wish and bool(names)):
        return {}, 0
    folder = study.document.output / STORE
    stored = {one.name: replace(one, config=with_store(one.config, folder)) for one, _ in maps}
    sizes = {tile.name: _missing_bytes(tile, folder) for _, inventory in maps for tile in inventory.tiles}
    return stored, sum(sizes.values())


def with_store(config: RunConfig, folder: Path) -> RunConfig:
    """The same configuration, its acquisitions kept decoded in a folder."""
    return config.model_copy(update={"engine": config.engine.model_copy(update={"store": folder})})


def _missing_bytes(tile: Tile, folder: Path) -> int:
    """Bytes of the observations of a tile that a store lacks: bands as int16 and a mask, not compressed."""
    rows, cols = tile.geobox.shape
    return sum(rows * cols * len(unstored(one, folder, reading_code())) * (2 * len(one.bands) + 1) for one in tile.series.values())


def _prospects(study: Study, plans: Sequence[tuple[VariantRun, Plan]]) -> list[Prospect]:
    """Counts of tasks, runs taken in order: a task with the same key is made by the first run that needs it."""
    made: set[tuple[str, str]] = set()
    prospects = []
    for one, plan in plans:
        state, tasks = State(one.config.output), plan.by_id()
        kept = [task for task in plan.tasks if not task.transient]
        wanted = pending(plan, state)
        missing = [task for task in kept if task.id in wanted]
        others = [State(folder) for folder in folders_of(study) if folder != one.config.output and folder.is_dir()]
        shared = [t for t in missing if (t.id, t.key) in made or any(same_task(state, other, t, tasks) for other in others)]
        made |= {(task.id, task.key) for task in kept}
        prospects.append(Prospect(one, len(kept), len(kept) - len(missing), len(shared), len(missing) - len(shared)))
    return prospects
