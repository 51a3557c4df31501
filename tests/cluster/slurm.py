"""A SLURM of one node on this machine, for tests: munge, slurmctld and slurmd of Debian's packages, with a configuration of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
CONF = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={controller}
SlurmdPort={daemon}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=3
InactiveLimit=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Boards=1 SocketsPerBoard=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory=8000 State=UNKNOWN
PartitionName=small Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def missing() -> str:
    """Why there can be no SLURM here; empty when there can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None and not Path("/usr/sbin", name).exists()]
    if absent:
        return f"no {', '.join(absent)} on this machine: install Debian's slurm-wlm and munge"
    return "" if os.geteuid() == 0 else "the daemons of SLURM are started as root"


@contextmanager
def slurm(folder: Path, cpus: int) -> Iterator[dict[str, str]]:
    """SLURM with one node; the environment in which its commands find it. Everything ends with the block."""
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    conf = folder / "slurm.conf"
    conf.write_text(
        CONF.format(host=socket.gethostname(), folder=folder, controller=free_port(), daemon=free_port(), cpus=cpus), encoding="utf-8"
    )
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    environment = {**os.environ, "SLURM_CONF": str(conf), "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    started = []

    def start(*words: str) -> None:
        with open(folder / f"{words[0]}.out", "wb") as log:
            started.append(subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True))

    try:
        places = [
            f"--{name}={folder}/munge.{end}"
            for name, end in (("socket", "socket"), ("pid-file", "pid"), ("log-file", "log"), ("seed-file", "seed"))
        ]
        start("munged", "--foreground", "--force", f"--key-file={key}", *places)
        wait(lambda: (folder / "munge.socket").exists(), "munged")
        start("slurmctld", "-D", "-c", "-f", str(conf))
        start("slurmd", "-D", "-f", str(conf))
        wait(lambda: "idle" in ask(environment, "sinfo", "--noheader", "--format=%T"), "a node of SLURM")
        yield environment
    finally:
        ask(environment, "scancel", "--user=root")
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def ask(environment: dict[str, str], *words: str) -> str:
    """What a command of SLURM prints."""
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=30).stdout


def wait(there: object, what: str, seconds: float = 60) -> None:
    """Until something is there; AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not there():  # type: ignore[operator]
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.2)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
