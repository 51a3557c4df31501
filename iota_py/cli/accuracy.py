"""`iota-py accuracy`: a probability sample of a map, designed and drawn, and what its interpretation says of the map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from iota_py.cli.console import out, short
from iota_py.cli.tables import show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iota_py.pipeline.accuracy.designing import Sample, SampleWish
    from iota_py.pipeline.accuracy.pointfile import PointFile

app = typer.Typer(help="Accuracy and area of a map from points drawn at random and interpreted.", no_args_is_help=True)
SHOWN = 30  # strata, classes or changes on the screen


@app.command()
def design(  # noqa: PLR0913 - one for each option
    place: Annotated[Path, typer.Argument(help="raster of classes, or folder of a run", metavar="MAP")],
    path: Annotated[Path, typer.Option("--out", metavar="FILE.gpkg", help="points to interpret")],
    against: Annotated[Path | None, typer.Option(metavar="MAP_B", help="map of a later year: strata are what changed")] = None,
    standard_error: Annotated[float, typer.Option(help="of the overall accuracy, to aim at")] = 0.01,
    size: Annotated[int | None, typer.Option(metavar="N", help="points in all, in place of --standard-error")] = None,
    allocation: Annotated[str, typer.Option(help="minimum, proportional, equal or neyman")] = "minimum",
    minimum: Annotated[int, typer.Option(help="points of rare strata, with --allocation minimum")] = 50,
    expect: Annotated[
        str | None, typer.Option(metavar="X", help="user's accuracies to expect: a number, or CSV of code, users_accuracy")
    ] = None,
    strata: Annotated[Path | None, typer.Option(metavar="FILE", help="raster or polygons to cross the classes with")] = None,
    field: Annotated[str | None, typer.Option(help="names of the polygons of --strata")] = None,
    alone: Annotated[bool, typer.Option("--alone", help="strata are those of --strata, not crossed with classes")] = False,
    change_share: Annotated[float, typer.Option(help="with --against: share of the pixels from which a change is a stratum")] = 0.001,
    buffer: Annotated[int, typer.Option(help="with --against: pixels around changes that are a stratum of their own")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="of the draw")] = 0,
    nomenclature: Annotated[Path | None, typer.Option(metavar="FILE", help="what the codes of a raster mean; a run knows its own")] = None,
) -> None:
    """Draw the points of a stratified sample and write them for photo-interpretation, without the class that the map shows.

    The number of points follows from the standard error to aim at, or is given; the table shows what each way of sharing them out promises.

    Example: [bold]iota-py accuracy design runs/2023 --standard-error 0.02 --out points.gpkg[/]
    """
    from iota_py.pipeline.accuracy.designing import SampleWish, design_sample
    from iota_py.pipeline.accuracy.expected import expected_accuracies
    from iota_py.pipeline.accuracy.sources import pair_population, population_of, refuse_mixed

    refuse_mixed(against, strata, buffer, alone)
    if against is None:
        whole = population_of(place, nomenclature, strata, field, not alone)
    else:
        whole = pair_population((place, against), nomenclature, buffer)
    wish = SampleWish(size, standard_error, allocation, minimum, seed, change_share)
    sample = design_sample(whole, wish, expected_accuracies(expect, place, whole.nomenclature), path)
    _show_sample(sample, wish)
    out.print(f"points   {escape(short(path.absolute()))}")


@app.command()
def estimate(
    path: Annotated[Path, typer.Argument(help="points that were interpreted, from `accuracy design`", metavar="POINTS.gpkg")],
    folder: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="folder to write; default: accuracy_POINTS, here")] = None,
    answers: Annotated[Path | None, typer.Option(metavar="FILE", help="answers in another file: a copy, or CSV of id, label, …")] = None,
    maps: Annotated[list[Path] | None, typer.Option("--map", metavar="MAP", help="where the map is now; twice for two maps")] = None,
    drop_unanswered: Annotated[
        bool, typer.Option("--drop-unanswered", help="Leave points without a label out; by default they stop it.")
    ] = False,
    language: Annotated[str, typer.Option(help="of the page: en or fr")] = "en",
) -> None:
    """Estimate accuracy and area of each class from interpreted points, with standard errors and 95 % intervals; of two maps, change too.

    Writes accuracy.json, tables and a page that needs no network.

    Example: [bold]iota-py accuracy estimate points.gpkg[/]
    """
    from iota_py.pipeline.accuracy.answers import check_answers, with_answers
    from iota_py.pipeline.accuracy.estimating import estimates, require_language, write_estimates, write_page
    from iota_py.pipeline.accuracy.pointfile import read_points

    require_language(language, "accuracy estimate")
    file = read_points(path)
    _check_maps(file, maps or [])
    file = file if answers is None else with_answers(file, answers)
    document = estimates(file, check_answers(file, drop_unanswered))
    where = folder or Path(f"accuracy_{path.stem}")
    write_estimates(document, where)
    page = write_page(document, file.nomenclature, where, language)
    _show_estimates(document)
    out.print(f"page     {escape(short(page.absolute()))}")


def _check_maps(file: PointFile, given: list[Path]) -> None:
    """Look whether the maps are those that were sampled, where they can be found."""
    from iota_py.pipeline.accuracy.answers import check_map, map_file

    for number, facts in enumerate(file.about["maps"]):
        place = map_file(given[number]) if number < len(given) else Path(facts["path"])
        if number < len(given) or place.is_file():
            check_map(file, place, number)
        else:
            out.print(
                f"[yellow]note[/]     {escape(facts['name'])} is not at {escape(str(place))}: whether it changed was not looked at (--map)"
            )


def _show_sample(sample: Sample, wish: SampleWish) -> None:
    from iota_py.assessment.wording import count, percent, score

    for note in sample.notes:
        out.print(f"[yellow]note[/]     {escape(note)}")
    out.print(f"expected user's accuracies: {escape(sample.expected)}")
    total = sum(one.pixels for one in sample.strata)
    points, promised = sample.choices[wish.allocation]
    rows = [
        (one.name, count(one.pixels), percent(one.pixels / total), score(u), count(int(n)), score(e))
        for one, u, n, e in zip(sample.strata, sample.users_accuracy, points, promised.users_accuracy)
    ]
    show_table(("stratum", "pixels", "share", "expected accuracy", "points", "standard error"), rows[:SHOWN], right=(1, 2, 3, 4, 5))
    if len(rows) > SHOWN:
        out.print(f"and {len(rows) - SHOWN} more: the table `strata` of the file holds them all")
    ways = [
        (f"{how} *" if how == wish.allocation else how, count(int(n.sum())), f"{n.min()} to {n.max()}", f"{e.overall_accuracy:.4f}",
         f"{e.users_accuracy.min():.3f} to {e.users_accuracy.max():.3f}", f"{e.area_share.max():.4f}")
        for how, (n, e) in sample.choices.items()
    ]  # fmt: skip
    show_table(
        ("allocation", "points", "in a stratum", "SE overall", "SE user's accuracies", "largest SE of a share"), ways, right=(1, 2, 3, 4, 5)
    )


def _show_estimates(document: Mapping[str, Any]) -> None:
    from iota_py.assessment.accuracy_page import accuracy_line

    for note in document["notes"]:
        out.print(f"[yellow]note[/]     {escape(note['text'] % note['values'])}")
    out.print(f"result   {escape(accuracy_line(document))}")
    for one in document["maps"]:
        _show_map(one, document["pixel_hectares"] is not None, len(document["maps"]) > 1)
    if "change" in document:
        _show_change(document["change"], document["pixel_hectares"] is not None)


def _show_map(one: Mapping[str, Any], hectares: bool, several: bool) -> None:
    from iota_py.assessment.wording import count, percent
    from iota_py.assessment.wording import hectares as area

    if several:
        out.print(f"[bold]{escape(one['name'])}[/]")
    unit, write = ("hectares", area) if hectares else ("pixels", count)
    rows = [
        (c["name"], _within(c["users_accuracy"]), _within(c["producers_accuracy"]), write(c[f"mapped_{unit}"]), _within(c[unit], write))
        for c in one["per_class"]
    ]
    show_table(("class", "user's accuracy", "producer's accuracy", f"{unit} of the map", f"{unit} estimated"), rows, right=(1, 2, 3, 4))
    quantity, allocation = percent(one["quantity_disagreement"]), percent(one["allocation_disagreement"])
    out.print(f"disagreement of quantity {quantity}, of allocation {allocation}")
    if one["either"]["alternatives"]:
        out.print(f"with second choices counted as right too: overall accuracy {_within(one['either']['overall_accuracy'])}")


def _show_change(change: Mapping[str, Any], hectares: bool) -> None:
    from iota_py.assessment.wording import hectares as area

    out.print(f"[bold]change[/] {_within(change['changed'])} of the area; of it the maps show {_within(change['producers_accuracy'])}")
    last, write = ("_hectares", area) if hectares else ("", None)
    names = ("gain", "loss", "net", "gross")
    rows = [(one["name"], *(_within(one[f"{name}{last}"], write) for name in names)) for one in change["classes"]]
    show_table(("class", *names), rows, right=(1, 2, 3, 4))
    part = "hectares" if hectares else "share"
    largest = sorted(change["transitions"], key=lambda one: -(one["share"]["value"] or 0.0))[:SHOWN]
    moves = [(f"{one['from_alias']} > {one['to_alias']}", _within(one[part], write)) for one in largest]
    show_table(("change", part), moves, right=(1,))


def _within(entry: Mapping[str, Any], write: Any = None) -> str:
    """A number with its 95 % margin."""
    from iota_py.assessment.wording import score

    form = write or score
    text = form(entry["value"])
    return text if entry["standard_error"] is None else f"{text} ± {form(entry['high'] - entry['value'])}"
