"""`iota-py register`: the models of a run as the next version of a registered model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import out
from iota_py.cli.promote import store_of


def register(
    run: Annotated[Path, typer.Argument(help="folder of a run that is recorded in MLflow", metavar="RUN")],
    name: Annotated[str, typer.Argument(help="name of the registered model, created where there is none", metavar="NAME")],
    store: Annotated[str | None, typer.Option("--store", metavar="STORE", help="default: where the run is recorded")] = None,
) -> None:
    """Register the models of a run, all regions and draws together, as the next version of a model in MLflow's registry.

    A run that is registered already keeps its version.

    Example: [bold]iota-py register runs/demo oso-demo[/]
    """
    from iota_py.pipeline.promotion import recorded_run, recorded_store
    from iota_py.tracking.registry import register_run

    version = register_run(recorded_store(run) if store is None else store_of(store), recorded_run(run), name)
    out.print(f"registered {escape(name)} version {version}")
    out.print(f"next     iota-py promote {escape(name)} --run {version}")
