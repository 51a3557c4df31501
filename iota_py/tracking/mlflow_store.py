"""The MLflow tracker: one parent run per config, one nested run per child, written through a client of its own.

Nothing of MLflow's global state is read or changed (tracking URI, active experiment, active run), so a user's own MLflow code in the
same process goes on undisturbed. MLflow is imported on first use: it takes seconds. Models are stored as plain files, since a
model flavour would pickle them.
"""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.publish import json_text
from iota_py.tracking.entries import MAX_DIGEST, MAX_TAG, entries_of, merged_datasets, metric_name
from iota_py.tracking.location import artifact_location, check_uri, probe, unreachable, without_driver, writing_alone
from iota_py.tracking.patience import AFTER_A_RUN, Deadline, Patience, waiting
from iota_py.tracking.provenance import scrub
from iota_py.tracking.record import Artifact, DatasetRecord, RunRecord, utc_milliseconds
from iota_py.tracking.standing import CHILD, KEY_TAG, PARENT_TAG, RECORD_TAG, remove_doubles, require_own, retire, standing

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric

CONTEXT_TAG = "mlflow.data.context"
FAILURE_TAG = "iota_py.failure"
# The pages of such an experiment are those of models, not of conversations, and its runs are sorted by this metric.
_EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.experiment.primaryMetric.name": "f1_macro",
    "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
}
_NOISY_LOGGER = "mlflow.store.db.utils"


@dataclass(frozen=True)
class MlflowTracker:
    """Keeps records in an MLflow store. uri: see `location.check_uri`. experiment: created on first use. beside: folder for the files of a
    database that is neither SQLite nor behind a server.

    Raises ConfigError when the URI names no store that MLflow accepts.
    """

    uri: str
    experiment: str
    patience: Patience = AFTER_A_RUN
    beside: Path | None = None

    def __post_init__(self) -> None:
        check_uri(self.uri)

    def log(self, record: RunRecord, replace: str | None = None, parent: str | None = None) -> str:
        """Store the record and its children; the identifier of its run.

        parent: run that this record is nested under, as a variant under its experiment. replace: the run of an earlier record. It and its
        children are deleted once the new one is whole (MLflow keeps deleted runs until `mlflow gc`), unless a registered model stands for
        it; one that is already gone is no error. A record with a key replaces all of the same `who`, and is not stored again when it is
        there. When storing fails midway, the runs begun are marked FAILED with the reason in the tag `iota_py.failure`.

        Raises InputError for artifacts that are missing (nothing is stored), StorageError when the store does not answer in time, is locked
        or refuses, ConfigError for a deleted experiment or a `replace` that this tracker did not write.
        """
        _require_artifacts(record)
        probe(self.uri)
        with waiting(self.patience), store_errors(self.uri):
            with writing_alone(self.uri):
                client = client_of(self.uri)
                experiment = self._experiment_id(client)
            if replace is not None:
                require_own(client, replace)
            sender = Sender(client, experiment, self.patience.deadline(self.uri, _size(record)))
            run = standing(client, experiment, record) or _log_tree(sender, record, parent)
            retire(client, experiment, record.key, run, replace)
            return run

    def add(self, run: str, record: RunRecord) -> None:
        """Lay metrics, tags and artifacts of a record upon a run that is there; it keeps its place, its children and what else it holds.

        Raises as `log`, and StorageError for a run that is gone.
        """
        _require_artifacts(record)
        probe(self.uri)
        with waiting(self.patience), store_errors(self.uri):
            client = client_of(self.uri)
            require_own(client, run)
            _fill(Sender(client, "", self.patience.deadline(self.uri, _size(record))), run, record)

    def _experiment_id(self, client: MlflowClient) -> str:
        found = client.get_experiment_by_name(self.experiment)
        if found is None:
            location = artifact_location(self.uri, self.beside)
            return str(client.create_experiment(self.experiment, artifact_location=location, tags=_EXPERIMENT_TAGS))
        if found.lifecycle_stage != "active":
            fix = f"restore it with `mlflow experiments restore --experiment-id {found.experiment_id}`, or choose another name"
            raise ConfigError(
                Fault("E-TRK-004", scrub(self.uri), "tracking.experiment", f"the experiment {self.experiment} was deleted", fix)
            )
        return str(found.experiment_id)


@dataclass(frozen=True)
class Sender:
    """What a record is sent with: a client, the experiment, and when it must be there."""

    client: MlflowClient
    experiment: str
    deadline: Deadline


def client_of(uri: str) -> MlflowClient:
    """A client of a store and of the registry in it, apart from MLflow's global state."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Errors of the store as StorageError, and its logger silent: it tells of migrations and prints the trace of what is raised anyway."""
    # MLflow reads it when it is imported, then at each call. A value that the user has set stays.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    logger = logging.getLogger(_NOISY_LOGGER)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError, OSError) as error:
        raise unreachable(uri, error) from error
    except ModuleNotFoundError as error:
        raise without_driver(uri, error) from error
    finally:
        logger.setLevel(level)


def _log_tree(sender: Sender, record: RunRecord, parent: str | None = None, role: str = "parent") -> str:
    sender.deadline.check()
    tags = {RECORD_TAG: role, **({PARENT_TAG: parent} if parent else {}), **({KEY_TAG: record.key} if record.key else {})}
    start = utc_milliseconds(record.started) if record.started else None
    run = str(sender.client.create_run(sender.experiment, start_time=start, tags=tags, run_name=record.name).info.run_id)
    try:
        _fill(sender, run, record)
        children = {_log_tree(sender, child, run, CHILD) for child in record.children}
        remove_doubles(sender.client, sender.experiment, run, children)
        sender.client.set_terminated(run, "FINISHED", utc_milliseconds(record.ended) if record.ended else None)
    except BaseException as error:
        _mark_failed(sender.client, run, error)
        raise
    return run


def _fill(sender: Sender, run: str, record: RunRecord) -> None:
    from mlflow.entities import Metric, Param, RunTag

    client, entries = sender.client, entries_of(record)
    now = time.time_ns() // 1_000_000
    # One call: the client itself cuts it where the limits of MLflow ask for it, metrics filling up the first request.
    client.log_batch(
        run,
        metrics=[*(Metric(key, value, now, 0) for key, value in entries.metrics.items()), *_steps(record, now), *_timed(record)],
        params=[Param(key, value) for key, value in entries.parameters.items()],
        tags=[RunTag(key, value) for key, value in entries.tags.items()],
    )
    if record.datasets:
        client.log_inputs(run, datasets=[_dataset_input(dataset, contexts) for dataset, contexts in merged_datasets(record.datasets)])
    for name, content in entries.documents.items():
        client.log_text(run, json_text(content), name)
    for artifact in record.artifacts:
        sender.deadline.check()
        store = client.log_artifacts if artifact.path.is_dir() else client.log_artifact
        store(run, str(artifact.path), artifact.folder or None)


def _steps(record: RunRecord, now: int) -> Iterator[Metric]:
    from mlflow.entities import Metric

    for key, values in record.history.items():
        for step, value in enumerate(values):
            if math.isfinite(value):
                yield Metric(metric_name(key), value, now, step)


def _timed(record: RunRecord) -> Iterator[Metric]:
    from mlflow.entities import Metric

    for key, points in record.timed.items():
        for step, (moment, value) in enumerate(points):
            if math.isfinite(value):
                yield Metric(metric_name(key), value, moment, step)


def _dataset_input(dataset: DatasetRecord, contexts: str) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = scrub(dataset.source)
    kind, key = ("http", "url") if source.startswith(("http://", "https://")) else ("local", "uri")
    return DatasetInput(
        Dataset(dataset.name, dataset.digest[:MAX_DIGEST], kind, json.dumps({key: source}), profile=scrub(json_text(dataset.profile))),
        [InputTag(CONTEXT_TAG, contexts), InputTag("iota_py.digest", dataset.digest)],
    )


def _mark_failed(client: MlflowClient, run: str, error: BaseException) -> None:
    """Best effort: the store may be what failed, and the first error is the one to tell."""
    from mlflow.exceptions import MlflowException

    with suppress(MlflowException, OSError):
        client.set_tag(run, FAILURE_TAG, scrub(f"{type(error).__name__}: {error}")[:MAX_TAG])
        client.set_terminated(run, "FAILED" if isinstance(error, Exception) else "KILLED")


def _require_artifacts(record: RunRecord) -> None:
    missing = [str(artifact.path) for artifact in _artifacts(record) if not artifact.path.exists()]
    if missing:
        fix = "run again: the step that writes it is redone"
        raise InputError.of(Fault("E-TRK-003", path, "", "to be stored with the run, and is missing", fix) for path in missing)


def _size(record: RunRecord) -> int:
    """Bytes of the files of a record."""
    places = (artifact.path for artifact in _artifacts(record))
    files = (file for place in places for file in (place.rglob("*") if place.is_dir() else (place,)))
    return sum(file.stat().st_size for file in files if file.is_file())


def _artifacts(record: RunRecord) -> Iterator[Artifact]:
    yield from record.artifacts
    for child in record.children:
        yield from _artifacts(child)
