"""A task: a frozen value that says what is to be made, from what, and under which key it is known to be done."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from iota_py.errors import Fault


@dataclass(frozen=True, slots=True)
class Task:
    """One unit of work.

    id: unique, for instance `predict/31TCJ/r000000_c000000`. step: what to do. params: all that decides the result, plain values.
    needs: tasks whose outputs are read. outputs: files or folders made, relative to the run. key: fingerprint of step code, params and
    needs. transient: the outputs are removed once the tasks that read them are done. memory: bytes, an estimate.
    """

    id: str
    stage: str
    step: str
    params: Mapping[str, Any]
    needs: tuple[str, ...]
    outputs: tuple[str, ...]
    key: str
    transient: bool = False
    memory: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Placed(Mapping[str, Any]):
    """Parameters of one part of a whole: `common`, those of all its parts, which they share, and under `name` the place of this one.

    Equal to the dict of the same items. A plan holds a million of them.
    """

    common: Mapping[str, Any]
    name: str
    place: tuple[int, ...]

    def __getitem__(self, key: str) -> Any:
        return self.place if key == self.name else self.common[key]

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self.common if key != self.name)
        yield self.name

    def __len__(self) -> int:
        return len(self.common) + (self.name not in self.common)


@dataclass(frozen=True)
class Outcome:
    """What became of a task. faults: empty when it succeeded. product: of a bad acquisition. exit_code: of the error's class.
    cpu: seconds of the processors, in the process that did it. worker: its host and number. peak: bytes it ever took, with earlier tasks."""

    task: str
    seconds: float
    faults: tuple[Fault, ...] = ()
    product: str = ""
    exit_code: int = 0
    cpu: float = field(default=0.0, compare=False)
    trace: str = field(default="", compare=False)
    worker: str = field(default="", compare=False)
    peak: int = field(default=0, compare=False)

    @property
    def ok(self) -> bool:
        """True when the outputs are there."""
        return not self.faults


def fingerprint(value: Any) -> str:
    """SHA-256 of plain values, the same for the same content."""
    return hashlib.sha256(_ENCODER.encode(value).encode()).hexdigest()


@functools.cache
def code_digest(rooms: tuple[str, ...]) -> str:
    """SHA-256 of the source of some packages: a changed line of code redoes the steps that use its room, and no other."""
    root = Path(str(resources.files("iota_py")))
    digest = hashlib.sha256()
    for room in sorted(rooms):
        place = root / room
        files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.suffix in {".py", ".yaml", ".j2"})
        for file in files:
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (tuple, set)):
        return sorted(value) if isinstance(value, set) else list(value)
    return str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, default=_plain)
