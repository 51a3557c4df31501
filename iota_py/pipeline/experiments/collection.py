"""What finished runs hold that their comparison needs: held-out polygons, settings, costs. Nothing is computed from products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.experiment.contrasts import COLUMNS, SEED_STEP
from iota_py.assessment.experiment.values import Cost, Entrant
from iota_py.config.schema import dump
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.experiments.document import Study
from iota_py.pipeline.experiments.execution import read_record
from iota_py.pipeline.state import State
from iota_py.pipeline.steps.assessment import reference_classes, unit_of
from iota_py.pipeline.timing import read_timings
from iota_py.pipeline.workspace import Workspace

_TRAINING = ("train", "trust", "object_train", "search")
_NOT_SETTINGS = ("name", "title", "output", "engine", "tracking")


@dataclass(frozen=True)
class Entry:
    """An entrant before its runs are read. folders: one for each seed."""

    name: str
    label: str
    group: tuple[str, ...]
    choices: Mapping[str, str]
    folders: tuple[Path, ...]
    walls: tuple[float | None, ...] = ()


@dataclass(frozen=True, eq=False)
class Collected:
    """The entrants whose runs are whole. classes: those of the reference of any. missing: name -> why it is not there."""

    entrants: tuple[Entrant, ...]
    classes: Nomenclature
    missing: Mapping[str, str]
    folders: Mapping[str, tuple[Path, ...]]


def entries_of(study: Study) -> list[Entry]:
    """Entrants of an experiment, one for each variant."""
    record = read_record(study)["runs"]
    free = [axis.name for axis in study.axes if axis.name not in study.document.apart]
    found = []
    for variant in study.variants:
        runs = study.runs_of(variant.name)
        label = "-".join(variant.at(axis) for axis in free) or variant.name
        choices = {axis: choice.name for axis, choice in variant.choices.items()}
        walls = tuple(record.get(run.name, {}).get("seconds") for run in runs)
        found.append(Entry(variant.name, label, study.group(variant), choices, tuple(run.config.output for run in runs), walls))
    return found


def entries_of_folders(folders: Sequence[Path]) -> list[Entry]:
    """Entrants of folders of runs, called by their names, those alike by more of their paths."""
    names = [folder.resolve().name for folder in folders]
    told = [name if names.count(name) == 1 else str(folder) for name, folder in zip(names, folders)]
    return [Entry(name, name, (), {"run": name}, (folder.resolve(),)) for name, folder in zip(told, folders)]


def collect(entries: Sequence[Entry]) -> Collected:
    """Read the entrants. One that lacks a run is set aside with the reason.

    Raises InputError E-EXP-010 when fewer than two are whole, ConfigError E-EXP-011 when they have other classes.
    """
    whole, missing = [], {}
    for entry in entries:
        reason = next(filter(None, map(_incomplete, entry.folders)), "")
        if reason:
            missing[entry.name] = reason
        else:
            whole.append(entry)
    if len(whole) < 2:
        text = f"{len(whole)} of {len(entries)} runs can be compared; " + "; ".join(
            f"{name}: {why}" for name, why in list(missing.items())[:5]
        )
        raise InputError(Fault("E-EXP-010", "compare", "", text, "finish them: iota-py experiment run EXPERIMENT, or iota-py run CONFIG"))
    spaces = {folder: Workspace(folder, "") for entry in whole for folder in entry.folders}
    series = _Numbers()
    entrants = tuple(_entrant(entry, [spaces[folder] for folder in entry.folders], series) for entry in whole)
    folders = {entry.name: entry.folders for entry in whole}
    return Collected(entrants, _classes(list(spaces.values())), missing, folders)


def skill_of(ws: Workspace) -> pd.DataFrame | None:
    """Held-out polygons of a run: `run`, `polygon`, `region`, `code`, `mapped`, `pixels`; None where it has none yet.

    Of a table of samples, a row for each sample, with its name in `series` and no `polygon`.
    """
    predicted = [ws.path(paths.predicted(run)) for run in range(ws.runs)]
    if ws.config.samples.table is not None and all(path.exists() for path in predicted):
        parts = [read_table(path).assign(run=run, pixels=1) for run, path in enumerate(predicted)]
        return pd.concat(parts, ignore_index=True)[["run", "series", "region", "code", "mapped", "pixels"]]
    for name in (paths.POLYGON_SCORES, paths.SAMPLE_SKILL[0]):
        if ws.path(name).exists():
            return read_table(ws.path(name))[list(COLUMNS)]
    return None


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """Settings by dotted keys; those that are not given are left out."""
    found: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{key}.")
        elif value is not None:
            found[f"{prefix}{key}"] = value
    return found


class _Numbers:
    """Numbers for names of samples, the same in all runs."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __call__(self, names: Iterable[str]) -> list[int]:
        """The number of each name, in the order of first sight."""
        return [self.known.setdefault(name, len(self.known)) for name in names]


def _entrant(entry: Entry, spaces: Sequence[Workspace], series: _Numbers) -> Entrant:
    parts = []
    for number, ws in enumerate(spaces):
        table = skill_of(ws)
        assert table is not None
        if "series" in table:
            table = table.assign(polygon=series(table.series))
        types = {"run": np.int64, "polygon": np.int64, "code": np.int64, "mapped": np.int64, "pixels": np.int64}
        table = table.astype({**types, "region": str})[list(COLUMNS)]
        parts.append(table.assign(run=table.run + number * SEED_STEP))
    manifests = tuple(_manifest_digest(ws.root) for ws in spaces)
    settings = {key: value for key, value in flat(dump(spaces[0].config)).items() if key.split(".")[0] not in _NOT_SETTINGS}
    unit = unit_of(spaces[0].config)
    places = tuple(str(ws.root) for ws in spaces)
    skill = pd.concat(parts, ignore_index=True)
    return Entrant(entry.name, entry.label, entry.group, entry.choices, skill, unit, _costs(entry, spaces), settings, places, manifests)


def _costs(entry: Entry, spaces: Sequence[Workspace]) -> Cost:
    every = [_cost(ws) for ws in spaces]
    walls = [wall for wall in entry.walls if wall is not None]
    return Cost(
        wall=sum(walls) if walls else None,
        training=_total([one.training for one in every]),
        mapping=_total([one.mapping for one in every]),
        model=float(np.mean([one.model for one in every])),
        pixels=sum(one.pixels or 0 for one in every) or None,
    )


def _cost(ws: Workspace) -> Cost:
    """Training from the markers of the tasks, mapping from the time of the windows of the tiles that were mapped here or by a sibling."""
    state = ws.root / paths.STATE
    trained = [read_json(path).get("seconds", 0.0) for stage in _TRAINING for path in sorted((state / stage).rglob("*.json"))]
    seconds = [_window_seconds(ws.root, tile) for tile in ws.tiles]
    mapped = None if not seconds or None in seconds else sum(value for value in seconds if value is not None)
    pixels = sum(int(np.prod(ws.geobox(tile).shape)) for tile in ws.tiles) * ws.runs
    models = sum(path.stat().st_size for path in ws.path(paths.MODELS).rglob("*") if path.is_file())
    return Cost(None, sum(trained) if trained else None, mapped, float(models), pixels if mapped is not None else None)


def _window_seconds(root: Path, tile: str) -> float | None:
    """Work of the windows of a tile: their mean time, times their number."""
    marker = State(root).read(f"assemble/{tile}")
    if marker is None:
        return None
    windows = [name for name in marker.get("needs", {}) if name.startswith(f"predict/{tile}/")]
    timings = read_timings(Path(marker.get("shared_from") or root)).set_index("stage")
    if "predict" not in timings.index or not windows:
        return None
    return float(timings.seconds["predict"] / timings.tasks["predict"]) * len(windows)


def _total(values: Sequence[float | None]) -> float | None:
    return None if None in values else sum(value for value in values if value is not None)


def _incomplete(folder: Path) -> str:
    """Why a run cannot be compared; empty when it can."""
    if not (folder / paths.CONFIG).is_file():
        return "it was not run yet" if not folder.is_dir() else f"{folder} is not the folder of a run (no {paths.CONFIG})"
    ws = Workspace(folder, "")
    if ws.config.samples.target is not None:
        return "it maps a number, not classes"
    if not any((folder / name).exists() for name in (paths.METRICS, paths.SAMPLE_METRICS)):
        return "it is not finished"
    table = skill_of(ws)
    if table is None:
        return "it keeps no scores of polygons; run it again with this version"
    return "" if len(table) else "nothing was held out"


def _classes(spaces: Sequence[Workspace]) -> Nomenclature:
    """Classes of the reference of any run. Raises ConfigError E-EXP-011 when the runs do not mean the same by them."""
    first = spaces[0].nomenclature
    for ws in spaces[1:]:
        if [(c.code, c.alias) for c in ws.nomenclature.classes] != [(c.code, c.alias) for c in first.classes]:
            text = f"its classes ({ws.nomenclature.name}) are not those of {spaces[0].root.name} ({first.name})"
            raise ConfigError(Fault("E-EXP-011", str(ws.root), "nomenclature", text, "compare runs of one nomenclature"))
    return first.subset({code for ws in spaces for code in reference_classes(ws).codes})


def _manifest_digest(root: Path) -> str:
    try:
        return str(read_json(root / paths.MANIFEST).get("digest", ""))
    except (OSError, ValueError):
        return ""
