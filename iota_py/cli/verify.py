"""`iota-py verify`: is what a run has handed over still what it was?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import out, show_faults
from iota_py.errors import EXIT_OK, EXIT_USER


def verify(
    folder: Annotated[Path, typer.Argument(help="folder of a run, e.g. runs/demo", metavar="RUN")],
    quick: Annotated[bool, typer.Option("--quick", help="Hash every file, but decode no pixels and no geometries.")] = False,
) -> int:
    """Hash and read again all that a run has handed over: maps, polygons, packages, catalogue, scores, report and models.

    One line for each fault; the exit code is 0 when there is none. Example: [bold]iota-py verify runs/demo[/]
    """
    from iota_py.pipeline.verification.verify import verify as verify_run

    with out.status("") as status:
        verdict = verify_run(folder, quick=quick, watch=lambda name: status.update(escape(name)))
    show_faults(verdict.faults)
    count = len(verdict.faults)
    said = "no fault" if count == 0 else f"{count} fault{'s' if count > 1 else ''}"
    out.print(f"{folder}: {said}, {verdict.files} files, {verdict.size / 1e9:.3f} GB, {verdict.seconds:.1f} s{' (quick)' if quick else ''}")
    return EXIT_USER if count else EXIT_OK
