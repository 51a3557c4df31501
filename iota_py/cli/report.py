"""`iota-py report`: write the report of a run anew from what the run has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iota_py.cli.console import out
from iota_py.errors import Fault, InputError
from iota_py.pipeline import paths


def report(folder: Annotated[Path, typer.Argument(help="folder of a run, e.g. runs/demo", metavar="RUN")]) -> None:
    """Write report.html anew from what a run has left, in every language of its configuration.

    Example: [bold]iota-py report runs/demo[/]
    """
    from iota_py.pipeline.delivered import renew
    from iota_py.pipeline.plans.report import pages, report_outputs
    from iota_py.pipeline.steps.regression_report import write_value_report
    from iota_py.pipeline.steps.reporting import write_report
    from iota_py.pipeline.workspace import Workspace

    if not (folder / paths.METRICS).exists():
        fault = Fault("E-RUN-015", str(folder), "", "no finished run here (no assessment/metrics.json)", "iota-py run CONFIG")
        raise InputError(fault)
    ws = Workspace(folder.resolve(), "")
    numbers = ws.config.samples.target is not None
    (write_value_report if numbers else write_report)(ws, {})
    for name in report_outputs(ws.config):
        renew(ws.root, "value_report" if numbers else "report", name)
    for name in pages(ws.config).values():
        out.print(str(folder / name))
