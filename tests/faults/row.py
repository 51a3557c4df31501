"""A row of the table of faults: what is put wrong, what the program is held to, and the place where it is tried."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iota_py.pipeline import paths
from tests.conftest import ROOT, Command, Done
from tests.faults import field as land

POLICIES = {
    "FF": "refused before any work",
    "SR": "the acquisition is set aside and said; the run goes on",
    "FT": "the task fails; what does not need it goes on",
    "W": "said or counted; the run goes on",
    "OK": "taken as it is",
}
# What a run leaves beside the outputs of its tasks: written whole (io.publish) or appended to, made anew by each run, and read by no task's key.
UNMARKED = ("config.yaml", "manifest.json", "system.csv", "tracking.json")
UNMARKED_FOLDERS = ("inventory", ".state", "log", "tracking")


@dataclass(frozen=True)
class Evidence:
    """What a command said. where, field: what the line of the code must name. code, exit: where they are not those of the row."""

    done: Done
    where: str = ""
    field: str = ""
    code: str | None = None
    exit: int | None = None


@dataclass(frozen=True)
class Row:
    """One row. code: of the message, empty where nothing is refused or said under a code. says: what happens, for the table of the docs.

    note: why it is not what the design asked for, where it is not.
    """

    number: int
    title: str
    policy: str
    exit: int
    code: str
    says: str
    try_it: Callable[[Place], Evidence | list[Evidence]]
    note: str = ""
    slow: bool = False

    @property
    def name(self) -> str:
        """Number and title, as the test is called."""
        return f"{self.number} {self.title}"


ROWS: dict[int, Row] = {}


def row(number: int, title: str, expected: str, says: str, *, note: str = "", slow: bool = False) -> Callable[[Any], Any]:
    """Put a function into the table. expected: policy, exit code and error code, as `FF 1 E-YML-003`."""
    policy, code_of_exit, *code = expected.split(maxsplit=2)
    assert policy in POLICIES
    assert number not in ROWS

    def keep(try_it: Callable[[Place], Evidence | list[Evidence]]) -> Callable[[Place], Evidence | list[Evidence]]:
        ROWS[number] = Row(number, title, policy, int(code_of_exit), code[0] if code else "", says, try_it, note, slow)
        return try_it

    return keep


@dataclass(frozen=True)
class Place:
    """A folder with a field of its own, and the command line."""

    folder: Path
    command: Command
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Folder of the run."""
        return self.folder / "run"

    @property
    def products(self) -> list[Path]:
        """Folders of the products, by date."""
        return sorted((self.folder / "s2").iterdir(), key=lambda p: p.name[11:19])

    def file(self, end: str, product: int = 0) -> Path:
        """A file of a product by the end of its name."""
        (found,) = self.products[product].rglob(f"*{end}")
        return found

    def write(self, **changes: Any) -> Path:
        """The configuration of the field with changes."""
        return self.text(land.yaml_of(land.document(ROOT / "configs" / "nomenclatures" / "oso-23.yaml", **changes)))

    def text(self, content: str | bytes) -> Path:
        """A configuration with this content."""
        path = self.folder / "run.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def check(self, **changes: Any) -> Done:
        """`iota-py check`."""
        return self.command("check", str(self.write(**changes)))

    def run(self, *words: str, **changes: Any) -> Done:
        """`iota-py run`."""
        return self.command("run", str(self.write(**changes)), *words)

    def train(self, *words: str, **changes: Any) -> Done:
        """`iota-py train`."""
        return self.command("train", str(self.write(**changes)), *words)


def hold(row: Row, place: Place) -> None:
    """Try a row and hold the program to it."""
    found = row.try_it(place)
    for one in found if isinstance(found, list) else [found]:
        assert_said(one, row.exit if one.exit is None else one.exit, row.code if one.code is None else one.code)
    assert_no_unmarked_output(place.root)


def assert_said(one: Evidence, code_of_exit: int, code: str) -> None:
    """The exit code, and one line that holds the code with the file and the field; no trace of the interpreter."""
    text = one.done.stdout + one.done.stderr
    assert one.done.returncode == code_of_exit, text
    assert "Traceback" not in text
    assert "E-INT-" not in text, text
    assert "E-RUN-001" not in text, text
    lines = [line for line in text.splitlines() if code in line]
    assert lines, f"{code} was not said: {text}"
    assert any(one.where in line and one.field in line for line in lines), f"`{one.where}` and `{one.field}` in one line of: {lines}"


def assert_no_unmarked_output(root: Path) -> None:
    """Each file of a run is in the marker of a task with its SHA-256, or is of those that a run keeps for itself; none is half written."""
    files = sorted(p for p in root.rglob("*") if p.is_file())
    assert not [p for p in files if ".part" in p.name], "a temporary file was left"
    assert not (root / paths.LOCK).exists(), "the lock was left"
    marked = marked_files(root)
    for path in files:
        name = path.relative_to(root).as_posix()
        if name in UNMARKED or name.split("/")[0] in UNMARKED_FOLDERS:
            continue
        assert name in marked, f"{name} has no marker"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == marked[name], f"{name} is not what its marker says"


def marked_files(root: Path) -> dict[str, str]:
    """SHA-256 by name of all that the markers of a run speak for."""
    found: dict[str, str] = {}
    for path in sorted((root / paths.STATE).rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "files" in content:
            found.update({name: entry["sha256"] for name, entry in content["files"].items()})
    return found
