"""The last result, kept for estimates of how long a run will take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iota_py.bench.scale import FULL, cache_folder
from iota_py.io.publish import read_json, write_json

LATEST, QUICK = "latest.json", "latest-quick.json"
_SAME = ("cpu", "cores")


def store_result(result: Mapping[str, Any], cache: Path) -> Path:
    """Keep a result. Rows that it lacks stay from the last one, if that was measured on the same processor with the same versions.

    A quick result never replaces a full one: it has a file of its own.
    """
    path = cache / (LATEST if result["scale"] == FULL.name else QUICK)
    rows = {row["name"]: row for row in (*_rows_to_keep(_read(path), result), *result["rows"])}
    write_json(path, {**result, "rows": list(rows.values())})
    return path


def read_latest(cache: Path | None = None) -> dict[str, Any] | None:
    """The last full result, else the last quick one; None when there is none.

    Keys: scale, rows (name, ratio, target, identical, ours and reference {median, min, max}, unit, rounds, spread, note, …), machine,
    versions. Each row says in `measured` when it was measured.
    """
    folder = cache or cache_folder()
    return _read(folder / LATEST) or _read(folder / QUICK)


def _rows_to_keep(before: Mapping[str, Any] | None, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    if before is None or before["versions"] != result["versions"]:
        return []
    same = all(before["machine"][key] == result["machine"][key] for key in _SAME)
    return list(before["rows"]) if same and before["scale"] == result["scale"] else []


def _read(path: Path) -> dict[str, Any] | None:
    """A result that this module wrote; a file that is damaged or from another version counts for nothing, since it is only a cache."""
    try:
        content = read_json(path)
    except (OSError, ValueError):
        return None
    whole = isinstance(content, dict) and {"scale", "rows", "machine", "versions"} <= set(content)
    return content if whole else None
