"""The run against its baseline: `assessment/baseline.json` and `.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.baseline import compared_scores, difference_table, map_changes, settings_changes
from iota_py.assessment.transitions import joint_counts, transition_matrix, transition_table, unknown_values
from iota_py.errors import IotaError
from iota_py.grid.area import pixel_hectares
from iota_py.io.documents import read_yaml
from iota_py.io.publish import read_json, write_json
from iota_py.io.tables import read_table, write_csv
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.class_maps import Reader, window_blocks
from iota_py.pipeline.comparison import Pair, find_pair
from iota_py.pipeline.workspace import Workspace

# Sections that decide where and how fast a run is made, what it is called and what is handed over of it, not its results.
_IGNORED = ("name", "title", "output", "engine", "tracking", "product", "catalogue", "languages", "limits", "vector")


class _NotComparableError(Exception):
    """Why two runs cannot be compared."""


def write_baseline(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/baseline.json`: scores, classes, regions, map and settings against those of the baseline, or why they are not compared;
    `baseline.csv`: the differences as a table."""
    folder = ws.config.assessment.baseline
    assert folder is not None
    document: dict[str, Any] = {"name": params["name"], "path": str(folder), "comparable": True, "notes": []}
    try:
        classes = _classes(ws, folder, document["notes"])
        before, after = _tables(ws, folder, document["notes"])
        held_out = int(read_table(ws.path(paths.POLYGON_SCORES), ["polygon"]).polygon.nunique())
        document |= {"held_out": held_out, **compared_scores(before, after, classes)}
    except _NotComparableError as why:
        document |= {"comparable": False, "reason": str(why)}
    document["map"] = _map(ws, folder)
    document["settings"] = settings_changes(_settings(folder), _settings(ws.root), _IGNORED)
    write_json(ws.path(paths.BASELINE), document)
    write_csv(ws.path(paths.BASELINE_TABLE), difference_table(document))


def _settings(root: Path) -> dict[str, Any]:
    found = dict(read_yaml(root / paths.CONFIG))
    found["assessment"] = {key: value for key, value in (found.get("assessment") or {}).items() if key != "baseline"}
    return found


def _classes(ws: Workspace, folder: Path, notes: list[str]) -> Nomenclature:
    """The classes that both runs score. Raises when they are not the same ones."""
    mine, theirs = (read_json(root / paths.METRICS) for root in (ws.root, folder))
    if "per_class" not in theirs:
        raise _NotComparableError("it predicts a number, and this run predicts classes")
    names, others = ({int(code): one["alias"] for code, one in found["per_class"].items()} for found in (mine, theirs))
    shared = sorted(names.keys() & others.keys())
    unlike = [code for code in shared if names[code] != others[code]]
    if unlike or not shared:
        code = unlike[0] if unlike else min(names)
        raise _NotComparableError(f"it has another nomenclature (code {code} is {others.get(code, 'no class')} there, {names[code]} here)")
    alone = [alias for known, rest in ((names, others), (others, names)) for code, alias in known.items() if code not in rest]
    if alone:
        notes.append(f"classes that only one of both scores are left out: {', '.join(alone)}")
    return ws.nomenclature.subset(shared)


def _tables(ws: Workspace, folder: Path, notes: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scores of polygons that both runs held out and that are the same in both. Raises when there are none."""
    if not (folder / paths.POLYGON_SCORES).is_file():
        raise _NotComparableError(f"it has no scores by polygon ({paths.POLYGON_SCORES}): run it again")
    after, before = (read_table(root / paths.POLYGON_SCORES) for root in (ws.root, folder))
    codes = [table.groupby(["run", "polygon"]).code.max() for table in (before, after)]
    both = codes[0].index.intersection(codes[1].index)
    if both.empty:
        raise _NotComparableError("no polygon is held out in both, in the same draw")
    polygons = both.get_level_values("polygon")
    same = (codes[0].loc[both] == codes[1].loc[both]).to_numpy() & _same_outlines(ws, folder, polygons.to_numpy())
    if not same.any():
        raise _NotComparableError("its polygons are others: none has the same number, class and outline")
    if not same.all():
        notes.append(f"{int(polygons[~same].nunique())} polygons with another class or outline in the baseline are left out")
    keys = both[same].to_frame(index=False)
    return before.merge(keys, on=["run", "polygon"]), after.merge(keys, on=["run", "polygon"])


def _same_outlines(ws: Workspace, folder: Path, polygons: np.ndarray) -> np.ndarray:
    """Whether polygons have the same outline in both runs, bool (n,): true where neither keeps any, as of tables of samples."""
    files = [root / paths.POLYGONS for root in (ws.root, folder)]
    if not all(path.exists() for path in files):
        return np.full(polygons.shape, not any(path.exists() for path in files))
    mine, theirs = (read_vectors(path, "polygons") for path in files)
    if mine.crs != theirs.crs:
        return np.zeros(polygons.shape, bool)
    outlines = [frame.drop_duplicates("polygon").set_index("polygon").geometry.to_wkb().reindex(polygons) for frame in (mine, theirs)]
    return (outlines[0].to_numpy() == outlines[1].to_numpy()) & outlines[0].notna().to_numpy()


def _map(ws: Workspace, folder: Path) -> dict[str, Any]:
    """How much of the map has another class, by windows; why not where it cannot be said."""
    if not ws.tiles:
        return {"compared": False, "reason": "this run makes no map"}
    try:
        pair = find_pair((folder, ws.root))
    except IotaError as error:
        return {"compared": False, "reason": "; ".join(fault.message for fault in error.faults)}
    joint = _joint(pair)
    if any(unknown_values(joint, pair.nomenclature)):
        return {"compared": False, "reason": "a map holds values that are no codes of the nomenclature"}
    matrix = transition_matrix(joint, pair.nomenclature)
    table = transition_table(matrix, np.zeros((256, 256), bool), pair.nomenclature, pixel_hectares(pair.grid))
    return map_changes(matrix, table) | {"notes": list(pair.notes)}


def _joint(pair: Pair) -> np.ndarray:
    """Pixels of each pair of values, int64 (256, 256)."""
    joint = np.zeros((256, 256), np.int64)
    with Reader(pair.maps[0], pair.parts[0]) as first, Reader(pair.maps[1], pair.parts[1]) as second:
        for window in window_blocks(pair.maps[0], pair.parts[0]):
            joint += joint_counts(first(window), second(window))
    return joint
