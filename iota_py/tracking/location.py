"""Where records are kept: the URI of an MLflow store, the folder of its artifacts, and whether it answers.

MLflow waits for minutes before it gives up on a store that is not there (ten attempts on a database, seven on a server), so the
store is asked first, with a short patience.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from iota_py.errors import ConfigError, Fault, StorageError
from iota_py.tracking.provenance import scrub

DATABASE_NAME = "mlflow.db"
ARTIFACT_FOLDER = "mlartifacts"
LOCK_NAME = ".mlflow.lock"
LOCK_SECONDS = 10.0
CONNECT_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_SQLITE = "sqlite:///"
HIDDEN = "***"  # stands for a secret in a scrubbed URI


def default_uri(folder: str | Path) -> str:
    """URI of the embedded store of a folder: `sqlite:////absolute/folder/mlflow.db`."""
    return f"{_SQLITE}{Path(folder).resolve() / DATABASE_NAME}"


def check_uri(uri: str) -> str:
    """The URI itself, once it is known to name a store that MLflow accepts.

    Raises ConfigError for a folder (MLflow's file store is no longer accepted), a database in memory, a relative SQLite path, and a
    scheme that no store has.
    """
    if uri.startswith("sqlite:"):
        path = uri.removeprefix(_SQLITE)
        if not uri.startswith(_SQLITE) or not path.startswith("/") or "?" in path:
            raise _refused(uri, "expected an absolute path, as in sqlite:////data/runs/mlflow.db")
    elif _scheme(uri) not in _PORTS:
        raise _refused(uri, f"expected sqlite or one of {', '.join(_PORTS)}; MLflow no longer accepts a folder as a store")
    elif not urlsplit(uri).hostname:
        raise _refused(uri, "expected the name of a host")
    return uri


def database_path(uri: str) -> Path | None:
    """File of an SQLite store; None for another store."""
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def is_server(uri: str) -> bool:
    """Whether the store is a tracking server rather than a database."""
    return _scheme(uri) in ("http", "https")


def artifact_location(uri: str, beside: Path | None = None) -> str | None:
    """File URI of the artifact folder: beside an SQLite store, in the folder `beside` for another database; None for a server, which decides
    by itself, and where there is no such folder."""
    path = database_path(uri)
    folder = path.parent if path is not None else None if is_server(uri) else beside
    return None if folder is None else (folder.resolve() / ARTIFACT_FOLDER).as_uri()


def probe(uri: str) -> None:
    """Return when the store can be written to (SQLite, whose folder is created), is healthy (a server) or takes connections (others).

    Raises StorageError after LOCK_SECONDS on a locked database, CONNECT_SECONDS on a host that does not answer.
    """
    path = database_path(uri)
    try:
        if is_server(uri):
            _ask_health(uri)
        elif path is None:
            parts = urlsplit(uri)
            socket.create_connection((parts.hostname or "", parts.port or _PORTS[_scheme(uri)]), CONNECT_SECONDS).close()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _take_write_lock(path)
    except (OSError, sqlite3.Error, http.client.HTTPException) as error:
        raise unreachable(uri, error) from error


def with_credentials(uri: str) -> str:
    """The URI that a scrubbed one stands for, its secrets taken from the environment; a URI without secrets is itself.

    MLFLOW_TRACKING_URI where it is the same URI with its secrets; else, of a server, MLflow's own MLFLOW_TRACKING_USERNAME and
    MLFLOW_TRACKING_PASSWORD. Raises ConfigError E-TRK-012 where neither is set.
    """
    if HIDDEN not in uri:
        return uri
    own = os.environ.get("MLFLOW_TRACKING_URI", "")
    if scrub(own) == uri:
        return own
    if is_server(uri) and os.environ.get("MLFLOW_TRACKING_USERNAME") and os.environ.get("MLFLOW_TRACKING_PASSWORD"):
        return uri.replace(f"{HIDDEN}@", "", 1)
    fix = "export MLFLOW_TRACKING_URI=… with them" + (
        ", or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" if is_server(uri) else ""
    )
    raise ConfigError(Fault("E-TRK-012", uri, "tracking.uri", "credentials are kept nowhere and are not in the environment", fix))


@contextmanager
def writing_alone(uri: str) -> Iterator[None]:
    """Keeps other runs out while an SQLite store and its experiment are created: MLflow does not guard its first migration.

    Does nothing for other stores.
    """
    path = database_path(uri)
    if path is None:
        yield
        return
    with open(path.parent / LOCK_NAME, "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def unreachable(uri: str, error: Exception) -> StorageError:
    """The error for a store that does not answer, is locked or refuses a record; its text carries no secret."""
    text = str(error).strip() or type(error).__name__
    message = f"the tracking store cannot be used: {scrub(text.splitlines()[0])[:300]}"
    if database_path(uri) is None:
        fix = "start the tracking server or mend tracking.uri, then `iota-py track sync`: finished work is kept"
    else:
        fix = "free or mend the database as the message says, then `iota-py track sync`: finished work is kept"
    return StorageError(Fault("E-TRK-001", scrub(uri), "tracking.uri", message, fix))


def without_driver(uri: str, error: ModuleNotFoundError) -> StorageError:
    """The error for a database whose driver is not installed. Which one `postgresql://` stands for depends on the version of SQLAlchemy."""
    fix = "install it; for PostgreSQL pip install 'iota-py[postgres]' and write postgresql+psycopg2://…"
    return StorageError(Fault("E-TRK-016", scrub(uri), "tracking.uri", f"the driver {error.name} of this database is not installed", fix))


def _take_write_lock(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()


def _ask_health(uri: str) -> None:
    """The page that MLflow's servers answer first. 401 and 403 come from a server that asks for credentials: it is there."""
    parts = urlsplit(uri)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)
    with closing(connection):
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        status = connection.getresponse().status
    if status >= http.client.INTERNAL_SERVER_ERROR:
        raise OSError(f"the server answers with status {status}")


def _scheme(uri: str) -> str:
    return urlsplit(uri).scheme.partition("+")[0]


def _refused(uri: str, message: str) -> ConfigError:
    return ConfigError(Fault("E-TRK-002", scrub(uri), "tracking.uri", message, "leave tracking.uri out to use the embedded store"))
