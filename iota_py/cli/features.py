"""`iota-py features`: maps of chosen features, without a classification."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iota_py.cli.console import Bars, UserCode, out, short
from iota_py.errors import ConfigError, Fault

if TYPE_CHECKING:
    from iota_py.config import RunConfig
    from iota_py.pipeline.inventory import Inventory
    from iota_py.pipeline.plan import Plan


def features(
    config: Annotated[Path, typer.Argument(help="configuration of a run (YAML)", metavar="CONFIG")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--columns", "-c", metavar="PATTERN", help="columns to write, * for anything; may be given several times"),
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="Print the names of the columns, and write nothing.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the results.")] = False,
    allow_user_code: UserCode = False,
) -> None:
    """Write features as cloud-optimised GeoTIFF, one file for each tile and feature, under the output of the run.

    Example: [bold]iota-py features configs/demo.yaml -c 'sentinel2_ndvi_*'[/]
    """
    from iota_py.config import load_config
    from iota_py.pipeline.inventory import take_inventory
    from iota_py.pipeline.reference.table_inventory import take_table_inventory
    from iota_py.pipeline.run import run

    settings = load_config(config, allow_user_code=allow_user_code)
    if names:
        inventory = take_inventory(settings) if settings.inputs else take_table_inventory(settings)
        for name in inventory.feature_names:
            out.print(name, highlight=False)
        return
    if not settings.inputs:
        text = "the samples of a table have no place on a map"
        raise ConfigError(Fault("E-TBL-015", str(config), "inputs", text, "give `inputs`, or print the names with --list"))
    if not columns:
        fix = "give --columns 'sentinel2_ndvi_*' for instance; --list prints them all"
        raise ConfigError(Fault("E-FEA-030", str(config), "--columns", "no column is asked for", fix))

    def plan(settings: RunConfig, inventory: Inventory) -> Plan:
        from iota_py.pipeline.plan import make_feature_plan

        return make_feature_plan(inventory, chosen(inventory.feature_names, columns, str(config)))

    with Bars(quiet) as bars:
        summary = run(settings, bars, plan)
    if summary.nothing:
        out.print("nothing to do: every map is there and up to date")
    files = [settings.output / output for task in summary.plan.stage("feature_maps") for output in task.outputs]
    places = sorted({path.parent for path in files})
    out.print(f"features {len(files)} maps in {', '.join(short(place) for place in places)}")


def chosen(names: tuple[str, ...], patterns: list[str], where: str) -> list[str]:
    """Columns that match a pattern, in the order of the features. Raises ConfigError for a pattern that matches none."""
    faults = []
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            near = difflib.get_close_matches(pattern, names, 1, 0.0)
            faults.append(
                Fault("E-FEA-031", where, "--columns", f"no column is named {pattern}", f"the nearest is {near[0]}" if near else "")
            )
    if faults:
        raise ConfigError(*faults)
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
