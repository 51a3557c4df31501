"""The tasks that give samples of other years: whole years that are learnt from, and annual classes."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.reference.seasons import ANNUAL, MAP, POLYGONS, VALIDITY, Season

ELSEWHERE = "season"  # step of the tasks that work in the folder of another year


class SeasonBuilder(Builder):
    """Adds the tasks of another year to those of a run: `stage/season_<name>/…`, outputs in its folder."""

    def __init__(self, main: Builder, season: str) -> None:
        super().__init__()
        self.tasks = main.tasks
        self.season = season

    def add(
        self,
        task_id: str,
        outputs: Iterable[str],
        params: Mapping[str, Any],
        needs: Iterable[str] = (),
        *,
        transient: bool = False,
        memory: int = 0,
        aside: Mapping[str, Any] | None = None,
    ) -> str:
        """As in Builder; needs are identifiers that this gave."""
        stage, _, name = task_id.partition("/")
        own = "/".join([stage, f"season_{self.season}", *([name] if name else [])])
        there = [f"{paths.season(self.season)}/{output}" for output in outputs]
        params = {**params, "season": self.season, "stage": stage}
        super().add(own, there, params, needs, transient=transient, memory=memory, aside=aside)
        self.tasks[own] = replace(self.tasks[own], step=ELSEWHERE)
        return own


def stored_tasks(build: Builder, tile: Tile) -> list[str]:
    """Tasks that write what the store lacks of a tile. They pass nothing on that decides bytes, so no key takes them in."""
    return [
        build.add(f"store/{tile.name}/{name}_{index:04d}", [], {"tile": tile.name, "input": name, "index": index}, transient=True)
        for name, index in tile.unstored
    ]


def footprint_task(build: Builder, tile: Tile) -> str:
    """The task that says where a tile was seen."""
    params = {"tile": tile.name, "series": [series_digest(s) for s in tile.series.values()]}
    return build.add(f"footprint/{tile.name}", [paths.footprint(tile.name)], params, build.stored[tile.name])


def learnt_seasons(build: Builder, inventory: Inventory) -> Iterator[tuple[Season, SeasonBuilder, dict[str, str]]]:
    """The years that are learnt from, each with a builder of its tasks and the tasks of its footprints by tile."""
    for season in inventory.seasons:
        if season.learns:
            own = SeasonBuilder(build, season.name)
            own.stored.update({tile.name: stored_tasks(own, tile) for tile in season.inventory.tiles})
            yield season, own, {tile.name: footprint_task(own, tile) for tile in season.inventory.tiles}


def season_external(external: Mapping[str, str], season: Season) -> dict[str, str]:
    """Digests of the files of a season."""
    return {**external, "polygons": external[POLYGONS + season.name]}


def pooled_task(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> str:
    """The task that puts the accounts of the years together, for a run without polygons of its own."""
    names = [season.name for season in inventory.seasons if season.learns]
    rules = config.samples.regions
    outputs = [paths.SPLIT, paths.LEDGER, paths.LOSSES, *([paths.BORROWED] if rules and rules.borrow else [])]
    params = {
        "seasons": names,
        "borrow": rules.model_dump(mode="json", include={"borrow"}) if rules else None,
        "regions": inventory.regions,
        "allow_lost_classes": config.samples.allow_lost_classes,
        "files": [external.get("regions"), external["nomenclature"]],
    }
    return build.add("years", outputs, params, [f"selection/season_{name}" for name in names])


def year_score_tasks(build: Builder, config: RunConfig, common: Mapping[str, Any]) -> list[str]:
    """Tasks that score the models on the validation samples of the years learnt from; for want of others they are the scores of the runs."""
    if not config.samples.years:
        return []
    needs = [task.id for task in build.tasks.values() if task.stage == "train" or task.id.startswith("samples/season_")]
    runs = config.samples.split.runs
    made = [build.add("year_scores", [paths.YEAR_SCORES], {**common, "runs": runs}, needs)]
    if not config.samples.places:
        for run in range(runs):
            made.append(
                build.add(f"assess/run_{run}", [paths.run_scores(run), paths.run_polygons(run)], {**common, "run": run}, ["years", *needs])
            )
    return made


def annual_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> list[str]:
    """The tasks that give samples of annual classes; none without them."""
    annual = config.samples.annual
    if annual is None:
        return []
    season = next((one for one in inventory.seasons if one.name == ANNUAL), None)
    own = inventory if season is None else season.inventory
    store = build if season is None else SeasonBuilder(build, ANNUAL)
    seed, needs = config.samples.split.seed, ["selection"]
    if annual.method == "last_map":
        needs = [_drawn(build, config, external, tile, footprints) for tile in inventory.tiles]
    made = []
    for tile in inventory.tiles:
        there = own.tile(tile.name)
        stored = build.stored[tile.name] if season is None else stored_tasks(store, there)
        params = {
            "tile": tile.name,
            "annual": annual_document(config, external),
            "seed": seed,
            "runs": config.samples.split.runs,
            "minimum_validity": config.samples.minimum_validity,
            "series": [series_digest(s) for s in there.series.values()],
            "layers": layers_document(own),
            "names": inventory.feature_names,
        }
        made.append(build.add(f"annual/{tile.name}", [paths.annual(tile.name)], params, [*needs, *stored]))
    return made


def _drawn(build: Builder, config: RunConfig, external: Mapping[str, str], tile: Tile, footprints: Mapping[str, str]) -> str:
    params = {
        "tile": tile.name,
        "annual": annual_document(config, external),
        "seed": config.samples.split.seed,
        "runs": config.samples.split.runs,
        "files": [external[MAP], external.get(VALIDITY), external.get("regions"), external["nomenclature"]],
        "above": tile.above,
    }
    needs = ["polygons", footprints[tile.name], *(footprints[name] for name in tile.above)]
    return build.add(f"drawn/{tile.name}", [paths.drawn(tile.name)], params, needs)


def annual_document(config: RunConfig, external: Mapping[str, str]) -> Any:
    """What the section of annual classes decides, None without it."""
    if config.samples.annual is None:
        return None
    content = config.samples.annual.model_dump(mode="json", exclude={"inputs", "map", "validity"})
    return content | {"map": external.get(MAP), "validity": external.get(VALIDITY)}


def management_document(config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> dict[str, Any]:
    """What is done with samples before they are learnt, as plain values; empty where nothing is."""
    samples = config.samples
    if not samples.managed:
        return {}
    settings = without_tables(dump(config)["samples"], external)
    content = {key: settings[key] for key in ("copies", "augmentation")}
    content |= {"annual": annual_document(config, external), "years": [season.name for season in inventory.seasons if season.learns]}
    if samples.augmentation is not None and samples.augmentation.method == "smote":
        content["library"] = importlib.metadata.version("imbalanced-learn")
    return {"management": without_paths({**content, "regions": inventory.regions})}
