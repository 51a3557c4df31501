"""Entry point: the commands, and what becomes of an error. Expected errors are one line each; `--debug` shows the trace."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape
from typer.exceptions import TyperException

from iota_py import __version__
from iota_py.cli import (
    accuracy,
    aggregate,
    bench,
    campaign,
    check,
    compare,
    demo_data,
    drift,
    experiment,
    features,
    plan,
    products,
    promote,
    register,
    report,
    reproduce,
    run,
    samples,
    status,
    track,
    train,
    ui,
    verify,
    view,
)
from iota_py.cli.console import err, out, show_faults
from iota_py.errors import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USER, IotaError

HELP = """Land-cover maps from satellite image time series.

Exit codes: 0 done, 1 configuration or input, 2 partly done (run again), 3 internal or disk, 130 stopped on request.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command("products")(products.products)
app.command("check")(check.check)
app.command("plan")(plan.plan)
app.command("run")(run.run)
app.command("train")(train.train)
app.command("status")(status.status)
app.command("drift")(drift.drift)
app.command("features")(features.features)
app.command("samples")(samples.samples)
app.command("report")(report.report)
app.command("view")(view.view)
app.command("verify")(verify.verify)
app.command("reproduce")(reproduce.reproduce)
app.command("aggregate")(aggregate.aggregate)
app.command("compare")(compare.compare)
app.add_typer(experiment.app, name="experiment")
app.add_typer(accuracy.app, name="accuracy")
app.add_typer(campaign.app, name="campaign")
app.command("ui")(ui.ui)
app.command("register")(register.register)
app.command("promote")(promote.promote)
app.add_typer(track.track, name="track")
app.command("demo-data")(demo_data.demo_data)
app.command("bench")(bench.bench)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"iota-py {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Options before the command; `--debug` is looked for in `main`."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code."""
    words = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    sys.exit(_call(words, debug))


def _call(words: list[str], debug: bool) -> int:
    try:
        code = app(words, standalone_mode=False)
        return int(code or 0)
    except TyperException as error:
        if str(error):  # empty when the help was shown instead
            err.print(f"{escape(str(error))} Try: iota-py --help")
        return EXIT_USER
    except IotaError as error:
        if debug:
            err.print_exception()
        show_faults(error.faults)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        err.print("stopped")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_USER
    except Exception as error:
        if debug:
            err.print_exception()
        err.print(
            f"[red]E-INT-001[/] unexpected {type(error).__name__}: {escape(str(error))}. Fix: run again with --debug and report the trace"
        )
        return EXIT_INTERNAL
