"""Rows 1–15: the configuration, its paths, and the folder of the run."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.io.publish import write_json
from iota_py.pipeline import paths
from tests.faults.row import Evidence, Place, row


def check_text(place: Place, content: str | bytes) -> Evidence:
    """`check` of a configuration with this content."""
    return Evidence(place.command("check", str(place.text(content))), "run.yaml")


def amended(place: Place, old: str, new: str) -> str:
    """The text of the field's configuration with a part exchanged."""
    text = place.write().read_text()
    assert old in text
    return text.replace(old, new)


@row(1, "YAML syntax error", "FF 1 E-YML-003", "line and column, and the hint to indent with spaces")
def _(place: Place) -> Evidence:
    found = check_text(place, "name: field\nsamples:\n\tlabel: code\n")
    assert "use spaces, not tabs" in found.done.stderr
    return Evidence(found.done, "run.yaml", "line 3, column 1")


@row(2, "unknown key", "FF 1 E-CFG-010", "the key that is most like it is proposed")
def _(place: Place) -> Evidence:
    done = place.check(model={"tree": 5, "trees": None})
    assert "did you mean `trees`?" in done.stderr
    return Evidence(done, "run.yaml", "model.tree")


@row(3, "duplicate key", "FF 1 E-YML-003", "the key and both lines")
def _(place: Place) -> Evidence:
    done = check_text(place, "name: field\ntitle: one\nname: other\n").done
    assert "key `name` is given twice" in done.stderr
    return Evidence(done, "run.yaml", "lines 1 and 3")


@row(4, "wrong type", "FF 1 E-CFG-012", "what was expected and what was found")
def _(place: Place) -> Evidence:
    done = place.check(model={"trees": "many"})
    assert "found `many`" in done.stderr
    return Evidence(done, "run.yaml", "model.trees")


@row(
    5, "words that YAML 1.1 reads otherwise", "FF 1 E-CFG-012",
    "`12:30:00` and `0100` stay texts, and are refused where a number or a day is expected (E-CFG-013 for a day)",
    note="`NO` and `on` are texts where a text is expected, and truth values where one is expected: this is what was meant in both places.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    words = ["NO", "on", "12:30:00", "0100"]
    settings = load_config(place.text(amended(place, "label: code", f"label: code\n  ignore: [{', '.join(words)}]")))
    assert list(settings.samples.ignore) == words
    found = []
    for old, new, code in (
        ("step: 30", "step: 12:30:00", "E-CFG-012"),
        ("step: 30", "step: on", "E-CFG-012"),
        ("start: '2023-04-01'", "start: 12:30:00", "E-CFG-013"),
        ("start: '2023-04-01'", "start: 45000", "E-CFG-013"),
    ):
        done = check_text(place, amended(place, old, new)).done
        assert f"`{new.split(': ')[1]}`" in done.stderr
        found.append(Evidence(done, "run.yaml", f"period.{new.split(':')[0]}", code=code))
    return found


@row(6, "undefined environment variable", "FF 1 E-CFG-004", "the variable is named; no value of any is shown")
def _(place: Place) -> Evidence:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("IOTA_NOWHERE", raising=False)
        patch.setenv("IOTA_CANARY", "s3cret-canary")
        done = place.check(inputs={"s2": {"path": "${IOTA_NOWHERE}/s2"}}, nomenclature="${IOTA_CANARY}/classes.yaml")
    assert "IOTA_NOWHERE is not set" in done.stderr
    assert "s3cret-canary" not in done.stdout + done.stderr
    return Evidence(done, "run.yaml", "inputs.s2.path")


@row(7, "alias bomb, depth, size", "FF 1 E-YML-003", "aliases are refused, and what is nested deeper than 20; E-YML-002 above 1 MB")
def _(place: Place) -> list[Evidence]:
    bomb = "a: &a [1, 1, 1]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk"))
    aliases, deep = check_text(place, bomb), check_text(place, "name: " + "[" * 20_000 + "]" * 20_000)
    assert "aliases are not allowed" in aliases.done.stderr
    assert "nested deeper than" in deep.done.stderr
    large = check_text(place, b"name: " + b"x" * 2_000_000)
    return [aliases, deep, Evidence(large.done, "run.yaml", code="E-YML-002")]


@row(8, "tag of Python", "FF 1 E-YML-003", "no tag makes an object")
def _(place: Place) -> Evidence:
    sign = place.folder / "ran"
    found = check_text(place, f"name: !!python/object/apply:os.system ['touch {sign}']\n")
    assert not sign.exists()
    return found


@row(9, "empty configuration, empty list of tiles", "FF 1 E-CFG-001", "expected keys and values; E-CFG-013 for no tile")
def _(place: Place) -> list[Evidence]:
    done = place.check(tiles=[])
    return [check_text(place, ""), Evidence(done, "run.yaml", "tiles", code="E-CFG-013")]


@row(
    10, "name of a tile that leaves the folder", "FF 1 E-CFG-012", "the pattern of names is said",
    note="Tiles of users' rasters have names of their own: any word of letters, digits, `-` and `_` up to 32 signs is a tile, not only those of MGRS.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    done = place.check(tiles=["../../x"])
    assert "found `../../x`" in done.stderr
    return Evidence(done, "run.yaml", "tiles.0")


@row(11, "no folder of products, or no permission", "FF 1 E-PRD-002", "the folder and the key that names it")
def _(place: Place) -> list[Evidence]:
    absent = Evidence(place.check(inputs={"s2": {"path": "nowhere"}}), "nowhere", "inputs.s2.path")
    with closed(place.folder / "s2"):
        shut = Evidence(place.check(), "s2", "inputs.s2.path")
    return [absent, shut]


@row(12, "output that is an input, or read-only", "FF 1 E-RUN-012", "E-RUN-013 where it cannot be written, or is a file")
def _(place: Place) -> list[Evidence]:
    same = Evidence(place.check(output="s2"), "s2", "output")
    (place.folder / "link").symlink_to(place.folder / "s2")
    linked = Evidence(place.check(output="link"), "link", "output")
    (place.folder / "plain").write_text("")
    file = Evidence(place.check(output="plain/run"), "plain/run", "output", code="E-RUN-013")
    shut = place.folder / "shut"
    shut.mkdir()
    with closed(shut):
        readonly = Evidence(place.check(output="shut/run"), "shut/run", "output", code="E-RUN-013")
    return [same, linked, file, readonly]


@row(
    13, "output that holds another run", "FF 1 E-RUN-014", "a run of another name is not written over",
    note="A run of the same name with other settings is resumed: what they change is done again, and nothing else (row 77). No option is needed.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    assert place.train().returncode == 0
    done = place.check(name="another")
    assert "the folder holds run `field`" in done.stderr
    return Evidence(done, "run", "output")


@row(14, "two runs in one folder", "FF 1 E-RUN-010", "host and process of the other one")
def _(place: Place) -> Evidence:
    place.root.mkdir()
    lock = place.root / paths.LOCK
    write_json(lock, {"host": socket.gethostname(), "pid": os.getppid()})
    done = place.run()
    assert f"process {os.getppid()} on {socket.gethostname()} is running here" in done.stderr
    assert [p.name for p in place.root.iterdir()] == [paths.LOCK], "the second run wrote beside the first"
    lock.unlink()
    return Evidence(done, ".lock")


@row(15, "no date in the period", "FF 1 E-CFG-013", "start after end; E-PRD-013 where no acquisition is left, with the reason of the first")
def _(place: Place) -> list[Evidence]:
    turned = place.check(period={"start": "2023-09-30", "end": "2023-04-01"})
    empty = place.check(period={"start": "2020-01-01", "end": "2020-12-31"})
    assert "outside the period 2020-01-01 to 2020-12-31" in empty.stderr
    return [Evidence(turned, "run.yaml", "period"), Evidence(empty, "s2", "inputs.s2", code="E-PRD-013")]


@contextmanager
def closed(folder: Path):
    """Without any permission inside the block; for root, whom none stops, `os.access` and listing are told so."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(0)
    try:
        if os.geteuid() != 0:
            yield
            return
        with pytest.MonkeyPatch.context() as patch:
            _deny(patch, folder)
            yield
    finally:
        folder.chmod(mode)


def _deny(patch: pytest.MonkeyPatch, folder: Path) -> None:
    access, scandir, listdir = os.access, os.scandir, os.listdir

    def refused(path) -> bool:
        return Path(os.fspath(path) if path not in (None, "") else ".") == folder if not isinstance(path, int) else False

    def deny(real):
        def ask(path=".", *args, **kwargs):
            if refused(path):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *args, **kwargs)

        return ask

    patch.setattr(os, "access", lambda path, mode, **more: False if refused(path) else access(path, mode, **more))
    patch.setattr(os, "scandir", deny(scandir))
    patch.setattr(os, "listdir", deny(listdir))
