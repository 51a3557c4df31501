"""The engine that a configuration asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from iota_py.config.engine import Engine as EngineOptions
from iota_py.pages import shared_pages
from iota_py.pipeline.engine.clusters import open_client
from iota_py.pipeline.engine.local import ProcessEngine, SerialEngine, worker_environment
from iota_py.pipeline.engine.protocol import Engine
from iota_py.pipeline.engine.remote import DaskEngine


@contextmanager
def open_engine(options: EngineOptions, folder: Path) -> Iterator[Engine]:
    """An engine; its processes end with the block. folder: for what its workers share, as logs of jobs.

    Raises ConfigError when a cluster is asked for and cannot be had (see `clusters.open_client`).
    """
    with worker_environment(), shared_pages() if options.worker_count > 1 else nullcontext():
        if options.kind != "joblib":
            with open_client(options, folder) as client:
                yield DaskEngine(client, options.worker_count)
        elif options.worker_count == 1:
            yield SerialEngine()
        else:
            with closing(ProcessEngine(options.worker_count)) as engine:
                yield engine
