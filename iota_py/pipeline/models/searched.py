"""Which parameters a model is fitted with: those of the configuration, or the best that the search found for its region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.config.models import Stacking, Voting
from iota_py.config.schema import RunConfig, dump
from iota_py.config.search import Range
from iota_py.errors import ConfigError, Fault, IotaError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.reference.regions import source_region
from iota_py.pipeline.workspace import Workspace
from iota_py.training.search import SPACES, Numbers, Space, require_optuna


def search_tasks(
    build: Builder, config: RunConfig, regions: tuple[tuple[int, str], ...], fitting: Mapping[str, Any], needs: list[str]
) -> list[str]:
    """A task for each region, where a search is asked for; one that borrows samples searches with those."""
    if config.search is None:
        return []
    settings = {"search": dump(config)["search"], "seed": config.samples.split.seed, **fitting}
    return [
        build.add(
            f"search/region_{region}", [paths.search(region), paths.search_model(region)], {**settings, "region": region, "run": 0}, needs
        )
        for region, _ in regions
    ]


def model_of(ws: Workspace, params: Mapping[str, Any]) -> Any:
    """Section `model` for a task: with the values of a trial, the best ones of the region, or as it is."""
    if "trial" in params:
        return with_values(ws.config.model, params["trial"])
    if ws.config.search is None:
        return ws.config.model
    region = source_region(ws, params["region"], params.get("run", 0))
    return with_values(ws.config.model, read_json(ws.path(paths.search(region)))["best"]["values"])


def with_values(model: Any, values: Mapping[str, Any]) -> Any:
    """The section with other values of some parameters, checked as those of a file are."""
    return type(model).model_validate({**model.model_dump(), **values})


def space_of(config: RunConfig) -> Space:
    """What is searched: as asked for, or what matters most for the kind."""
    assert config.search is not None
    given = {name: _numbers(values) for name, values in config.search.space.items()}
    return given or SPACES[config.model.kind]


def _numbers(values: Range | tuple[Any, ...]) -> Numbers | tuple[Any, ...]:
    return Numbers(values.low, values.high, values.log, values.whole) if isinstance(values, Range) else values


def check_search(config: RunConfig) -> list[Fault]:
    """E-SRC-001 without Optuna, E-SRC-002 where there is nothing to search, E-SRC-003 parameters or values that the estimator does not take."""
    if config.search is None:
        return []
    where = config.name
    if isinstance(config.model, Voting | Stacking) or config.fusion is not None:
        what = "fusion" if config.fusion is not None else config.model.kind
        return [Fault("E-SRC-002", where, "search", f"{what} has several estimators", "search the parameters of each in a run of its own")]
    try:
        require_optuna()
    except ConfigError as error:
        return list(error.faults)
    faults, fields = [], type(config.model).model_fields
    for name, room in space_of(config).items():
        if name not in fields or name == "kind":
            known = ", ".join(field for field in fields if field != "kind")
            faults.append(Fault("E-SRC-003", where, f"search.space.{name}", f"{config.model.kind} has no such parameter (it has {known})"))
            continue
        for value in _extremes(room):
            try:
                with_values(config.model, {name: value})
            except (ValueError, IotaError) as error:
                text = f"{config.model.kind} does not take {value!r} ({_first_line(error)})"
                faults.append(Fault("E-SRC-003", where, f"search.space.{name}", text, "change the range or the values"))
    return faults


def _extremes(room: Numbers | tuple[Any, ...]) -> list[Any]:
    if not isinstance(room, Numbers):
        return list(room)
    return [int(room.low), int(room.high)] if room.whole else [room.low, room.high]


def _first_line(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    return str(errors()[0]["msg"]) if callable(errors) else str(error)
