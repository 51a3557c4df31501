"""Which records of a store stand, and which have had their day: one for each `who`, none doubled by a request that was sent twice.

A client that gets no answer asks again, and the server may have done both. A record is therefore known by the tag `iota_py.record_key`,
which it has from its first request; what has the tag and is not the record that stands is deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from iota_py.errors import ConfigError, Fault
from iota_py.tracking.record import RunRecord, utc_milliseconds

if TYPE_CHECKING:
    from mlflow import MlflowClient

PARENT_TAG = "mlflow.parentRunId"
RECORD_TAG = "iota_py.record"
KEY_TAG = "iota_py.record_key"
SUPERSEDED_TAG = "iota_py.superseded_by"
CHILD = "child"  # role of what a record holds for a region or a draw, in RECORD_TAG
_WHOLE = "FINISHED"


def standing(client: MlflowClient, experiment: str, record: RunRecord) -> str | None:
    """The run that holds this record whole, or a later one of the same `who`; None without one, and for a record without a key."""
    if not record.key:
        return None
    ended = utc_milliseconds(record.ended) if record.ended else 0
    for run in _of_who(client, experiment, record.key):
        if run.info.status == _WHOLE and (run.data.tags[KEY_TAG] == record.key or run.info.end_time > ended > 0):
            return str(run.info.run_id)
    return None


def retire(client: MlflowClient, experiment: str, key: str, run: str, replace: str | None) -> None:
    """Delete what `run` takes the place of: the other records of the same `who`, and `replace`."""
    others = [str(other.info.run_id) for other in _of_who(client, experiment, key)] if key else []
    for other in dict.fromkeys([*others, *([replace] if replace is not None else [])]):
        if other != run:
            _delete_record(client, other, run)


def remove_doubles(client: MlflowClient, experiment: str, parent: str, children: Collection[str]) -> None:
    """Delete the children of a record that were begun a second time."""
    for child in _children(client, experiment, parent):
        if str(child.info.run_id) not in children and child.data.tags.get(RECORD_TAG) == CHILD:
            client.delete_run(child.info.run_id)


def require_own(client: MlflowClient, run: str) -> None:
    """Raise ConfigError E-TRK-005 for a run that is there and is no record of this package."""
    found = _run(client, run)
    if found is not None and RECORD_TAG not in found.data.tags:
        message = f"the run {run} is not a record of this package and is left alone"
        raise ConfigError(Fault("E-TRK-005", found.info.run_name or run, "replace", message, "replace only runs that this package logged"))


def _delete_record(client: MlflowClient, run: str, successor: str) -> None:
    """Soft delete of a record, children before their parent: cut short, the parent is still there to be replaced.

    Records of their own that are nested under it, such as the variants of an experiment, go under its successor.
    A run that a registered model stands for stays: `mlflow gc` would take the model away with it.
    """
    found = _run(client, run)
    if found is None or found.info.lifecycle_stage != "active":
        return
    if len(client.search_model_versions(f"run_id = '{run}'", max_results=1)):
        if KEY_TAG in found.data.tags:
            client.delete_tag(run, KEY_TAG)
        client.set_tag(run, SUPERSEDED_TAG, successor)
        return
    for child in _children(client, str(found.info.experiment_id), run):
        if child.data.tags.get(RECORD_TAG) == CHILD:
            client.delete_run(child.info.run_id)
        else:
            client.set_tag(child.info.run_id, PARENT_TAG, successor)
    client.delete_run(run)


def _run(client: MlflowClient, run: str) -> Any:
    """A run, None where there is none."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def _of_who(client: MlflowClient, experiment: str, key: str) -> list[Any]:
    """Records of the same `who` that are not deleted, the latest first."""
    who = key.partition("/")[0]
    return list(_found(client, experiment, f"tags.`{KEY_TAG}` LIKE '{who}/%'"))


def _children(client: MlflowClient, experiment: str, run: str) -> list[Any]:
    return list(_found(client, experiment, f"tags.`{PARENT_TAG}` = '{run}'"))


def _found(client: MlflowClient, experiment: str, condition: str) -> Iterator[Any]:
    page = None
    while True:
        runs = client.search_runs([experiment], condition, order_by=["attributes.end_time DESC"], page_token=page)
        yield from runs
        page = runs.token
        if not page:
            return
