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
from typing import TYPE_CHECKING

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.publish import json_text
from iota_py.tracking.entries import MAX_DIGEST, MAX_TAG, entries_of, merged_datasets, metric_name
from iota_py.tracking.location import artifact_location, check_uri, probe, unreachable, writing_alone
from iota_py.tracking.provenance import scrub
from iota_py.tracking.record import Artifact, DatasetRecord, RunRecord, utc_milliseconds

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric

PARENT_TAG = "mlflow.parentRunId"
CONTEXT_TAG = "mlflow.data.context"
RECORD_TAG = "iota_py.record"
FAILURE_TAG = "iota_py.failure"
_NOISY_LOGGER = "mlflow.store.db.utils"


@dataclass(frozen=True)
class MlflowTracker:
    """Keeps records in an MLflow store. uri: see `location.check_uri`. experiment: created on first use.

    Raises ConfigError when the URI names no store that MLflow accepts.
    """

    uri: str
    experiment: str

    def __post_init__(self) -> None:
        check_uri(self.uri)

    def log(self, record: RunRecord, replace: str | None = None) -> str:
        """Store the record and its children; the identifier of the parent run.

        replace: the run of an earlier record. It and its children are deleted first (MLflow keeps deleted runs until `mlflow gc`);
        one that is already gone is no error. When storing fails midway, the runs begun are marked FAILED with the reason in the tag
        `iota_py.failure`. Raises InputError for artifacts that are missing (nothing is stored), StorageError when the store does not
        answer, is locked or refuses, ConfigError for a deleted experiment or a `replace` that this tracker did not write.
        """
        _require_artifacts(record)
        probe(self.uri)
        with _store_errors(self.uri):
            with writing_alone(self.uri):
                client = _client(self.uri)
                experiment = self._experiment_id(client)
            if replace is not None:
                _delete_record(client, replace)
            return _log_tree(client, experiment, record)

    def _experiment_id(self, client: MlflowClient) -> str:
        found = client.get_experiment_by_name(self.experiment)
        if found is None:
            return client.create_experiment(self.experiment, artifact_location=artifact_location(self.uri))
        if found.lifecycle_stage != "active":
            fix = f"restore it with `mlflow experiments restore --experiment-id {found.experiment_id}`, or choose another name"
            raise ConfigError(
                Fault("E-TRK-004", scrub(self.uri), "tracking.experiment", f"the experiment {self.experiment} was deleted", fix)
            )
        return str(found.experiment_id)


def _client(uri: str) -> MlflowClient:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


@contextmanager
def _store_errors(uri: str) -> Iterator[None]:
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
    finally:
        logger.setLevel(level)


def _log_tree(client: MlflowClient, experiment: str, record: RunRecord, parent: str | None = None) -> str:
    tags = {RECORD_TAG: "child" if parent else "parent", **({PARENT_TAG: parent} if parent else {})}
    start = utc_milliseconds(record.started) if record.started else None
    run = str(client.create_run(experiment, start_time=start, tags=tags, run_name=record.name).info.run_id)
    try:
        _fill(client, run, record)
        for child in record.children:
            _log_tree(client, experiment, child, run)
        client.set_terminated(run, "FINISHED", utc_milliseconds(record.ended) if record.ended else None)
    except BaseException as error:
        _mark_failed(client, run, error)
        raise
    return run


def _fill(client: MlflowClient, run: str, record: RunRecord) -> None:
    from mlflow.entities import Metric, Param, RunTag

    entries = entries_of(record)
    now = time.time_ns() // 1_000_000
    # One call: the client itself cuts it where the limits of MLflow ask for it, metrics filling up the first request.
    client.log_batch(
        run,
        metrics=[*(Metric(key, value, now, 0) for key, value in entries.metrics.items()), *_steps(record, now)],
        params=[Param(key, value) for key, value in entries.parameters.items()],
        tags=[RunTag(key, value) for key, value in entries.tags.items()],
    )
    if record.datasets:
        client.log_inputs(run, datasets=[_dataset_input(dataset, contexts) for dataset, contexts in merged_datasets(record.datasets)])
    for name, content in entries.documents.items():
        client.log_text(run, json_text(content), name)
    for artifact in record.artifacts:
        store = client.log_artifacts if artifact.path.is_dir() else client.log_artifact
        store(run, str(artifact.path), artifact.folder or None)


def _steps(record: RunRecord, now: int) -> Iterator[Metric]:
    from mlflow.entities import Metric

    for key, values in record.history.items():
        for step, value in enumerate(values):
            if math.isfinite(value):
                yield Metric(metric_name(key), value, now, step)


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


def _delete_record(client: MlflowClient, run: str) -> None:
    """Soft delete of a record, children before their parent: cut short, the parent is still there to be replaced."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_run(run)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return
        raise
    if RECORD_TAG not in found.data.tags:
        message = f"the run {run} is not a record of this package and is left alone"
        raise ConfigError(Fault("E-TRK-005", found.info.run_name or run, "replace", message, "replace only runs that this package logged"))
    if found.info.lifecycle_stage == "active":
        for child in _children(client, str(found.info.experiment_id), run):
            _delete_record(client, child)
        client.delete_run(run)


def _children(client: MlflowClient, experiment: str, run: str) -> list[str]:
    found: list[str] = []
    page = None
    while True:
        runs = client.search_runs([experiment], f"tags.`{PARENT_TAG}` = '{run}'", page_token=page)
        found += [str(child.info.run_id) for child in runs]
        page = runs.token
        if not page:
            return found


def _require_artifacts(record: RunRecord) -> None:
    missing = [str(artifact.path) for artifact in _artifacts(record) if not artifact.path.exists()]
    if missing:
        fix = "run again: the step that writes it is redone"
        raise InputError.of(Fault("E-TRK-003", path, "", "to be stored with the run, and is missing", fix) for path in missing)


def _artifacts(record: RunRecord) -> Iterator[Artifact]:
    yield from record.artifacts
    for child in record.children:
        yield from _artifacts(child)
