"""`iota-py experiment`: variants of a configuration planned, run and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import Bars, UserCode, err, out, program, short
from iota_py.cli.tables import show_table
from iota_py.errors import IotaError, StorageError

if TYPE_CHECKING:
    from iota_py.assessment.experiment.values import Comparison
    from iota_py.pipeline.experiments.document import Study, VariantRun
    from iota_py.pipeline.experiments.execution import Ended, Outlook
    from iota_py.pipeline.run import Summary

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Variants of one configuration: planned, run, compared.")

Document = Annotated[Path, typer.Argument(help="experiment (YAML)", metavar="EXPERIMENT")]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="NAME", help="a run, a variant or a choice of an axis; may be repeated")]


@app.command("plan")
def plan(document: Document, only: Only = None, allow_user_code: UserCode = False) -> None:
    """List the runs of an experiment: what is done, what is taken over from one another, what is to do. Nothing is started.

    Example: [bold]iota-py experiment plan experiments/demo/experiment.yaml[/]
    """
    from iota_py.pipeline.experiments.document import read_study
    from iota_py.pipeline.experiments.execution import look

    study = read_study(document, allow_user_code=allow_user_code)
    _show_outlook(look(study, only or ()))


@app.command("run")
def run(
    document: Document,
    only: Only = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    compare_too: Annotated[bool, typer.Option("--compare/--no-compare", help="Write the comparison when the runs are done.")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the results.")] = False,
    allow_user_code: UserCode = False,
) -> None:
    """Run what is missing of every variant. What does not differ is made once; a variant that fails does not stop the others.

    Example: [bold]iota-py experiment run experiments/demo/experiment.yaml[/]
    """
    from iota_py.pipeline.experiments.document import read_study
    from iota_py.pipeline.experiments.execution import execute, failure, look

    study = read_study(document, allow_user_code=allow_user_code)
    outlook = look(study, only or ())
    if dry_run or not quiet:
        _show_outlook(outlook)
    if dry_run:
        return
    parent = _opened(study)
    with Bars(quiet) as bars:

        def tell(one: VariantRun) -> Bars:
            if not quiet:
                out.print(f"[bold]{escape(one.name)}[/]")
            return bars

        def record(one: VariantRun, summary: Summary) -> None:
            _record(study, parent, one, summary)

        ended = execute(outlook, only or (), tell, record)
    _show_ended(ended)
    error = failure(study, ended)
    if compare_too and sum(one.ok for one in ended) > 1:
        _compared(study)
    if error is not None:
        raise error


@app.command("compare")
def compare(
    places: Annotated[
        list[Path], typer.Argument(help="an experiment (YAML), or the folders of two runs or more", metavar="EXPERIMENT | RUN RUN…")
    ],
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="of runs: the folder that the others are set against; default: the first")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="folder of the page; default: that of the experiment, or here")
    ] = None,
) -> None:
    """Write one page that says which variant is best, by how much and how sure, and lay it into MLflow.

    Example: [bold]iota-py experiment compare runs/forest runs/lightgbm[/]
    """
    from iota_py.errors import ConfigError, Fault
    from iota_py.pipeline.experiments.compare import compare_runs, write_comparison
    from iota_py.pipeline.experiments.document import read_study
    from iota_py.pipeline.experiments.tracking import record_page

    if len(places) == 1 and not places[0].is_dir():
        if baseline is not None:
            fix = "set `baseline` in the experiment"
            raise ConfigError(Fault("E-EXP-004", str(places[0]), "--baseline", "an experiment names its own baseline", fix))
        _compared(read_study(places[0], allow_user_code=True), folder)
        return
    data = compare_runs(places, baseline)
    page = write_comparison(data, folder or Path("compare_runs"))
    try:
        record_page(data, places[0], page.parent)
    except IotaError as error:
        out.print(f"  [yellow]warning[/]           {escape(f'the comparison is not recorded in MLflow: {error}')}")
    _show_comparison(data, page)


def _compared(study: Study, folder: Path | None = None) -> None:
    from iota_py.pipeline.experiments.compare import compare_study, write_comparison
    from iota_py.pipeline.experiments.tracking import record_comparison, tracked

    data = compare_study(study)
    page = write_comparison(data, folder or study.document.output)
    if tracked(study) and folder is None:
        try:
            record_comparison(study, data)
        except IotaError as error:
            out.print(f"  [yellow]warning[/]           {escape(f'the comparison is not recorded in MLflow: {error}')}")
    _show_comparison(data, page)


def _opened(study: Study) -> str | None:
    """The run of the experiment in MLflow; None where nothing is recorded. A store that does not answer costs a warning."""
    from iota_py.pipeline.experiments.tracking import open_record, tracked

    if not tracked(study):
        return None
    try:
        return open_record(study)
    except IotaError as error:
        out.print(f"  [yellow]warning[/]           {escape(f'the experiment is not recorded in MLflow: {error}')}")
        return None


def _record(study: Study, parent: str | None, one: VariantRun, summary: Summary) -> None:
    from iota_py.pipeline.experiments.tracking import record_run, tracked
    from iota_py.pipeline.record import tracking_queue

    if not tracked(study):
        return
    try:
        record_run(study, parent, one, summary)
    except StorageError as error:
        queue = short(tracking_queue(one.config).parent)
        text = f"not recorded in MLflow yet: {error.faults[0].message}. The record waits: {program()} track sync {queue}"
        out.print(f"  [yellow]warning[/]           {escape(text)}")


def _show_outlook(outlook: Outlook) -> None:
    study = outlook.study
    runs = len(outlook.prospects)
    out.print(
        f"[bold]{escape(study.document.title or study.document.name)}[/]: {runs} run{'s' if runs > 1 else ''}, {len(study.variants)} variants"
    )
    rows = [(one.run.name, str(one.total), str(one.done), str(one.shared), str(one.todo)) for one in outlook.prospects]
    show_table(("run", "tasks", "done", "taken over", "to do"), rows, right=(1, 2, 3, 4))
    if outlook.store:
        where = short(study.document.output / "store")
        out.print(
            f"store   acquisitions are decoded once for all maps: at most {outlook.store / 1e6:.0f} MB in {escape(where)} (share.store: false to do without)"
        )


def _show_ended(ended: tuple[Ended, ...]) -> None:
    rows = []
    for one in ended:
        summary = one.summary
        if summary is None:
            rows.append((one.run.name, "failed", "", "", one.faults[0].code))
        else:
            state = "nothing to do" if summary.nothing else "done"
            rows.append((one.run.name, state, str(summary.done), str(sum(summary.shared.values())), f"{summary.seconds:.1f} s"))
    show_table(("run", "", "tasks", "taken over", ""), rows, right=(2, 3))


def _show_comparison(data: Comparison, page: Path) -> None:
    from iota_py.assessment.experiment.words import answers, verdicts

    for name, why in data.missing.items():
        err.print(f"[yellow]without[/]  {escape(name)}: {escape(why)}")
    for group, sentence in verdicts(data):
        out.print(f"result   {escape(f'{group}: {sentence}' if group else sentence)}")
    for one in answers(data):
        where = f" ({', '.join(one.group)})" if one.group else ""
        out.print(f"         {escape(f'{one.choice} in place of {one.instead}{where}: {one.text}')}")
    out.print(f"page     {escape(short(page))}")
