"""`iota-py view`: the map of a run in a browser, pixel by pixel; two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iota_py.cli.console import UserCode, out


def view(
    folder: Annotated[Path, typer.Argument(help="folder of a run, e.g. runs/demo", metavar="RUN")],
    other: Annotated[Path | None, typer.Argument(help="a second run, shown beside it behind a bar to drag", metavar="OTHER_RUN")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="port on 127.0.0.1; 0: one that is free")] = 0,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="open a browser window")] = True,
    allow_user_code: UserCode = False,
) -> None:
    """Show the map of a run in a browser, on 127.0.0.1 only, until Ctrl-C. It works without a network.

    Example: [bold]iota-py view runs/demo[/]
    """
    from iota_py.viewer.server import serve

    def show(address: str) -> None:
        out.print(f"map      {address}")
        out.print("Ctrl-C to stop")

    serve([folder] if other is None else [folder, other], port, browser, allow_user_code, on_ready=show)
