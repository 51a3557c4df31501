"""Dask clients: of workers on this machine, of jobs of a batch system, of a scheduler at an address."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iota_py.config.engine import BATCH, Cluster, Engine, Tls, seconds_of
from iota_py.errors import ConfigError, Fault
from iota_py.pipeline.engine.local import WORKER_VARIABLES

SETTINGS = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": 0.85,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.scheduler.allowed-failures": 5,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.profile.enabled": False,  # it takes stacks a hundred times a second, and keeps an hour of them: 8 MB a minute of each worker
    "distributed.worker.daemon": True,
    "distributed.admin.log-format": "%(message)s",
    "distributed.comm.timeouts.connect": "30s",
    "distributed.scheduler.worker-ttl": "15 minutes",
}
PAGES = "127.0.0.1:0"  # Dask serves pages and figures of each process whatever it is told: here, to this machine only, on any free port
LEAVING, STAGGER = 300, 240  # seconds before the end of its job that a worker leaves, and how far apart workers do so
SECRETS = "tls"  # folder of the keys made for a run, for its owner alone, gone when it ends
MEMORY = 4.0  # GiB of a job
COMPARED = ["python", "dask", "distributed", "iota_py", "numpy"]  # whose versions decide bytes, or what may be sent


@contextmanager
def open_client(options: Engine, folder: Path) -> Iterator[Any]:
    """A Dask client; what was started ends with the block. folder: seen by all workers, for certificates and logs of jobs.

    Raises ConfigError: E-CFG-016 Dask is not installed, E-RUN-007 no worker came, E-RUN-008 workers with other versions, E-RUN-009 the
    scheduler cannot be reached, or the batch system is not there.
    """
    try:
        import dask
        import distributed  # noqa: F401

        if options.kind in BATCH:
            import dask_jobqueue  # noqa: F401
    except ImportError as error:
        fix = "pip install 'iota-py[cluster]', or engine.kind: joblib"
        raise ConfigError(Fault("E-CFG-016", "config", "engine.kind", f"{error.name} is not installed", fix)) from error
    with dask.config.set(SETTINGS), _quiet():
        if options.kind in BATCH:
            opened = _batch(options, folder)
        else:
            opened = _local(options) if options.address is None else _at_address(options)
        with opened as (cluster, client):
            if options.kind in BATCH or options.address is not None:
                _await_worker(options, client, cluster)
                _compare_versions(client)
            yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs of workers that come and go is not for the user: what matters is an outcome or an error."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _local(options: Engine) -> Iterator[tuple[Any, Any]]:
    """Workers of this machine, on the loopback address."""
    import distributed

    limit = "auto" if options.memory is None else f"{options.memory}GiB"
    cluster = distributed.LocalCluster(
        n_workers=options.worker_count, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=PAGES,
        worker_dashboard_address=PAGES, silence_logs="CRITICAL", memory_limit=limit,
    )  # fmt: skip
    with cluster, distributed.Client(cluster) as client:
        yield cluster, client


@contextmanager
def _at_address(options: Engine) -> Iterator[tuple[Any, Any]]:
    import distributed

    tls = options.jobs.tls
    try:
        client = distributed.Client(options.address, security=_security(tls, Path()) if isinstance(tls, Tls) else None, timeout="20s")
    except (OSError, TypeError, ValueError) as error:
        raise _unreachable(str(options.address), error) from error
    with client:
        yield None, client


@contextmanager
def _batch(options: Engine, folder: Path) -> Iterator[tuple[Any, Any]]:
    """Jobs of SLURM or PBS, as many as there are workers: one that leaves is replaced."""
    import dask_jobqueue
    import distributed

    made = dask_jobqueue.SLURMCluster if options.kind == "slurm" else dask_jobqueue.PBSCluster
    submit = made.job_cls.submit_command
    if shutil.which(submit) is None:
        raise _unreachable(options.kind, FileNotFoundError(f"there is no program `{submit}` here"))
    secrets = folder / SECRETS
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        try:
            cluster = made(**job_words(options, folder))
            _rehearse(options, cluster)
        except (OSError, RuntimeError, ValueError) as error:
            raise _unreachable(options.kind, error) from error
        with cluster, distributed.Client(cluster) as client:
            cluster.adapt(minimum_jobs=options.worker_count, maximum_jobs=options.worker_count, interval="10s")
            yield cluster, client
    finally:
        shutil.rmtree(secrets, ignore_errors=True)


def _rehearse(options: Engine, cluster: Any) -> None:
    """Ask SLURM whether it would take the job: what it refuses later is only in a log. PBS has no such question."""
    if options.kind != "slurm":
        return
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(cluster.job_script())
        script.flush()
        words = [str(shutil.which("sbatch")), "--test-only", script.name]
        asked = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    if asked.returncode:
        cluster.close()
        raise RuntimeError(f"sbatch refuses the job: {asked.stderr}")


def job_words(options: Engine, folder: Path) -> dict[str, Any]:
    """What a job of the batch system is asked for: one worker of one thread, with the limits and the environment of every worker."""
    import dask

    wish, memory = options.jobs, options.memory or MEMORY
    variables = {**WORKER_VARIABLES, "DASK_INTERNAL_INHERIT_CONFIG": dask.config.serialize(SETTINGS)}
    life = max(60, seconds_of(wish.walltime) - LEAVING)
    words: dict[str, Any] = {
        "cores": 1,
        "processes": 1,
        "memory": f"{memory}GiB",
        "walltime": wish.walltime,
        "queue": wish.queue,
        "account": wish.account,
        "interface": wish.interface,
        "python": str(wish.python or sys.executable),
        "job_name": "iota-py",
        "job_extra_directives": list(wish.directives),
        "job_script_prologue": [*(f"export {name}={value}" for name, value in variables.items()), *wish.prologue],
        "worker_extra_args": ["--lifetime", f"{life}s", "--lifetime-stagger", f"{min(STAGGER, life // 4)}s", "--dashboard-address", PAGES],
        "death_timeout": wish.patience,
        "log_directory": str(folder / "jobs"),
        "local_directory": None,
        "scheduler_options": {"dashboard_address": PAGES},
        "security": _security(wish.tls, folder / SECRETS),
    }
    (folder / "jobs").mkdir(parents=True, exist_ok=True)
    return words


def _security(tls: Tls | str, place: Path) -> Any:
    """How connections are secured; None: they are not. place: folder of certificates made for this run."""
    from distributed import Security

    if tls == "off":
        return None
    if isinstance(tls, str):
        made = Security.temporary()
        tls = Tls(authority=place / "authority.pem", certificate=place / "certificate.pem", key=place / "key.pem")
        for path, text in ((tls.authority, made.tls_ca_file), (tls.certificate, made.tls_worker_cert), (tls.key, made.tls_worker_key)):
            with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="ascii") as stream:
                stream.write(str(text))
    cert, key = str(tls.certificate), str(tls.key)
    return Security(
        require_encryption=True, tls_ca_file=str(tls.authority), tls_client_cert=cert, tls_client_key=key, tls_scheduler_cert=cert,
        tls_scheduler_key=key, tls_worker_cert=cert, tls_worker_key=key,
    )  # fmt: skip


def _await_worker(options: Engine, client: Any, cluster: Any) -> None:
    wish: Cluster = options.jobs
    try:
        client.wait_for_workers(1, timeout=wish.patience)
    except TimeoutError as error:
        jobs = (
            "" if cluster is None else f"; its jobs: {', '.join(str(job.job_id) for job in cluster.workers.values()) or 'none was taken'}"
        )
        text = f"no worker came within {wish.patience:g} s to the scheduler at {client.scheduler.addr}{jobs}"
        fix = "look at the queue and at the logs of the jobs, in the folder `jobs` of the run's state; or raise engine.cluster.patience"
        raise ConfigError(Fault("E-RUN-007", options.kind, "engine", text, fix)) from error


def _compare_versions(client: Any) -> None:
    """Refuse workers whose libraries are not those of this process. Dask itself only warns of them."""
    found = client.get_versions(packages=["iota_py"])
    own, told = _compared(found["client"]), [_compared(one) for one in found["workers"].values()]
    others = {name: {one[name] for one in told} - {own[name]} for name in COMPARED}
    differ = [f"{name} {', '.join(sorted(there))} (here {own[name]})" for name, there in others.items() if there]
    if differ:
        text = f"workers have other versions than this program: {'; '.join(differ)}"
        fix = "start workers from the same environment"
        raise ConfigError(Fault("E-RUN-008", str(client.scheduler.addr), "engine", text, fix))


def _compared(said: Any) -> dict[str, str]:
    """Versions that are compared of those that a process says; of Python, the minor one."""
    found = {name: str(said["packages"].get(name)) for name in COMPARED}
    return {**found, "python": ".".join(found["python"].split(".")[:2])}


def _unreachable(where: str, error: Exception) -> ConfigError:
    text = f"cannot be used: {' '.join(str(error).split())[:300]}"
    return ConfigError(Fault("E-RUN-009", where, "engine", text, "start it, or mend engine.address, or choose engine.kind: joblib"))
