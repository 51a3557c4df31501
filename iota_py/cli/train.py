"""`iota-py train`: models and their scores on validation samples, without a map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iota_py.cli.console import Bars, UserCode, out, short
from iota_py.cli.run import say_further
from iota_py.io.publish import read_json
from iota_py.pipeline import paths


def train(
    config: Annotated[Path, typer.Argument(help="configuration of a run (YAML)", metavar="CONFIG")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the results.")] = False,
    allow_user_code: UserCode = False,
) -> None:
    """Fit the models and score them on the samples held out, without a map. `iota-py run` then goes on from there.

    Example: [bold]iota-py train configs/demo.yaml[/]
    """
    from iota_py.assessment.regression import result_line
    from iota_py.config import load_config
    from iota_py.pipeline.plans.train import make_train_plan
    from iota_py.pipeline.preflight import external_digests
    from iota_py.pipeline.run import run

    settings = load_config(config, allow_user_code=allow_user_code)
    with Bars(quiet) as bars:
        if not quiet:
            out.print(f"[bold]{settings.name}[/]")
        summary = run(settings, bars, lambda given, inventory: make_train_plan(given, inventory, external_digests(given)))
    metrics = settings.output / (paths.SAMPLE_METRICS if summary.inventory.tiles else paths.METRICS)
    if summary.nothing:
        out.print("nothing to do: every model is there and up to date")
    out.print(result_line(read_json(metrics)))
    say_further(settings)
    out.print(f"scores   on validation samples, not on a map; {short(metrics)}")
    out.print(f"models   {short(settings.output / paths.MODELS)}")
