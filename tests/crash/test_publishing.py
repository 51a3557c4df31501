"""Every writer, ended by SIGKILL at every step of publishing and stopped by a full disk: the name is not there, or what it names is whole."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from iota_py.io.publish import sweep
from tests.crash.conftest import Jobs, digests
from tests.crash.outputs import WRITERS

QUICK = ("cog.tif", "vectors.gpkg", "document.json")
KINDS = tuple(kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in WRITERS)
FOLDERS = ("bundle", "package")  # outputs of several files; a reader of such a folder checks that all are there


def largest(folder: Path) -> int:
    """Bytes of the largest file."""
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_step_it_leaves_the_old_or_the_new_or_nothing(kind: str, jobs: Jobs, tmp_path: Path) -> None:
    clean = {content: tmp_path / f"clean{content}" for content in (0, 1)}
    for content, folder in clean.items():
        folder.mkdir()
        ended = jobs.do(do="write", kind=kind, path=folder / kind, content=content)
        assert (ended.killed, ended.code) == (0, 0), ended.text
    old, new = (set(digests(folder).items()) for folder in clean.values())
    assert old != new
    steps = jobs.do(do="write", kind=kind, path=clean[1] / kind, content=1).steps
    assert "replace" in dict(steps)
    places = [(number, "half") for number, (what, _) in enumerate(steps) if what == "write"]
    places += [(number, when) for number in range(len(steps)) for when in ("before", "after")]
    for number, when in places:
        folder = tmp_path / f"{number}{when}"
        folder.mkdir()
        for content, kill in ((0, None), (1, [number, when])):
            ended = jobs.do(do="write", kind=kind, path=folder / kind, content=content, kill=kill)
        assert ended.killed == signal.SIGKILL, (steps[number], ended.text)
        visible = {item for item in digests(folder).items() if "/." not in f"/{item[0]}"}
        assert visible <= old | new, (steps[number], when)
        if kind in FOLDERS:  # what says that a folder is whole is there for one state or the other
            assert not visible or visible in (old, new) or "bundle/bundle.json" not in dict(visible), (steps[number], when)
        else:
            assert len(visible) == len(old), (steps[number], when, "the name of the old file was lost")
        ended = jobs.do(do="write", kind=kind, path=folder / kind, content=1)
        assert (ended.killed, ended.code) == (0, 0), ended.text
        sweep(folder)
        assert set(digests(folder).items()) == new, (steps[number], when)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_ended_in_mid_write_the_old_file_stays(kind: str, share: float, jobs: Jobs, tmp_path: Path) -> None:
    jobs.do(do="write", kind=kind, path=tmp_path / kind, content=0)
    before, most = digests(tmp_path), int(share * largest(tmp_path))
    ended = jobs.do(do="write", kind=kind, path=tmp_path / kind, content=1, limit=[-1, most])
    assert ended.killed == signal.SIGXFSZ, ended.text
    after = digests(tmp_path)
    assert {name for name in before if after.get(name) != before[name]} <= {
        "bundle/bundle.json"
    }  # gone first: the folder says it is not whole
    sweep(tmp_path)
    assert digests(tmp_path).keys() <= before.keys()
    jobs.do(do="write", kind=kind, path=tmp_path / kind, content=0)
    assert digests(tmp_path) == before


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_said_and_leaves_nothing(kind: str, share: float, jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    jobs.do(do="write", kind=kind, path=tmp_path / "clean" / kind)
    most = int(share * largest(tmp_path / "clean"))
    (tmp_path / "full").mkdir()
    ended = jobs.do(do="write", kind=kind, path=tmp_path / "full" / kind, most=most)
    assert (ended.killed, ended.code) == (0, 3), ended.text
    assert ended.text.startswith("E-IO-001 /"), ended.text
    assert "Fix: free disk space" in ended.text
    assert digests(tmp_path / "full") == {}
    jobs.do(do="write", kind=kind, path=tmp_path / "full" / kind)
    assert digests(tmp_path / "full") == digests(tmp_path / "clean")
