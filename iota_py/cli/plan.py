"""`iota-py plan`: what a run would do, before it does anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from iota_py.cli.console import LABELS, UserCode, out

if TYPE_CHECKING:
    from iota_py.config import RunConfig
    from iota_py.pipeline.inventory import Inventory


def plan(
    config: Annotated[Path, typer.Argument(help="configuration of a run (YAML)", metavar="CONFIG")], allow_user_code: UserCode = False
) -> None:
    """Show the tasks of a run, what is done already, and the memory and disk that the rest will take. Nothing is started.

    Example: [bold]iota-py plan configs/demo.yaml[/]
    """
    from iota_py.config import load_config
    from iota_py.pipeline.disk import disk_estimate, polygon_estimate
    from iota_py.pipeline.execution.graph import pending
    from iota_py.pipeline.inputs.listing import describe_inputs
    from iota_py.pipeline.run import prepare
    from iota_py.pipeline.stages import STAGES
    from iota_py.pipeline.state import KnownState

    settings = load_config(config, allow_user_code=allow_user_code)
    inventory, tasks = prepare(settings)
    todo = pending(tasks, KnownState(settings.output))
    out.print(f"{settings.name}: {describe_inputs(inventory)}")
    table = Table("stage", "tasks", "done", "to do", box=None, header_style="bold", pad_edge=False)
    for stage in STAGES:
        every = tasks.stage(stage)
        left = sum(task.id in todo for task in every)
        if every:
            table.add_row(LABELS[stage], str(len(every)), str(len(every) - left), str(left))
    out.print(table)
    memory = max(task.memory for task in tasks.tasks)
    workers = settings.engine.worker_count
    pixels = sum(t.geobox.shape[0] * t.geobox.shape[1] for t in inventory.tiles)
    regions, runs = len(inventory.regions), settings.samples.split.runs
    place = f"{len(inventory.tiles)} tiles, {pixels / 1e6:.2f} Mpx" if inventory.tiles else "no map"
    out.print(f"{place}, {len(inventory.feature_names)} features, {regions} regions × {runs} runs{_members(settings)}")
    out.print(f"memory  about {memory / 1e6:.0f} MB per worker for a window, beside the models; {workers} workers ({settings.engine.kind})")
    polygons = polygon_estimate(inventory, settings)
    guess = f", with about {polygons / 1e6:.1f} MB of polygons, more if the map is very broken up" if polygons else ""
    out.print(f"disk    at most {disk_estimate(inventory, settings) / 1e6:.0f} MB in {settings.output}{guess}")
    _say_time(settings, inventory, bool(todo & {task.id for task in tasks.stage("predict")}))


def _members(settings: RunConfig) -> str:
    return "" if settings.fusion is None else f" × {len(settings.fusion.members)} members"


def _say_time(settings: RunConfig, inventory: Inventory, wanted: bool) -> None:
    """Time of the map, when there is one to be made and this machine was measured."""
    from iota_py.assessment.wording import duration
    from iota_py.bench.estimate import Work, map_seconds
    from iota_py.bench.stored import read_latest
    from iota_py.config.schema import dump
    from iota_py.pipeline.inventory import load_nomenclature

    if not wanted:
        return
    latest = read_latest()
    sizes = [(tile, tile.geobox.shape[0] * tile.geobox.shape[1]) for tile in inventory.tiles]
    work = Work(
        pixels=sum(size for _, size in sizes),
        readings=sum(size * len(s.observations) * len(s.bands) for tile, size in sizes for s in tile.series.values()),
        features=len(inventory.feature_names),
        predictions=settings.samples.split.runs * (1 if settings.fusion is None else len(settings.fusion.members)),
        model=dump(settings)["model"],
        classes=len(load_nomenclature(settings).classes),
        workers=settings.engine.worker_count,
    )
    seconds = None if latest is None else map_seconds(work, latest)
    if latest is None or seconds is None:
        out.print("time    unknown until `iota-py bench` has measured this machine")
        return
    parts = ", ".join(f"{name} {duration(value)}" for name, value in seconds.items())
    out.print(
        f"time    about {duration(sum(seconds.values()))} for the map ({parts}), beside learning; measured {latest['machine']['date'][:10]}"
    )
