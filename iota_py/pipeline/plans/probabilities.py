"""The tasks that test the probabilities of the models on held-out pixels, and what is wrong with what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.conformal import settings_of
from iota_py.pipeline.models.places import places_of
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest

THRESHOLDS = "conformal"
Trains = Mapping[tuple[int, int], tuple[str, ...]]


def sets_mapped(config: RunConfig) -> bool:
    """Whether windows need the thresholds of the conformal sets."""
    return config.map is not None and config.map.set_size


def probability_tasks(build: Builder, config: RunConfig, inventory: Inventory, trains: Trains) -> None:
    """Tasks up to the thresholds of conformal sets, which windows may need; none where nothing is made of held-out probabilities."""
    wish = config.assessment
    if not (wish.probabilities or wish.confusions or sets_mapped(config)):
        return
    tested = [_tested(build, config, inventory, number) for number in range(len(inventory.tiles))]
    models = [task for names in trains.values() for task in names]
    answers = []
    for region, _ in inventory.regions:
        for run in range(config.samples.split.runs):
            params: dict[str, Any] = {
                "region": region,
                "run": run,
                "seed": config.samples.split.seed,
                "calibrated": config.calibration is not None,
            }
            outputs = [paths.held_out_answers(region, run)]
            answers.append(build.add(f"answered/region_{region}_run_{run}", outputs, params, [*tested, *models]))
    sets = {**_common(config, inventory), "conformal": settings_of(config).conformal.model_dump(mode="json")}
    build.add(THRESHOLDS, [paths.CONFORMAL], sets, answers)


def _tested(build: Builder, config: RunConfig, inventory: Inventory, number: int) -> str:
    tile = inventory.tiles[number]
    params = {
        "tile": tile.name,
        "series": [series_digest(s) for s in tile.series.values()],
        "layers": layers_document(inventory),
        "pixels_per_class": settings_of(config).pixels_per_class,
        "seed": config.samples.split.seed,
        "grid": geobox_values(tile.geobox),
    }
    return build.add(f"tested/{tile.name}", [paths.tested(tile.name)], params, ["selection", *build.stored[tile.name]])


def _common(config: RunConfig, inventory: Inventory) -> dict[str, Any]:
    return {"regions": inventory.regions, "runs": config.samples.split.runs, "seed": config.samples.split.seed}


def probability_results(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> list[str]:
    """Tasks of the tables that the report shows."""
    if THRESHOLDS not in build.tasks:
        return []
    answers = [task.id for task in build.tasks.values() if task.stage == "answered"]
    common = {**_common(config, inventory), "nomenclature": external["nomenclature"]}
    made = []
    if config.assessment.probabilities is not None or sets_mapped(config):
        params: dict[str, Any] = {**common, "bins": settings_of(config).bins, "calibrated": config.calibration is not None}
        outputs = [paths.PROBABILITY_SCORES, paths.RELIABILITY, paths.COVERAGE, paths.SETS]
        made.append(build.add("probability_scores", outputs, params, [*answers, THRESHOLDS]))
    if config.assessment.confusions is not None:
        tested = [task.id for task in build.tasks.values() if task.stage == "tested"]
        params = {**common, "wish": config.assessment.confusions.model_dump(mode="json"), "layers": layers_document(inventory)}
        made.append(build.add("confusions", [paths.CONFUSIONS, paths.CONFUSION_SERIES], params, [*answers, *tested]))
    return made


def probability_faults(config: RunConfig, inventory: Inventory | None) -> list[Fault]:
    """E-CNF-001 a run without a map of classes of pixels, E-CNF-002 labels of a late fusion, E-CNF-003 no validation polygons on the map,
    E-CNF-004 a band that has no series."""
    return list(_faults(config, inventory))


def _faults(config: RunConfig, inventory: Inventory | None) -> Iterator[Fault]:
    wish = config.assessment
    keys = [f"assessment.{key}" for key in ("probabilities", "confusions") if getattr(wish, key) is not None]
    asked = [*keys, *(["map.set_size"] if sets_mapped(config) else [])]
    if not asked:
        return
    place, fix = asked[0], "leave it out"
    if keys and (config.samples.target is not None or config.objects is not None or config.samples.table is not None):
        why = "a number" if config.samples.target is not None else "segments" if config.objects is not None else "a table of samples"
        text = f"probabilities are tested where the classes of pixels are mapped from polygons, and this run is about {why}"
        yield Fault("E-CNF-001", config.name, place, text, fix)
    elif keys and config.fusion is not None:
        yield Fault("E-CNF-002", config.name, place, "not with `fusion`: its labels are combined, and have no probabilities", fix)
    elif not config.samples.places:
        text = "it takes validation polygons in the year that is mapped, and there are none"
        yield Fault("E-CNF-003", config.name, place, text, f"give samples.polygons, or {fix}")
    elif wish.confusions is not None and inventory is not None:
        yield from _band_faults(config, inventory)


def _band_faults(config: RunConfig, inventory: Inventory) -> Iterator[Fault]:
    assert config.assessment.confusions is not None
    known = dict.fromkeys(place.band for place in places_of(inventory.layers) if place.date)
    unknown = [band for band in config.assessment.confusions.bands if band not in known]
    if unknown:
        text = f"no series of {', '.join(f'`{band}`' for band in unknown)}; there are {', '.join(known) or 'none'}"
        yield Fault("E-CNF-004", config.name, "assessment.confusions.bands", text, "name bands or indices that have dates")
