"""`iota-py promote`: which version of a registered model is the champion."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from iota_py.cli.console import out
from iota_py.errors import ConfigError, Fault

MEASURES = ("f1_macro", "overall_accuracy", "kappa")
Name = Annotated[str, typer.Argument(help="name of the registered model", metavar="NAME")]
Store = Annotated[str, typer.Option("--store", metavar="STORE", help="folder that holds the runs and mlflow.db, or URI of an MLflow store")]


def promote(
    name: Name,
    run: Annotated[str, typer.Option("--run", metavar="RUN", help="number of a version, MLflow run, or folder of a run")],
    alias: Annotated[str, typer.Option(help="champion, or challenger, which asks for no test")] = "champion",
    test: Annotated[str, typer.Option(help=f"measure that decides: {', '.join(MEASURES)}")] = "f1_macro",
    not_worse: Annotated[float, typer.Option("--not-worse", min=0, max=1, metavar="MARGIN", help="lets pass what is worse by less")] = 0.0,
    force: Annotated[str, typer.Option(metavar="REASON", help="promote in spite of the test; the reason is kept")] = "",
    store: Store = "runs",
) -> None:
    """Make a version of a registered model the champion, if it is better than the present one on the polygons that both were validated on.

    The test is a paired bootstrap over polygons: the lower end of the 95 % interval of the difference must be above 0. The decision is kept
    in tags of the version. Exit code 1 when it is refused.

    Example: [bold]iota-py promote oso-france --run runs/oso-2023[/]
    """
    from iota_py.pipeline.promotion import Rule, refusal
    from iota_py.pipeline.promotion import promote as decide

    measure: Any = one_of(test, MEASURES, "--test")
    decision = decide(store_of(store), name, run, alias, Rule(measure, not_worse, force.strip()))
    if not decision.done:
        raise refusal(decision)
    spite = f" in spite of the test ({escape(force.strip())})" if decision.forced else ""
    out.print(f"{escape(name)} version {decision.version.number} is the {escape(alias)}{spite}: {escape(decision.reason)}")
    out.print(f"use it   model: {{from: models:/{escape(name)}@{escape(alias)}}}")


def store_of(place: str) -> str:
    """URI of a store: the text itself, or the store in the folder that it names."""
    from iota_py.tracking.location import check_uri, default_uri

    return check_uri(place) if "://" in place or place.startswith("sqlite:") else default_uri(place)


def one_of(value: str, known: tuple[str, ...], option: str) -> str:
    """A word of a few. ConfigError E-PRO-008 for another."""
    if value not in known:
        raise ConfigError(Fault("E-PRO-008", option, "", f"`{value}` is not one of {', '.join(known)}"))
    return value
