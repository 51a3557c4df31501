"""Models of MLflow's registry: a version stands for a parent run, whose children hold one model for each region and run."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iota_py.errors import Fault, InputError
from iota_py.tracking.location import check_uri, probe, unreachable

if TYPE_CHECKING:
    from mlflow import MlflowClient

REGISTRY = "models:/"
_NAME = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<version>\d+)|@(?P<alias>[^/@]+))")
_FIELD = "model.from"


def registered_models(uri: str, reference: str) -> Path:
    """Folder with a bundle for each region and run of a registered version, fetched once into the cache.

    reference: `models:/<name>/<version>` or `models:/<name>@<alias>`. InputError E-REU-010 not such a name, E-REU-011 no such version,
    E-REU-012 its run holds no models; StorageError when the store does not answer.
    """
    parts = _NAME.fullmatch(reference)
    if parts is None:
        text = f"expected models:/<name>/<version> or models:/<name>@<alias>, found {reference}"
        raise InputError(Fault("E-REU-010", reference, _FIELD, text))
    probe(check_uri(uri))
    with _answers(uri, reference):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        version = _version(client, parts)
        return _fetched(client, str(version.run_id), reference)


def cache_folder() -> Path:
    """Where models that were fetched are kept: `~/.cache/iota_py/models` (or under XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iota_py" / "models"


def _version(client: MlflowClient, parts: re.Match[str]) -> Any:
    if parts["alias"] is not None:
        return client.get_model_version_by_alias(parts["name"], parts["alias"])
    return client.get_model_version(parts["name"], parts["version"])


@contextmanager
def _answers(uri: str, reference: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            fix = "see `iota-py ui` for the names, versions and aliases that there are"
            raise InputError(Fault("E-REU-011", reference, _FIELD, f"not in the registry of the store ({error.message})", fix)) from error
        raise unreachable(uri, error) from error
    except (SQLAlchemyError, OSError) as error:
        raise unreachable(uri, error) from error


def _fetched(client: MlflowClient, run: str, reference: str) -> Path:
    """The models of the children of a run; a folder that has its name is whole."""
    folder = cache_folder() / run
    if folder.exists():
        return folder
    experiment = client.get_run(run).info.experiment_id
    part = folder.with_name(f"{run}.part-{os.getpid()}")
    found = 0
    for child in client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run}'"):
        if any(item.path == "model" for item in client.list_artifacts(child.info.run_id)):
            place = part / f"region_{found:04d}"
            place.mkdir(parents=True)
            client.download_artifacts(child.info.run_id, "model", str(part))
            (part / "model").rename(place / "model")
            for file in (place / "model").iterdir():
                file.rename(place / file.name)
            (place / "model").rmdir()
            found += 1
    if not found:
        text = f"run {run}, which this version stands for, has no models"
        raise InputError(Fault("E-REU-012", reference, _FIELD, text, "register a run of this package"))
    try:
        part.rename(folder)
    except OSError:  # another process was as fast
        shutil.rmtree(part)
    return folder
