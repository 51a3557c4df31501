"""The log of a run: what is in it, what never is, and what becomes of it when the disk refuses."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from iota_py.pipeline import log, paths
from iota_py.pipeline.log import logged, note


def _events(root: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (root / paths.LOG_EVENTS).read_text(encoding="utf-8").splitlines()]


def test_text_for_a_reader_and_objects_for_a_program(tmp_path: Path) -> None:
    with logged(tmp_path):
        note(logging.INFO, "started")
        note(logging.DEBUG, "predict/A/1 done", stage="predict", task="predict/A/1", tile="A", seconds=0.5, worker="h:7", code="")
        note(logging.ERROR, "predict/A/2 failed: E-RUN-001 x", stage="predict", code="E-RUN-001", trace="Traceback\n  boom\n")
    text = (tmp_path / paths.LOG).read_text(encoding="utf-8").splitlines()
    assert [line[25:] for line in text[:2]] == ["INFO    started", "ERROR   predict/A/2 failed: E-RUN-001 x"]
    assert text[2:] == ["    Traceback", "      boom"]
    assert "predict/A/1" not in "\n".join(text), "single tasks that went well are in the JSON log alone"
    first, second, third = _events(tmp_path)
    assert (first["level"], first["text"]) == ("info", "started")
    assert {key: second[key] for key in second if key not in ("time", "text")} == {
        "level": "debug", "stage": "predict", "task": "predict/A/1", "tile": "A", "seconds": 0.5, "worker": "h:7",
    }  # fmt: skip
    assert (third["code"], third["trace"]) == ("E-RUN-001", "Traceback\n  boom\n")
    assert str(first["time"]).endswith("Z")


def test_no_secret_comes_into_the_log(tmp_path: Path) -> None:
    secret = "canary-7f3a"
    with logged(tmp_path):
        note(
            logging.WARNING, f"https://user:{secret}@host/path and s3://b?X-Amz-Signature={secret}", trace=f"postgresql://me:{secret}@db/x"
        )
    for name in (paths.LOG, paths.LOG_EVENTS):
        content = (tmp_path / name).read_text(encoding="utf-8")
        assert secret not in content
        assert "***" in content


def test_the_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "TEXT_BYTES", 2000)
    monkeypatch.setattr(log, "JSON_BYTES", 3000)
    with logged(tmp_path):
        for number in range(1000):
            note(logging.INFO, f"line {number} " + 50 * "x")
    files = sorted((tmp_path / "log").iterdir())
    assert len(files) == 2 * (1 + log.KEPT)
    assert all(file.stat().st_size <= 3000 for file in files)
    assert "line 999 " in (tmp_path / paths.LOG).read_text(encoding="utf-8")


def test_a_disk_that_refuses_costs_lines_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    with logged(tmp_path):
        note(logging.ERROR, "lost")
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_borne(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / paths.LOG).symlink_to("/dev/full")
    with logged(tmp_path):
        note(logging.ERROR, "lost")
        note(logging.ERROR, "lost too")
    assert capsys.readouterr().err == ""
    assert len(_events(tmp_path)) == 2, "the other file is written"


def test_without_an_open_log_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note(logging.ERROR, "nobody listens")
    assert capsys.readouterr() == ("", "")
    with logged(tmp_path):
        note(logging.INFO, "one")
    note(logging.ERROR, "two")
    assert len(_events(tmp_path)) == 1
