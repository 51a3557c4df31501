"""The plan of a run: a pure function from configuration and inventory to tasks. Nothing is read and nothing runs here.

Stages, in order: store, polygons, footprint, candidates, selection, samples, train, predict, assemble, mosaic, assess, summary, report. A task
needs only tasks of earlier stages. Each key holds what decides the bytes of the outputs and nothing else: neither the engine nor the
number of workers nor the size of windows is in it (window tasks are about their own pixels).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.recipe import recipe_document
from iota_py.pipeline.task import Task, code_digest, fingerprint
from iota_py.products.product import Series, series_document
from iota_py.training.trainers import choose_trainer

STAGES = (
    "store", "polygons", "footprint", "candidates", "selection", "samples", "train", "predict", "assemble", "mosaic", "assess", "summary", "report",
    "feature_windows", "feature_maps",
)  # fmt: skip

_READING = ("errors.py", "grid", "io", "products", "pipeline/reading.py")
_RECIPES = ("config/features.py", "pipeline/recipe.py", "pipeline/observed.py", "pipeline/columns.py")
_FEATURES = (*_READING, "pipeline/usercode.py", *_RECIPES, "timeseries", "features")
_CODES = ("codes.py", "pages.py")
_OWNED = ("pipeline/steps/footprint.py", "samples/candidates.py")
ROOMS: Mapping[str, tuple[str, ...]] = {
    "store": (*_READING, "pipeline/steps/store.py"),
    "polygons": ("errors.py", "grid", "io", "samples", "nomenclature.py", "pipeline/steps/reference.py"),
    "footprint": (*_READING, "pipeline/steps/footprint.py"),
    "candidates": (*_READING, *_OWNED, "samples", "pipeline/steps/reference.py"),
    "selection": ("samples", *_FEATURES, "nomenclature.py", "pipeline/steps/reference.py", "pipeline/steps/series_table.py"),
    "samples": (*_FEATURES, "pipeline/steps/extraction.py"),
    "train": ("training", *_CODES, "pipeline/steps/learning.py"),
    "predict": (*_FEATURES, *_OWNED, "prediction", *_CODES, "training", "pipeline/steps/mapping.py"),
    "feature_windows": (*_FEATURES, "pipeline/steps/feature_maps.py"),
    "feature_maps": ("grid", "io", "pipeline/steps/feature_maps.py", "pipeline/steps/strips.py"),
    "assemble": ("grid", "io", "nomenclature.py", "pipeline/steps/mapping.py", "pipeline/steps/strips.py"),
    "mosaic": ("io", "grid", "mapping", "nomenclature.py", "pipeline/steps/mapping.py"),
    "assess": (
        "io", "grid", "assessment/confusion.py", "assessment/difference.py", "samples/candidates.py", "prediction", *_CODES, "training",
        "nomenclature.py", "pipeline/steps/assessment.py", "pipeline/steps/learning.py",
    ),
    "summary": ("io", "grid", "assessment", "nomenclature.py", "pipeline/steps/assessment.py"),
    "report": ("io", "grid", "products", "assessment", "nomenclature.py", "pipeline/steps/assessment.py", "pipeline/steps/reporting.py"),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Tasks of a run, in order of stages."""

    tasks: tuple[Task, ...]

    def stage(self, name: str) -> tuple[Task, ...]:
        """Tasks of one stage."""
        return tuple(task for task in self.tasks if task.stage == name)

    def by_id(self) -> dict[str, Task]:
        """Tasks by identifier."""
        return {task.id: task for task in self.tasks}


class _Builder:
    """Collects tasks; the key of each takes in the keys of those it needs. stored: tasks that fill the store, by tile."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.stored: dict[str, list[str]] = {}

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
        """Add a task and give its identifier, `stage` or `stage/name`. aside: parameters that do not decide the bytes of the outputs."""
        stage = task_id.split("/")[0]
        needs = tuple(needs)
        key = fingerprint([stage, code_digest(ROOMS[stage]), params, [self.tasks[n].key for n in needs if not self.tasks[n].transient]])
        self.tasks[task_id] = Task(task_id, stage, stage, {**params, **(aside or {})}, needs, tuple(outputs), key, transient, memory)
        return task_id


def make_plan(config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> Plan:
    """The tasks of a run. external: digests of files outside the products (`polygons`, `regions`, `nomenclature`, `table`)."""
    build = _Builder()
    build.stored.update({t.name: _stored(build, t) for t in inventory.tiles})
    footprints = {t.name: _footprint(build, t) for t in inventory.tiles}
    trains = _learning(build, config, inventory, external, footprints)
    assembled = {t.name: _tile_map(build, config, inventory, t, footprints, trains) for t in inventory.tiles}
    mosaics = _mosaics(build, config, inventory, assembled, footprints, external)
    _results(build, config, inventory, external, assembled, mosaics)
    return Plan(tuple(sorted(build.tasks.values(), key=lambda task: STAGES.index(task.stage))))


def make_feature_plan(inventory: Inventory, columns: Sequence[str]) -> Plan:
    """The tasks that write these features as maps."""
    build = _Builder()
    for tile in inventory.tiles:
        build.stored[tile.name] = _stored(build, tile)
        common = {
            "tile": tile.name,
            "series": [_series(s) for s in tile.series.values()],
            "layers": _layers(inventory),
            "columns": list(columns),
        }
        windows = []
        for window in tile.windows:
            place = [window.row, window.col, window.height, window.width]
            name, output = f"{tile.name}/r{window.row:06d}_c{window.col:06d}", paths.feature_window(tile.name, window.row, window.col)
            memory = window.pixels * _bytes_per_pixel(tile, len(inventory.feature_names))
            windows.append(build.add(f"feature_windows/{name}", [output], {**common, "window": place}, transient=True, memory=memory))
        outputs = [paths.feature_map(tile.name, column) for column in columns]
        places = [[w.row, w.col, w.height, w.width] for w in tile.windows]
        build.add(f"feature_maps/{tile.name}", outputs, common, [*windows, *build.stored[tile.name]], aside={"windows": places})
    return Plan(tuple(sorted(build.tasks.values(), key=lambda task: STAGES.index(task.stage))))


def _stored(build: _Builder, tile: Tile) -> list[str]:
    """Tasks that write what the store lacks of a tile. They pass nothing on that decides bytes, so no key takes them in."""
    return [
        build.add(f"store/{tile.name}/{name}_{index:04d}", [], {"tile": tile.name, "input": name, "index": index}, transient=True)
        for name, index in tile.unstored
    ]


def _footprint(build: _Builder, tile: Tile) -> str:
    params = {"tile": tile.name, "series": [_series(s) for s in tile.series.values()]}
    return build.add(f"footprint/{tile.name}", [paths.footprint(tile.name)], params, build.stored[tile.name])


def _learning(
    build: _Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> dict[tuple[int, int], str]:
    """Tasks up to the models; the training task of each (region, run)."""
    samples, settings = config.samples, dump(config)["samples"]
    runs = range(samples.split.runs)
    if samples.table is not None:
        params = {
            "samples": _without_paths(settings),
            "table": external["table"],
            "nomenclature": external["nomenclature"],
            "layers": _layers(inventory),
        }
        selection = build.add("selection/table", [paths.TABLE_SAMPLES, paths.SPLIT, paths.LEDGER, paths.LOSSES], params)
        extracted = [selection]
    else:
        tiles = [[t.name, geobox_values(t.geobox)] for t in inventory.tiles]
        params = {
            "samples": {k: v for k, v in _without_paths(settings).items() if k in ("layer", "label", "ignore", "regions")},
            "files": [external["polygons"], external.get("regions"), external["nomenclature"]],
            "tiles": tiles,
        }
        polygons = build.add("polygons", [paths.POLYGONS, paths.DROPS], params)
        pixels = [_candidates(build, tile, polygons, footprints) for tile in inventory.tiles]
        chosen = {key: settings[key] for key in ("split", "selection", "minimum_validity", "allow_lost_classes")}
        selection = build.add(
            "selection", [paths.SELECTION, paths.SPLIT, paths.LEDGER, paths.LOSSES], {"samples": chosen}, [polygons, *pixels]
        )
        extracted = [_samples(build, inventory, tile, selection) for tile in inventory.tiles]
    model = _model(config)
    trains = {}
    for region, _ in inventory.regions:
        for run in runs:
            params = {
                "region": region,
                "run": run,
                "model": model,
                "seed": samples.split.seed + run,
                "features": fingerprint(inventory.feature_names),
            }
            trains[region, run] = build.add(f"train/region_{region}_run_{run}", [paths.model(region, run)], params, extracted)
    return trains


def _model(config: RunConfig) -> dict[str, Any]:
    """Settings of the model, with the library that will fit it and its version where the configuration says which is wished for."""
    trainer = choose_trainer(config.model)
    return {**dump(config)["model"], "trainer": [trainer.name, trainer.version]}


def _candidates(build: _Builder, tile: Tile, polygons: str, footprints: Mapping[str, str]) -> str:
    params = {"tile": tile.name, "series": [_series(s) for s in tile.series.values()], "above": tile.above}
    needs = [polygons, footprints[tile.name], *(footprints[name] for name in tile.above), *build.stored[tile.name]]
    return build.add(f"candidates/{tile.name}", [paths.candidates(tile.name)], params, needs)


def _samples(build: _Builder, inventory: Inventory, tile: Tile, selection: str) -> str:
    params = {"tile": tile.name, "series": [_series(s) for s in tile.series.values()], "layers": _layers(inventory)}
    return build.add(f"samples/{tile.name}", [paths.features(tile.name)], params, [selection, *build.stored[tile.name]])


def _tile_map(
    build: _Builder,
    config: RunConfig,
    inventory: Inventory,
    tile: Tile,
    footprints: Mapping[str, str],
    trains: Mapping[tuple[int, int], str],
) -> str:
    """Tasks that map one tile: its windows, then its rasters."""
    runs = config.samples.split.runs
    models = [trains[region, run] for region in tile.regions for run in range(runs)]
    common = {
        "tile": tile.name,
        "series": [_series(s) for s in tile.series.values()],
        "layers": _layers(inventory),
        "runs": runs,
        "margin": 0 if inventory.one_lattice else 1,
    }
    needs = [*models, footprints[tile.name], *(footprints[name] for name in tile.above)]
    columns = len(inventory.feature_names)
    windows = []
    for window in tile.windows:
        params = {**common, "window": [window.row, window.col, window.height, window.width]}
        name = f"{tile.name}/r{window.row:06d}_c{window.col:06d}"
        memory = window.pixels * _bytes_per_pixel(tile, columns)
        windows.append(
            build.add(f"predict/{name}", [paths.window(tile.name, window.row, window.col)], params, needs, transient=True, memory=memory)
        )
    outputs = [paths.tile_layer(tile.name, "validity")]
    for run in range(runs):
        outputs += [paths.tile_layer(tile.name, layer, run) for layer in ("classification", "confidence")]
    places = [[w.row, w.col, w.height, w.width] for w in tile.windows]
    return build.add(f"assemble/{tile.name}", outputs, common, [*windows, *needs, *build.stored[tile.name]], aside={"windows": places})


def _bytes_per_pixel(tile: Tile, columns: int) -> int:
    """Observations as int16 with their validity, features as int16, and what a library forest needs (float32)."""
    observed = sum(len(s.observations) * (2 * len(s.bands) + 1) for s in tile.series.values())
    return observed + columns * 6


def _mosaics(
    build: _Builder,
    config: RunConfig,
    inventory: Inventory,
    assembled: Mapping[str, str],
    footprints: Mapping[str, str],
    external: Mapping[str, str],
) -> list[str]:
    runs = config.samples.split.runs
    common = {"grid": geobox_values(inventory.grid), "tiles": [t.name for t in inventory.tiles], "nomenclature": external["nomenclature"]}
    needs = [*assembled.values(), *footprints.values()]
    made = []
    if runs > 1:
        for run in range(runs):
            for layer in ("classification", "confidence"):
                name = paths.map_layer(layer, run)
                made.append(build.add(f"mosaic/{layer}_run_{run}", [name], {**common, "layer": layer, "run": run}, needs))
    outputs = []
    for layer in paths.LAYERS:
        name = paths.map_layer(layer)
        outputs += [name, name.replace(".tif", ".qml")]
    made.append(build.add("mosaic/delivered", outputs, {**common, "layer": "delivered", "runs": runs}, needs))
    return made


def _results(
    build: _Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], assembled: Mapping[str, str], mosaics: list[str]
) -> None:
    runs = config.samples.split.runs
    common = {"nomenclature": external["nomenclature"], "regions": inventory.regions, "tiles": [t.name for t in inventory.tiles]}
    needs: list[str] = []
    if config.samples.polygons is not None:
        for run in range(runs):
            params = {**common, "run": run, "grid": geobox_values(inventory.grid)}
            outputs = [paths.run_scores(run), paths.difference(run)]
            samples = [f"candidates/{t.name}" for t in inventory.tiles]
            map_of_run = f"mosaic/classification_run_{run}" if runs > 1 else "mosaic/delivered"
            needs.append(build.add(f"assess/run_{run}", outputs, params, ["selection", *samples, *assembled.values(), map_of_run]))
    else:
        for run in range(runs):
            models = [f"train/region_{region}_run_{run}" for region, _ in inventory.regions]
            needs.append(build.add(f"assess/run_{run}", [paths.run_scores(run)], {**common, "run": run}, ["selection/table", *models]))
    outputs = [paths.METRICS, paths.CONFUSION, paths.AREAS, paths.REGION_SCORES, paths.FIGURES]
    summary = build.add("summary", outputs, {**common, "runs": runs, "grid": geobox_values(inventory.grid)}, [*needs, "mosaic/delivered"])
    acquisitions = [_series(s) for tile in inventory.tiles for s in tile.series.values()]
    params = {**common, "config": _without_paths(dump(config)), "acquisitions": acquisitions, "grid": geobox_values(inventory.grid)}
    build.add("report", [paths.REPORT], params, [summary, *needs, *mosaics])


def _series(series: Series) -> str:
    """Digest of a series: products, their files' fingerprints, what is read of them and how."""
    return fingerprint(series_document(series))


def _layers(inventory: Inventory) -> list[Any]:
    """What decides the columns: the series and what is made of each, and functions of users with the digests of their files."""
    layers = [
        [layer.input, layer.dates, layer.bands, layer.indices.content, layer.counts, recipe_document(layer.recipe), layer.speckle]
        for layer in inventory.layers
    ]
    calls = [{key: value for key, value in call.document().items() if key != "file"} for call in inventory.user]
    return [*layers, *calls]


def _without_paths(value: Any) -> Any:
    """Settings without the places of files: a run copied elsewhere, or with another engine, is the same run."""
    if isinstance(value, dict):
        return {
            k: _without_paths(v)
            for k, v in value.items()
            if k not in ("path", "file", "polygons", "output", "nomenclature", "engine", "tracking")
        }
    return value
