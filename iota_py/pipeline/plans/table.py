"""The tasks of a run that makes no map: of a table alone, and of `iota-py train`, which ends with the scores on validation samples."""

from __future__ import annotations

from collections.abc import Mapping

from iota_py.config.schema import RunConfig, dump
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.plans.baseline import baseline_tasks
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.plans.cleaning import SUSPICIOUS
from iota_py.pipeline.plans.drift import drift_tasks
from iota_py.pipeline.plans.importance import importance_tasks
from iota_py.pipeline.plans.learning import learning_tasks
from iota_py.pipeline.plans.report import report_outputs
from iota_py.pipeline.plans.season import year_score_tasks
from iota_py.pipeline.reference.choices import without_tables

Trains = Mapping[tuple[int, int], tuple[str, ...]]


def table_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], *, report: bool = True) -> None:
    """Tasks of a run of a table without inputs: samples, models, scores, report."""
    trains = learning_tasks(build, config, inventory, external, {})
    drift_tasks(build, config, inventory, external, {}, trains)
    common = {"nomenclature": external["nomenclature"], "regions": inventory.regions}
    scored = table_score_tasks(build, config, trains, common)
    outputs = [paths.METRICS, *paths.SKILL, paths.CONFUSION, paths.REGION_SCORES, paths.FIGURES]
    summary = build.add("summary", outputs, {**common, "runs": config.samples.split.runs}, scored)
    studied = importance_tasks(build, config, inventory, external, trains)
    if report:
        params = {**common, "config": without_paths(without_tables(dump(config), external))}
        compared = [*([SUSPICIOUS] if SUSPICIOUS in build.tasks else []), *baseline_tasks(build, config, external, [summary])]
        build.add("report", report_outputs(config), params, [summary, *scored, *studied, *compared])


def table_score_tasks(build: Builder, config: RunConfig, trains: Trains, common: Mapping[str, object]) -> list[str]:
    """Tasks that score the models of each run on the validation samples of a table."""
    made = []
    for run in range(config.samples.split.runs):
        models = [task for (_, number), tasks in trains.items() if number == run for task in tasks]
        outputs = [paths.run_scores(run), paths.run_polygons(run), paths.predicted(run)]
        made.append(build.add(f"assess/run_{run}", outputs, {**common, "run": run}, ["selection/table", *models]))
    return made


def sample_score_tasks(build: Builder, config: RunConfig, inventory: Inventory, trains: Trains, external: Mapping[str, str]) -> None:
    """Tasks that score models on validation samples where a map would be made: of a table, or the pixels of polygons tile by tile."""
    runs = config.samples.split.runs
    common = {"nomenclature": external["nomenclature"], "regions": inventory.regions, "runs": runs}
    if config.samples.table is not None:
        scored = table_score_tasks(build, config, trains, {**common, "tiles": [tile.name for tile in inventory.tiles]})
    else:
        every = [task for tasks in trains.values() for task in tasks]
        tiles = inventory.tiles if config.samples.places else ()
        scored = [_tile_answers(build, inventory, tile, every, common) for tile in tiles]
        scored += year_score_tasks(build, config, {**common, "tiles": [tile.name for tile in inventory.tiles]})
        scored += [task.id for task in build.tasks.values() if task.stage == "annual"]
    outputs = [paths.SAMPLE_METRICS, paths.SAMPLE_CONFUSION, paths.SAMPLE_REGIONS, *paths.SAMPLE_SKILL]
    build.add("sample_summary", outputs, common, scored)


def _tile_answers(build: Builder, inventory: Inventory, tile: Tile, trains: list[str], common: Mapping[str, object]) -> str:
    params = {**common, "tile": tile.name, "series": [series_digest(s) for s in tile.series.values()], "layers": layers_document(inventory)}
    needs = ["selection", *trains, *build.stored[tile.name]]
    return build.add(f"sample_scores/{tile.name}", [paths.sample_answers(tile.name)], params, needs)
