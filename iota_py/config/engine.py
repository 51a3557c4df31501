"""Section `engine`: where tasks run. No byte of a result depends on it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section

BATCH = ("slurm", "pbs")  # kinds that hand jobs to the batch system of a cluster
_WALLTIME = r"^(\d+-)?\d{1,3}:\d{2}:\d{2}$"


class Tls(Section):
    """Files of certificates that scheduler, workers and this program share (PEM)."""

    authority: Path = Field(description="certificate of the authority that signed the others")
    certificate: Path
    key: Path


class Cluster(Section):
    """Workers that Dask starts as jobs of a batch system, or that wait at an address."""

    queue: str | None = Field(None, description="partition or queue of the jobs; default: that of the cluster")
    account: str | None = Field(None, description="account that the jobs are charged to")
    walltime: Annotated[str, Field(pattern=_WALLTIME)] = Field(
        "02:00:00", description="of a job; workers leave five minutes before and are replaced"
    )
    interface: str | None = Field(
        None, description="network interface of scheduler and workers, e.g. ib0; default: that of the host's name"
    )
    directives: tuple[str, ...] = Field((), description="further directives of a job, e.g. --constraint=skylake")
    prologue: tuple[str, ...] = Field((), description="lines of shell before a worker starts, e.g. module load …")
    python: Path | None = Field(None, description="interpreter of the workers; default: the one that runs this")
    patience: Annotated[float, Field(gt=0)] = Field(600.0, description="seconds to wait for the first worker")
    tls: Tls | Literal["temporary", "off"] = Field(
        "temporary",
        description="how scheduler and workers know each other: certificates made for this run, files of the site, or not at all",
    )


class Engine(Section):
    """Where tasks run."""

    kind: Literal["joblib", "dask", "slurm", "pbs"] = "joblib"
    workers: Positive | Literal["all"] = Field("all", description="processes of one thread each; jobs, for slurm and pbs")
    memory: Annotated[float, Field(gt=0)] | None = Field(
        None, description="GiB that a worker may use; dask default: that of the machine over its workers; slurm, pbs default: 4"
    )
    task_limit: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="seconds after which a task is interrupted and counts as failed, for functions of users that may hang; default: none",
    )
    window: Positive | None = Field(None, description="pixels on a side of a window; default: from the blocks of the files")
    window_pixels: Positive = Field(262_144, description="pixels of a window at most, when its shape comes from the files")
    address: str | None = Field(None, description="of a running Dask scheduler")
    store: Path | None = Field(
        None, description="folder where acquisitions are kept decoded, masked and on the grid of their tile, for runs that read them again"
    )
    cluster: Cluster | None = Field(None, description="slurm, pbs, or the scheduler at an address")

    @model_validator(mode="after")
    def _consistent(self) -> Engine:
        if self.address is not None and self.kind != "dask":
            raise ValueError("address: only kind: dask uses a running scheduler")
        if self.kind == "joblib" and self.memory is not None:
            raise ValueError("memory: only workers of dask, slurm and pbs are held to a limit")
        if self.cluster is not None and self.kind not in BATCH and self.address is None:
            raise ValueError("cluster: goes with kind: slurm, kind: pbs, or an address")
        if self.kind in BATCH and self.workers == "all":
            raise ValueError(f"workers: say how many jobs of {self.kind} may run at a time")
        return self

    @property
    def worker_count(self) -> int:
        """Number of processes."""
        return self.workers if isinstance(self.workers, int) else len(os.sched_getaffinity(0))

    @property
    def jobs(self) -> Cluster:
        """How jobs are asked for."""
        return self.cluster or Cluster()


def seconds_of(walltime: str) -> int:
    """Seconds of a wall time `[days-]hours:minutes:seconds`."""
    days, hours, minutes, seconds = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):(\d+)", walltime).groups(default="0")  # type: ignore[union-attr]
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
