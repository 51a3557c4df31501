"""`iota-py products`: what a folder or a configuration holds, and what a run would set aside."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from iota_py.cli.console import out, show_faults
from iota_py.errors import ConfigError, Fault
from iota_py.io.publish import json_text

if TYPE_CHECKING:
    from iota_py.pipeline.inputs.listing import Listed, Total

EXIT_NOTHING = 2
_CONFIGURATIONS = (".yaml", ".yml")
_COLOURS = {"used": "green", "bad": "red", "duplicate": "yellow", "period": "yellow", "excluded": "yellow"}


def products(
    path: Annotated[
        Path | None, typer.Argument(help="folder of products, or a configuration of a run (YAML)", metavar="PATH", show_default=False)
    ] = None,
    family: Annotated[list[str] | None, typer.Option(help="only this family; may be given several times", metavar="NAME")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON, and nothing else.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Add angles, orbits, and what else the metadata say; and warnings.")] = False,
    families: Annotated[bool, typer.Option("--families", help="List the families that can be read.")] = False,
) -> int:
    """List the products that are found: tile, date, version, cloud share, and why some are set aside.

    A folder is looked through for every family whose names say what they are; a configuration also knows rasters of its own, its period
    and what earlier work found unreadable. Exit code 2 when nothing is found.

    Example: [bold]iota-py products data_samples/sentinel2[/]
    """
    from iota_py.pipeline.inputs.listing import totals

    if families:
        _show_families(as_json)
        return 0
    if path is None:
        raise ConfigError(Fault("E-PRD-064", "products", "PATH", "no folder is given", "iota-py products FOLDER, or --families"))
    listed, faults = _look(path, family or ())
    show_faults(tuple(faults))
    if as_json:
        entries = [{**asdict(one), "when": one.when.isoformat() if one.when else None} for one in listed]
        sums = [{**asdict(one), "first": _day(one.first) or None, "last": _day(one.last) or None} for one in totals(listed)]
        document = {"path": str(path), "products": entries, "totals": sums, "faults": [fault.line() for fault in faults]}
        typer.echo(json_text(document), nl=False)  # as it is: rich would wrap it
    elif listed:
        _show(listed, totals(listed))
        if details:
            _show_details(listed)
    return 0 if listed else EXIT_NOTHING


def _look(path: Path, families: list[str] | tuple[str, ...]) -> tuple[list[Listed], list[Fault]]:
    """What is found, and what is wrong: a path that is not there among it."""
    from iota_py.config import load_config
    from iota_py.pipeline.inputs.listing import list_folder, list_inputs
    from iota_py.pipeline.set_aside import read_bad

    if path.is_file() and path.suffix.lower() in _CONFIGURATIONS:
        settings = load_config(path)
        listed, faults = list_inputs(settings, read_bad(settings.output), families), []
    elif path.is_dir():
        listed, faults = list_folder(path.absolute(), families)
    else:
        text = "expected a folder or a configuration, found another file" if path.exists() else "no such folder or configuration"
        return [], [Fault("E-PRD-064", str(path), "", text, "give the folder that holds the products")]
    if not listed and not faults:
        what = ", ".join(families) if families else "any family"
        faults = [Fault("E-PRD-064", str(path), "", f"no product of {what} found here", "iota-py products --families says what is read")]
    return listed, faults


def _show(listed: list[Listed], sums: list[Total]) -> None:
    rows = []
    for one in listed:
        when = f"{one.when:%Y-%m-%d %H:%M:%S}" if one.when else "–"
        cloud = "–" if one.cloud_share is None else f"{one.cloud_share:.0%}"
        name = " ".join(f"{one.id}: {one.reason}".split()) if one.reason else one.id
        rows.append((_source(one), one.tile, when, one.version or "–", cloud, one.state, name))
    _lines(("input", "tile", "date and time", "version", "cloud", "state", "product"), rows)
    out.print()
    counts = [(_source(one), one.tile, str(one.used), str(one.set_aside), _day(one.first) or "–", _day(one.last) or "–") for one in sums]
    _lines(("input", "tile", "used", "set aside", "first", "last"), counts)


def _show_details(listed: list[Listed]) -> None:
    """What the metadata of each product say, in degrees, shares and numbers of orbits, and what is to be known of its reading."""
    rows = []
    for one in listed:
        said = [f"{name.replace('_', ' ')} {value:.6g}" for name, value in one.about.items()]
        rows.extend((one.id, text) for text in (*([", ".join(said)] if said else []), *one.warnings))
    out.print()
    _lines(("product", "details"), rows or [("–", "nothing is said")])


def _source(one: Listed | Total) -> str:
    """The family, and the input where a configuration names it otherwise."""
    return one.family if one.input == one.family else f"{one.input} ({one.family})"


def _day(day: Any) -> str:
    return day.isoformat() if day else ""


def _lines(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """One line for each row, in columns, whatever the width of the terminal; a table of rich's would pad every line to the longest."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
    for row in (head, *rows):
        cells = [escape(cell.ljust(width)) for cell, width in zip(row, [*widths, 0])]
        styled = [f"[bold]{cell}[/]" if row is head else f"[{_COLOURS.get(cell.strip(), 'none')}]{cell}[/]" for cell in cells]
        out.print("  ".join(styled))


def _show_families(as_json: bool) -> None:
    from iota_py.products.family import family_names, load_family

    known = [load_family(name) for name in family_names()]
    if as_json:
        entries = [{"name": one.name, "title": one.title, "kind": one.kind, "bands": list(one.bands)} for one in known]
        typer.echo(json_text({"families": entries}), nl=False)
        return
    _lines(("family", "kind", "products"), [(one.name, one.kind, one.title) for one in known])
