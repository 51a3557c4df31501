"""Every writer, ended by SIGKILL at every step of publishing and stopped by a full disk: the name is not there, or what it names is whole."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from iota_py.io.publish import sweep
from tests.crash.conftest import Jobs, digests
from tests.crash.outputs import WRITERS

KINDS = tuple(WRITERS)
FOLDERS = ("bundle", "package")  # outputs of several files; a reader of such a folder checks that all are there


def _sizes(folder: Path) -> int:
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
        if kind not in FOLDERS:
            assert len(visible) == len(old), (steps[number], when, "the name of the old file was lost")
        ended = jobs.do(do="write", kind=kind, path=folder / kind, content=1)
        assert (ended.killed, ended.code) == (0, 0), ended.text
        sweep(folder)
        assert set(digests(folder).items()) == new, (steps[number], when)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_mid_write_the_old_file_stays_whole(kind: str, share: float, jobs: Jobs, tmp_path: Path) -> None:
    jobs.do(do="write", kind=kind, path=tmp_path / kind, content=0)
    before, most = digests(tmp_path), int(share * _sizes(tmp_path))
    first = next((n for n, (what, _) in enumerate(jobs.do(do="write", kind=kind, path=tmp_path / "x" / kind).steps) if what != "forget"), 0)
    assert first == 0
    cut = jobs.do(do="write", kind=kind, path=tmp_path / "y" / kind, content=1, most=most)
    assert (cut.killed, cut.code) == (0, 3), cut.text
    assert before.items() <= digests(tmp_path).items()
    assert digests(tmp_path / "y") in ({}, {name: digest for name, digest in digests(tmp_path / "y").items() if "bundle" in name})
