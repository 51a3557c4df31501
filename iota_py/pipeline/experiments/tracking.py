"""The record of an experiment in MLflow: one run that holds the comparison, the runs of the variants nested under it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from iota_py.assessment.experiment.values import Comparison
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, StorageError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.experiments.compare import tracked_values
from iota_py.pipeline.experiments.document import NUMBERS, PAGE, TABLE, Study, VariantRun
from iota_py.pipeline.experiments.execution import read_record, write_record
from iota_py.pipeline.record import track, tracking_uri
from iota_py.pipeline.run import Summary
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.provenance import scrub
from iota_py.tracking.record import Artifact, RunRecord

TAG, VARIANT = "iota_py.experiment", "variant"


def tracked(study: Study) -> bool:
    """Whether runs are recorded: models without a map are not, as with `iota-py train`."""
    return not study.document.train_only and study.runs[0].config.tracking.enabled


def open_record(study: Study) -> str:
    """The run of the experiment in MLflow, made at the first time. Raises StorageError when the store does not answer."""
    tracker, place = _tracker(study.runs[0].config)
    earlier = read_record(study).get("tracking", {})
    if earlier.get("place") == place and _stands(tracker, str(earlier["run"])):
        return str(earlier["run"])
    document = study.document
    parameters = {"base": document.base.name, "score": document.score, "runs": len(study.runs), "train_only": document.train_only}
    parameters |= {f"axis.{axis.name}": ", ".join(choice.name for choice in axis.choices) for axis in study.axes}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    tags = {TAG: document.name, "question": document.question} if document.question else {TAG: document.name}
    run = tracker.log(RunRecord(document.name, parameters, tags=tags, artifacts=(Artifact(study.path),), started=now, ended=now))
    write_record(study, {"tracking": {"place": place, "run": run}})
    return run


def record_run(study: Study, parent: str | None, one: VariantRun, summary: Summary) -> None:
    """Record a variant under its experiment, once for each state of its results. Raises StorageError: the record then waits in the queue."""
    tags = {TAG: study.document.name, VARIANT: one.variant.name, **({} if one.seed is None else {"seed": str(one.seed)})}
    track(one.config, summary.inventory, summary.started, parent=parent, tags=tags)


def record_comparison(study: Study, data: Comparison) -> str:
    """Lay the page, the table and the numbers of a comparison upon the run of the experiment; its identifier."""
    run, output = open_record(study), study.document.output
    files = tuple(Artifact(output / name) for name in (PAGE, TABLE, NUMBERS))
    tracker, _ = _tracker(study.runs[0].config)
    tracker.add(run, RunRecord(study.document.name, metrics=tracked_values(data), artifacts=files))
    return run


def record_page(data: Comparison, first: Path, folder: Path) -> str | None:
    """Lay the comparison of named runs upon the MLflow run of the first of them, where it is recorded; that run.

    first: folder of that run. folder: of the comparison. Raises StorageError when the store does not answer.
    """
    receipt = first / paths.TRACKING
    if not receipt.exists():
        return None
    found = read_json(receipt)
    files = tuple(Artifact(folder / name, "compare") for name in (PAGE, TABLE, NUMBERS))
    MlflowTracker(str(found["uri"]), str(found["experiment"])).add(str(found["run"]), RunRecord(data.title, artifacts=files))
    return str(found["run"])


def _stands(tracker: MlflowTracker, run: str) -> bool:
    try:
        tracker.add(run, RunRecord("experiment"))
    except (ConfigError, StorageError):
        return False
    return True


def _tracker(config: RunConfig) -> tuple[MlflowTracker, list[str]]:
    """A tracker, and how its place is remembered."""
    uri = tracking_uri(config)
    return MlflowTracker(uri, config.tracking.experiment), [scrub(uri), config.tracking.experiment]
