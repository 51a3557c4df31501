"""The task that says how accurate the map is from a probability sample of it, and what is wrong with what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from iota_py.config.schema import RunConfig, dump
from iota_py.errors import Fault, IotaError
from iota_py.grid.form import geobox_values
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.accuracy.answers import check_answers
from iota_py.pipeline.accuracy.pointfile import PointFile, read_points
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.builder import Builder, without_paths

POINTS = "accuracy_points"  # name of the digest of the file of points
TASK = "map_accuracy"


def map_accuracy_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> list[str]:
    """The task that estimates accuracy and areas from interpreted points, none where there are none."""
    if config.assessment.map_accuracy is None:
        return []
    params = {
        "settings": without_paths(dump(config)["assessment"]["map_accuracy"]),
        "points": external[POINTS],
        "grid": geobox_values(inventory.grid),
        "nomenclature": external["nomenclature"],
    }
    return [build.add(TASK, paths.MAP_ACCURACY, params, ["mosaic/delivered"])]


def point_files(config: RunConfig) -> dict[str, Path]:
    """The file of points, by a name of it."""
    wish = config.assessment.map_accuracy
    return {} if wish is None else {POINTS: wish.points}


def map_accuracy_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """E-ACC-023 no map of classes, E-ACC-024 points of other classes, E-ACC-025 points of two maps, and those of the file and its answers.

    Whether the points were drawn from this map is known when there is one: E-ACC-021.
    """
    wish = config.assessment.map_accuracy
    if wish is None:
        return []
    where = "assessment.map_accuracy"
    if config.samples.target is not None or not config.inputs:
        text = "only a map of classes has such an accuracy, and this run makes none"
        return [Fault("E-ACC-023", config.name, where, text, "leave it out")]
    try:
        file = read_points(wish.points)
        faults = list(_file_faults(file, nomenclature))
        if not faults:
            check_answers(file, wish.unanswered == "drop")
    except IotaError as error:
        return list(error.faults)
    return faults


def _file_faults(file: PointFile, nomenclature: Nomenclature | None) -> list[Fault]:
    if file.change:
        text = "its points were drawn for the change between two maps"
        fix = "use `iota-py accuracy estimate` for it, and `iota-py accuracy design RUN` for a run"
        return [Fault("E-ACC-025", str(file.path), "assessment.map_accuracy.points", text, fix)]
    if nomenclature is not None and nomenclature.codes != file.nomenclature.codes:
        odd = sorted(set(nomenclature.codes) ^ set(file.nomenclature.codes))
        text = f"its classes ({file.nomenclature.name}) are not those of {nomenclature.name}: {', '.join(map(str, odd[:8]))}"
        return [Fault("E-ACC-024", str(file.path), "assessment.map_accuracy.points", text, "draw points from the map of this run")]
    return []
