"""Models of MLflow's registry: a version is the models of one run, all regions and draws together, as `pyfunc` reads them.

A version that was registered before, from a run whose children hold the models one by one, is fetched all the same.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iota_py.errors import Fault, InputError
from iota_py.tracking.location import check_uri, probe
from iota_py.tracking.mlflow_store import client_of, store_errors
from iota_py.tracking.patience import AFTER_A_RUN, SYNC, Patience, waiting

if TYPE_CHECKING:
    from mlflow import MlflowClient

REGISTRY = "models:/"
MODEL = "model"  # folder of a run's artifacts that holds its models
DATA = "data"  # folder of the bundles in it
_NAME = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<version>\d+)|@(?P<alias>[^/@]+))")
_FIELD = "model.from"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class Version:
    """A version of a registered model. run: of MLflow, that it stands for. alias: by which it was asked for, "" for none."""

    name: str
    number: str
    run: str
    alias: str = ""

    def __str__(self) -> str:
        """As it is said: `oso-france version 3 (champion)`."""
        return f"{self.name} version {self.number}" + (f" ({self.alias})" if self.alias else "")


def resolve(uri: str, reference: str, field: str = _FIELD) -> Version:
    """The version that a reference names: `models:/<name>/<version>` or `models:/<name>@<alias>`.

    InputError E-REU-010 not such a name, E-REU-011 no such version; StorageError when the store does not answer.
    """
    parts = _NAME.fullmatch(reference)
    if parts is None:
        text = f"expected models:/<name>/<version> or models:/<name>@<alias>, found {reference}"
        raise InputError(Fault("E-REU-010", reference, field, text))
    with registry(uri, reference, field) as client:
        if parts["alias"] is not None:
            found = client.get_model_version_by_alias(parts["name"], parts["alias"])
        else:
            found = client.get_model_version(parts["name"], parts["version"])
        return Version(parts["name"], str(found.version), str(found.run_id), parts["alias"] or "")


def registered_models(uri: str, version: Version) -> Path:
    """Folder with a bundle for each region and run of a version, fetched once into the cache.

    InputError E-REU-012: its run holds no models; StorageError when the store does not answer.
    """
    folder = cache_folder() / version.run
    if folder.exists():  # a folder that has its name is whole
        return folder
    reference = f"{REGISTRY}{version.name}/{version.number}"
    with registry(uri, reference, _FIELD, SYNC) as client:
        part = folder.with_name(f"{version.run}.part-{os.getpid()}")
        part.mkdir(parents=True)
        try:
            if not (_fetch_bundles(client, version.run, part) or _fetch_children(client, version.run, part)):
                text = f"run {version.run}, which this version stands for, has no models"
                raise InputError(Fault("E-REU-012", reference, _FIELD, text, "register a run of this package"))
            part.rename(folder)
        except OSError:  # another process was as fast
            if not folder.exists():
                raise
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def cache_folder() -> Path:
    """Where models that were fetched are kept: `~/.cache/iota_py/models` (or under XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iota_py" / "models"


def register_run(uri: str, run: str, name: str, patience: Patience = AFTER_A_RUN) -> str:
    """Number of the version of a registered model that stands for a run: a new one, or the one that it has already.

    The model is created where there is none. InputError E-REU-011: no such run; E-PRO-011: it holds no models that `pyfunc` reads.
    """
    with registry(uri, run, "run", patience) as client:
        if not any(item.path == MODEL for item in client.list_artifacts(run)):
            text = "the run holds no models that can be registered"
            fix = "iota-py run CONFIG records them, for maps of classes without fusion and without objects"
            raise InputError(Fault("E-PRO-011", run, "run", text, fix))
        _create_model(client, name)
        for version in client.search_model_versions(f"run_id = '{run}'"):
            if version.name == name:
                return str(version.version)
        found = client.get_run(run)
        tags = {key: found.data.tags[key] for key in _COPIED if key in found.data.tags}
        # Not `runs:/…`: a server does not resolve it for its own page of the version.
        source, about = f"{found.info.artifact_uri.rstrip('/')}/{MODEL}", _description(found.data)
        made = client.create_model_version(name, source, run, tags=tags, description=about, await_creation_for=0)
        return str(made.version)


def version_of(uri: str, name: str, alias: str) -> Version | None:
    """The version that bears an alias, None where none does or there is no such model."""
    with registry(uri, name, "name") as client:
        found = client.search_registered_models(f"name = '{name}'")
        number = next((dict(model.aliases).get(alias) for model in found if model.name == name), None)
        return None if number is None else Version(name, str(number), str(client.get_model_version(name, str(number)).run_id), alias)


def set_alias(uri: str, version: Version, alias: str, tags: Mapping[str, str]) -> None:
    """Give an alias to a version, and tag it; tags of an empty alias only."""
    with registry(uri, str(version), "alias") as client:
        for key, value in tags.items():
            client.set_model_version_tag(version.name, version.number, key, value)
        if alias:
            client.set_registered_model_alias(version.name, alias, version.number)


def fetch(uri: str, run: str, artifact: str, folder: Path) -> Path | None:
    """A file of a run's artifacts, put into a folder; None where the run has none of that name."""
    with registry(uri, run, "run", SYNC) as client:
        place, _, _ = artifact.rpartition("/")
        if not any(item.path == artifact for item in client.list_artifacts(run, place or None)):
            return None
        return Path(client.download_artifacts(run, artifact, str(folder)))


def run_tags(uri: str, run: str) -> dict[str, str]:
    """Tags of a run."""
    with registry(uri, run, "run") as client:
        return dict(client.get_run(run).data.tags)


@contextmanager
def registry(uri: str, reference: str, field: str, patience: Patience = AFTER_A_RUN) -> Iterator[MlflowClient]:
    """A client of a store that answers, its errors as ours: InputError E-REU-011 for what is not there, else StorageError."""
    from mlflow.exceptions import MlflowException

    probe(check_uri(uri))
    with waiting(patience), store_errors(uri):
        try:
            yield client_of(uri)
        except MlflowException as error:
            if error.error_code not in _ABSENT:
                raise
            fix = "see `iota-py ui` for the names, versions and aliases that there are"
            raise InputError(Fault("E-REU-011", reference, field, f"not in the registry of the store ({error.message})", fix)) from error


_COPIED = ("config_sha256", "samples_sha256", "features_sha256", "reference_sha256", "git_commit", "iota_py", "year", "product")


def _create_model(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description="Land-cover models of iota_py: a version holds those of all regions and draws.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _description(data: Any) -> str:
    scores = ", ".join(f"{key} {data.metrics[key]:.4f}" for key in ("overall_accuracy", "f1_macro", "kappa") if key in data.metrics)
    return f"{data.tags.get('mlflow.runName', '')}: model skill {scores}".strip()


def _fetch_bundles(client: MlflowClient, run: str, part: Path) -> bool:
    """The bundles in the models of a run; whether there are any."""
    if not any(item.path == MODEL for item in client.list_artifacts(run)):
        return False
    fetched = part / "fetched"
    fetched.mkdir()
    for bundle in Path(client.download_artifacts(run, f"{MODEL}/{DATA}", str(fetched))).iterdir():
        bundle.rename(part / bundle.name)
    shutil.rmtree(fetched)
    return True


def _fetch_children(client: MlflowClient, run: str, part: Path) -> bool:
    """The models of the children of a run, as earlier versions of this package recorded them; whether there are any."""
    experiment = client.get_run(run).info.experiment_id
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run}'", max_results=10_000)
    holders = [child.info.run_id for child in children if any(item.path == MODEL for item in client.list_artifacts(child.info.run_id))]
    for number, child in enumerate(holders):
        client.download_artifacts(child, MODEL, str(part))
        (part / MODEL).rename(part / f"region_{number:04d}")
    return bool(holders)
