"""Records on their way: each is written to a file before it is sent, and the file goes when the store has the record whole.

A store that is down, slow or refuses, a process that is killed in between: the file stays, and `iota-py track sync` sends it. There is one
file for each folder of a run, and a later state of the run takes the place of an earlier one. Files of the run are named, not copied;
the file of the queue says by what digest its manifest was known, so that results of another state are never sent under these numbers.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, InputError, IotaError
from iota_py.io.publish import read_json, sha256, write_json
from iota_py.tracking.documents import record_document, record_of
from iota_py.tracking.location import check_uri, with_credentials
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.patience import SYNC, Patience
from iota_py.tracking.provenance import scrub, scrubbed
from iota_py.tracking.record import RunRecord
from iota_py.tracking.registry import register_run

FOLDER = "tracking-queue"
FORMAT = 1
_NEW = "waits to be sent"


@dataclass(frozen=True)
class Letter:
    """A record and where it goes. root: folder of the run. name: of its file in the queue. replace, parent: as in `MlflowTracker.log`.

    register: name of the registered model whose next version the run becomes, "" for none. seal: file of the run, relative to it, whose
    content must not change before the record is sent. receipt: file of the run that says where it is recorded, and what it says beside.
    """

    record: RunRecord
    root: Path
    name: str
    uri: str
    experiment: str
    replace: str | None = None
    parent: str | None = None
    register: str = ""
    seal: str = "manifest.json"
    receipt: str = "tracking.json"
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A record in a queue. path: its file. reason: why it is still there. since: ISO 8601."""

    path: Path
    name: str
    experiment: str
    uri: str
    reason: str
    since: str


@dataclass(frozen=True)
class Sent:
    """What became of a record. run: MLflow's identifier. version: of the registered model. fault: why it still waits, "" where it does not."""

    name: str
    run: str = ""
    version: str = ""
    fault: str = ""


def deliver(queue: Path, letter: Letter, patience: Patience) -> Sent:
    """Put a record into the queue, then send it. Raises what sending raises: the record is in the queue all the same.

    A URI that names no store (ConfigError of `check_uri`) is refused before.
    """
    check_uri(letter.uri)
    path = queue / f"{letter.name}.json"
    queue.mkdir(parents=True, exist_ok=True)
    with _writing(queue):
        write_json(path, _document(letter, queue))
    return _send_file(path, letter.uri, patience)


def waiting_records(queue: Path) -> list[Waiting]:
    """What is in a queue, by name. InputError E-TRK-014 for a file that is not of a queue."""
    found = []
    for path in sorted(queue.glob("*.json")):
        document = _read(path)
        found.append(Waiting(path, document["name"], document["experiment"], document["uri"], document["reason"], document["since"]))
    return found


def sync(queue: Path, patience: Patience = SYNC) -> Iterator[Sent]:
    """Send what is in a queue, one record after another; a record that another process is sending is left to it."""
    for path in sorted(queue.glob("*.json")):
        try:
            yield _send_file(path, None, patience)
        except FileNotFoundError:
            continue  # sent by another process since the folder was listed
        except IotaError as error:
            yield Sent(path.stem, fault=error.faults[0].line())


def _document(letter: Letter, queue: Path) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": letter.name,
        "uri": scrub(letter.uri),
        "experiment": letter.experiment,
        "root": os.path.relpath(letter.root, queue),
        "replace": letter.replace,
        "parent": letter.parent,
        "register": letter.register,
        "seal": {"file": letter.seal, "sha256": sha256(letter.root / letter.seal)},
        "receipt": {"file": letter.receipt, "said": scrubbed(dict(letter.said))},
        "reason": _NEW,
        "since": letter.record.ended,
        "record": record_document(letter.record, letter.root),
    }


def _send_file(path: Path, uri: str | None, patience: Patience) -> Sent:
    """Send the record of a file and remove the file. uri: of the store with its secrets, None: as the environment has them."""
    with _alone(path) as own:
        if not own:
            return Sent(path.stem, fault="another process is sending it")
        content = path.read_bytes()
        document = _read(path)
        try:
            sent = _send(document, path.parent, uri, patience)
        except IotaError as error:
            _keep(path, content, document, error)
            raise
        with _writing(path.parent):
            if path.read_bytes() == content:  # else a later state of the run came in the meantime
                path.unlink()
        return sent


def _send(document: dict[str, Any], queue: Path, uri: str | None, patience: Patience) -> Sent:
    root = (queue / document["root"]).resolve()
    uri = uri or with_credentials(document["uri"])
    _check_seal(root, document)
    tracker = MlflowTracker(uri, document["experiment"], patience, queue.parent)
    run = tracker.log(record_of(document["record"], root), document["replace"], document["parent"])
    version = register_run(uri, run, document["register"], patience) if document["register"] else ""
    receipt = document["receipt"]
    write_json(root / receipt["file"], {**receipt["said"], "run": run, **({"version": version} if version else {})})
    return Sent(document["name"], run, version)


def _check_seal(root: Path, document: dict[str, Any]) -> None:
    path, expected = root / document["seal"]["file"], document["seal"]["sha256"]
    if not path.is_file():
        text = f"the run that the record is of is not there ({document['seal']['file']} is missing)"
        raise InputError(Fault("E-TRK-013", str(root), "", text, "put the folder back, or delete the file of the queue"))
    if sha256(path) != expected:
        text = "the run has changed since: its files are no longer those of this record"
        raise InputError(Fault("E-TRK-013", str(root), "", text, "iota-py run CONFIG records the state that is there now"))


def _keep(path: Path, content: bytes, document: dict[str, Any], error: IotaError) -> None:
    """Note why a record still waits."""
    with _writing(path.parent):
        if path.read_bytes() == content:
            write_json(path, {**document, "reason": scrub(error.faults[0].line())})


def _read(path: Path) -> dict[str, Any]:
    try:
        document = read_json(path)
        if document["format"] == FORMAT and document["record"]["name"]:
            return dict(document)
        reason = f"format {document['format']}"
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = type(error).__name__
    fix = "use the version of iota_py that wrote it, or delete the file"
    raise InputError(Fault("E-TRK-014", str(path), "", f"is not a record of a queue ({reason})", fix))


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether this process is the one that sends the record, for the length of the block. The lock is beside the queue, and goes with it."""
    lock = path.with_name(f".{path.stem}.lock")
    with open(lock, "w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if not os.fstat(stream.fileno()).st_nlink:  # removed by its holder since it was opened: another one may stand in its place
            yield False
            return
        if not path.exists():  # the process that had the lock before has sent it
            lock.unlink(missing_ok=True)
            raise FileNotFoundError(path)
        try:
            yield True
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def _writing(queue: Path) -> Iterator[None]:
    """Keeps others from changing the files of a queue, for a moment."""
    descriptor = os.open(queue, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
