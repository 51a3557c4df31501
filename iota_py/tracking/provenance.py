"""The provenance manifest: what a product was made of, by which code, where and when. Pure values; the caller writes the file.

Secrets never enter it: the config is recorded before its environment variables are resolved, and `scrub` removes what a URI carries.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import pyproj
import shapely

import iota_py
from iota_py.errors import Fault, InputError
from iota_py.io.publish import sha256

SCHEMA_VERSION = 1
LOCK_FILE = "requirements.lock"
PACKAGES = (
    "numpy", "scipy", "pandas", "scikit-learn", "scikit-learn-intelex", "scikit-image", "imbalanced-learn", "lightgbm", "xgboost", "torch",
    "numba", "llvmlite", "rasterio", "pyogrio", "pyarrow", "shapely", "pyproj", "skops", "joblib", "distributed", "mlflow",
)  # fmt: skip
_GIT_SECONDS = 10
_GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")

# User information ends at the last "@" before the path. The second branch is a password with a bare "/" in it, told from a port by
# its first characters: not a URI by RFC 3986, but database drivers accept it.
_USER = re.compile(r"""(?i)\b([a-z][a-z0-9+.\-]*://)(?:[^\s/?#"'<>]*@|[^\s/?#"'<>:@]+:(?!\d+[/?#])[^\s"'<>@]*@)""")
_QUERY = re.compile(r"""(?i)([?&;](?:password|passwd|pwd|token|access_token|secret|api_?key|sig|signature|x-amz-[a-z\-]+)=)[^&;\s"'<>#]+""")


@dataclass(frozen=True)
class FileEntry:
    """A file of a run. size: bytes. digest: SHA-256 in hexadecimal, or the fingerprint `size-mtime_ns` of a file too large to be hashed."""

    path: str
    size: int
    digest: str
    kind: str = "sha256"

    def __post_init__(self) -> None:
        if self.kind not in ("sha256", "fingerprint"):
            raise ValueError(f"kind of digest of {self.path}: expected sha256 or fingerprint, got {self.kind!r}")

    def document(self) -> dict[str, Any]:
        """The entry as it stands in the manifest."""
        return {"path": self.path, "size": self.size, self.kind: self.digest}


@dataclass(frozen=True)
class RunFacts:
    """What only the caller knows of a run. seeds: by name. engine: kind, workers… started, ended: ISO 8601, UTC."""

    name: str
    config_text: str
    inputs: tuple[FileEntry, ...]
    outputs: tuple[FileEntry, ...]
    seeds: Mapping[str, int]
    engine: Mapping[str, Any]
    started: str
    ended: str


def manifest(facts: RunFacts, *, environment: Mapping[str, Any], git: Mapping[str, Any], lock: str | None) -> dict[str, Any]:
    """The manifest of a run: files sorted by path, texts scrubbed, the digest of the config being that of the text recorded here.

    environment, git, lock: from `environment`, `git_state` and `lock_digest`. Raises ValueError when an output path is absolute or
    climbs up, a time is not UTC, or the end comes before the start.
    """
    for entry in facts.outputs:
        path = PurePosixPath(entry.path)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"output of a manifest: expected a path relative to the run, got {entry.path!r}")
    if _utc(facts.ended) < _utc(facts.started):
        raise ValueError(f"a run cannot end at {facts.ended} before its start at {facts.started}")
    text = scrub(facts.config_text)
    return {
        "schema_version": SCHEMA_VERSION,
        "name": facts.name,
        "config": {"sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(), "text": text},
        "inputs": _documents(facts.inputs),
        "outputs": _documents(facts.outputs),
        "seeds": dict(facts.seeds),
        "environment": scrubbed(environment),
        "git": dict(git),
        "lock_sha256": lock,
        "engine": scrubbed(facts.engine),
        "started": facts.started,
        "ended": facts.ended,
    }


def file_entry(path: Path, *, root: Path | None = None, full: bool = True) -> FileEntry:
    """Entry of a file, its path relative to `root` when given. full: SHA-256 of the content, otherwise the fingerprint.

    Raises InputError when the file cannot be read.
    """
    try:
        status = path.stat()
        digest = sha256(path) if full else f"{status.st_size}-{status.st_mtime_ns}"
    except OSError as error:
        raise InputError(
            Fault("E-TRK-007", scrub(str(path)), "", f"cannot be read for the manifest: {error.strerror}", "restore it, then run again")
        ) from error
    name = path.relative_to(root) if root is not None else path
    return FileEntry(name.as_posix(), status.st_size, digest, "sha256" if full else "fingerprint")


def environment(gdal_version: str) -> dict[str, Any]:
    """Versions and machine. gdal_version: from the raster reader, the only one that may ask GDAL. Packages not installed are None."""
    return {
        "python": platform.python_version(),
        "iota_py": iota_py.__version__,
        "gdal": gdal_version,
        "proj": pyproj.proj_version_str,
        "geos": shapely.geos_version_string,
        "packages": {name: _version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu_fact("model name") or platform.processor(),
        "cpu_vendor": _cpu_fact("vendor_id"),
        "cpu_family": _cpu_fact("cpu family"),
        "cpu_flags": sorted(_cpu_fact("flags").split()),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def git_state(folder: Path) -> dict[str, Any]:
    """`commit` and `dirty` (changed or new files that git does not ignore) of the repository that holds `folder`.

    Without git, or when it does not answer in time: both None. Outside a repository, or before its first commit: commit is "".
    """
    status = _git(folder, "status", "--porcelain")
    if status is None or (status.returncode != 0 and "not a git repository" not in status.stderr):
        return {"commit": None, "dirty": None}
    if status.returncode != 0:
        return {"commit": "", "dirty": None}
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    return {"commit": None if head is None else head.stdout.strip(), "dirty": bool(status.stdout.strip())}


def person() -> str:
    """Name of the account that this process runs under; `unknown` where the machine has none for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def lock_digest(folder: Path) -> str | None:
    """SHA-256 of the lock file of `folder`; None where there is none."""
    path = folder / LOCK_FILE
    return sha256(path) if path.is_file() else None


def scrub(text: str) -> str:
    """The text with the user information of every URI, and the secrets of its query, replaced by `***`. Applying it twice changes nothing."""
    return _QUERY.sub(r"\1***", _USER.sub(r"\1***@", text))


def scrubbed(value: Any) -> Any:
    """A document with every text in it scrubbed."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {str(key): scrubbed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrubbed(item) for item in value]
    return value


def _documents(entries: tuple[FileEntry, ...]) -> list[dict[str, Any]]:
    documents = [{**entry.document(), "path": scrub(entry.path)} for entry in entries]
    return sorted(documents, key=lambda document: document["path"])


def _utc(time: str) -> datetime:
    moment = datetime.fromisoformat(time)
    if moment.utcoffset() != timedelta(0):
        raise ValueError(f"expected an ISO 8601 time in UTC, got {time!r}")
    return moment


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu_fact(name: str) -> str:
    """What the kernel says of the first processor; empty where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    found = [value.strip() for key, _, value in (line.partition(":") for line in lines) if key.strip() == name]
    return found[0] if found else ""


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    program = shutil.which("git")
    if program is None:
        return None
    # A git hook that starts a run leaves its own repository in these variables; optional locks would write in the user's index.
    variables = {key: value for key, value in os.environ.items() if key not in _GIT_VARIABLES}
    variables |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    command = [program, "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, env=variables, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return None
