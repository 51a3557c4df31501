"""Section `engine`: what goes with what."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from iota_py.config.engine import Engine, seconds_of
from iota_py.pipeline.engine.clusters import job_words


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"kind": "slurm"}, "workers: say how many jobs of slurm may run at a time"),
        ({"kind": "joblib", "memory": 4.0}, "memory: only workers of dask, slurm and pbs"),
        ({"kind": "joblib", "address": "tcp://h:1"}, "address: only kind: dask"),
        ({"kind": "dask", "cluster": {"queue": "q"}}, "cluster: goes with kind: slurm, kind: pbs, or an address"),
        ({"kind": "pbs", "workers": 2, "cluster": {"walltime": "2 h"}}, "walltime"),
    ],
)
def test_what_does_not_go_together(wish: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Engine(**wish)


@pytest.mark.parametrize(("text", "seconds"), [("00:10:00", 600), ("02:00:05", 7205), ("1-01:00:00", 90_000)])
def test_walltime(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


def test_a_job_is_one_worker_of_one_thread_that_leaves_before_its_end(tmp_path: Any) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    wish = Engine(kind="slurm", workers=3, memory=2.5, cluster={"walltime": "01:00:00", "queue": "cpu", "tls": "off"})  # type: ignore[arg-type]
    words = job_words(wish, tmp_path)
    assert (words["cores"], words["processes"], words["memory"], words["queue"]) == (1, 1, "2.5GiB", "cpu")
    assert words["worker_extra_args"] == ["--lifetime", "3300s", "--lifetime-stagger", "240s", "--dashboard-address", "127.0.0.1:0"]
    assert "export OMP_NUM_THREADS=1" in words["job_script_prologue"]
    assert words["security"] is None
