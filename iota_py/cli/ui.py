"""`iota-py ui`: MLflow on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from iota_py.cli.console import out


def ui(
    folder: Annotated[Path, typer.Argument(help="folder that holds the runs and mlflow.db", metavar="RUNS")] = Path("runs"),
    uri: Annotated[str | None, typer.Option(help="MLflow store, in place of the one in RUNS")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="port on 127.0.0.1")] = 5000,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="open a browser window")] = True,
) -> None:
    """Show the experiments in MLflow, on 127.0.0.1 only, until Ctrl-C.

    Example: [bold]iota-py ui[/]
    """
    from iota_py.tracking.location import default_uri
    from iota_py.tracking.server import serve

    def show(pages: Mapping[str, str]) -> None:
        for name, address in pages.items():
            out.print(f"{name}  {address}")
        out.print("Ctrl-C to stop")

    serve(uri or default_uri(folder), port, browser, on_ready=show)
