"""`iota-py run`: from products to an assessed map; what is there already is not done again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import Bars, UserCode, VerifyInputs, out, program, short
from iota_py.errors import IotaError, StorageError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths

if TYPE_CHECKING:
    from iota_py.config import RunConfig
    from iota_py.pipeline.run import Summary


def run(
    config: Annotated[Path, typer.Argument(help="configuration of a run (YAML)", metavar="CONFIG")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the results.")] = False,
    allow_user_code: UserCode = False,
    verify_inputs: VerifyInputs = False,
) -> None:
    """Make the map, its accuracy, its report and its MLflow record. Run again, it does what is missing and nothing else.

    Example: [bold]iota-py run configs/demo.yaml[/]
    """
    from iota_py.config import load_config
    from iota_py.pipeline.run import run as run_pipeline

    settings = load_config(config, allow_user_code=allow_user_code)
    with Bars(quiet) as bars:
        if not quiet:
            out.print(f"[bold]{settings.name}[/]")
        if verify_inputs:
            _hash_inputs(settings, bars)
        summary = run_pipeline(settings, bars)
        _finish(settings, summary, bars)
    _results(settings, summary)


def _hash_inputs(settings: RunConfig, bars: Bars) -> None:
    from iota_py.pipeline.verification.inputs import verify_inputs

    found = verify_inputs(settings, forget=True)
    bars.say("hashed", f"{found.files} files of products, {found.size / 1e9:.3f} GB, {len(found.changed)} changed")
    for fault in found.changed:
        bars.warn(f"{fault.line()}; what was made of it is made again")


def _finish(settings: RunConfig, summary: Summary, bars: Bars) -> None:
    """Manifest and record. A store that does not answer costs a warning, never the results nor the record, which waits in the queue."""
    from iota_py.pipeline.delivered import manifest_is_current
    from iota_py.pipeline.record import track, tracking_queue
    from iota_py.pipeline.records.manifest import write_manifest

    if not summary.nothing or not manifest_is_current(settings.output, summary.plan):
        write_manifest(settings, summary.inventory, summary.plan, summary.started)
    if settings.tracking.enabled:
        try:
            track(settings, summary.inventory, summary.started)
        except StorageError as error:
            queue = tracking_queue(settings)
            reason = error.faults[0].message
            bars.warn(
                f"not recorded in MLflow yet: {reason}. The record waits in {short(queue)}: {program()} track sync {short(queue.parent)}"
            )
        except IotaError as error:
            bars.warn(f"the run is not recorded in MLflow: {error}")


def _results(settings: RunConfig, summary: Summary) -> None:
    from iota_py.assessment.fused import fused_line
    from iota_py.assessment.regression import result_line
    from iota_py.pipeline.record import tracking_uri
    from iota_py.tracking.provenance import scrub

    root = settings.output
    if summary.nothing:
        out.print("nothing to do: every output is there and up to date")
    metrics = read_json(root / paths.METRICS)
    out.print(result_line(metrics))
    if "fused" in metrics:
        out.print(fused_line(metrics["fused"]))
    say_further(settings)
    if summary.inventory.tiles:
        layer = "classification" if settings.samples.target is None else "value"
        out.print(f"map      {short(root / paths.map_layer(layer))}")
    else:
        out.print(f"scores   on validation samples, not on a map; {short(root / paths.METRICS)}")
    if settings.vector is not None:
        out.print(f"vector   {short(root / paths.VECTOR)}")
    say_delivered(settings)
    out.print(f"report   {short(root / paths.REPORT)}")
    if settings.tracking.enabled:
        out.print(
            f"mlflow   {program()} ui {short(root.parent)}"
            if settings.tracking.uri is None
            else f"mlflow   {scrub(tracking_uri(settings))}"
        )


def say_delivered(settings: RunConfig) -> None:
    """Where the packages and the catalogue are, and what checks them."""
    from iota_py.pipeline.plans.product import wants_catalogue

    root = settings.output
    if settings.product is not None:
        out.print(f"product  {short(root / paths.PRODUCT)}, version {settings.product.version}; check it: {program()} verify {short(root)}")
    if wants_catalogue(settings):
        out.print(f"catalog  {short(root / paths.CATALOGUE / 'catalog.json')}")


def say_further(settings: RunConfig) -> None:
    """What was asked for beside the scores, and which regions borrow their model."""
    from iota_py.assessment.gap import gap_line
    from iota_py.pipeline.reference.regions import borrowed_sentences
    from iota_py.pipeline.topics.drift import drift_sentences
    from iota_py.pipeline.workspace import Workspace

    if settings.assessment.cross_validation is not None:
        out.print(gap_line(read_json(settings.output / paths.CROSS_VALIDATION)))
    ws = Workspace(settings.output, "")
    for sentence in borrowed_sentences(ws):
        out.print(sentence)
    for sentence in drift_sentences(ws):
        out.print(f"[yellow]warning[/]  {escape(sentence)}")
