"""What was measured, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def markdown(name: str, rows: Sequence[Row]) -> str:
    """The table of a measure; of the extrapolation its arithmetic as a list."""
    if name == "extrapolate":
        return "\n".join(f"{row['engine']}:\n\n" + "\n".join(f"* {line}" for line in row["lines"]) + "\n" for row in rows)
    columns = _COLUMNS[name]
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(show(row) for show in columns.values())} |" for row in rows), ""])


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:.1f}"


def _number(row: Row, name: str, form: str) -> str:
    return format(row[name], form) if name in row else "–"


def _ranged(row: Row, name: str) -> str:
    low, high = row[f"{name}_range"]
    return f"{row[name]:.1f}" if row["rounds"] == 1 else f"{row[name]:.1f} ({low:.1f}–{high:.1f})"


def _slope(row: Row) -> str:
    return f"{row['slope']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})" if "slope" in row else "–"


def _steady(row: Row) -> str:
    return {True: "yes", False: "**no**"}.get(row.get("steady"), "–")


_WHO: Mapping[str, Callable[[Row], str]] = {
    "engine": lambda row: row["engine"],
    "workers": lambda row: str(row["workers"]),
    "windows": lambda row: f"{row['windows']:,}",
}
_COLUMNS: Mapping[str, Mapping[str, Callable[[Row], str]]] = {
    "strong": {
        **_WHO,
        "command, s": lambda row: _ranged(row, "wall"),
        "speed-up": lambda row: f"{row['speed_up']:.2f}",
        "windows, s": lambda row: _ranged(row, "span"),
        "their speed-up": lambda row: f"{row['windows_speed_up']:.2f}",
        "their efficiency": lambda row: f"{row['efficiency']:.0%}",
        "idle": lambda row: "–" if row["idle"] is None else f"{row['idle']:.0%}",
    },
    "weak": {
        **_WHO,
        "tiles": lambda row: str(row["tiles"]),
        "command, s": lambda row: _ranged(row, "wall"),
        "windows, s": lambda row: _ranged(row, "span"),
        "their efficiency": lambda row: f"{row['efficiency']:.0%}",
    },
    "overhead": {
        **_WHO,
        "pixels of a window": lambda row: f"{row['window']}²",
        "a task works, ms": lambda row: _ms(row["task"]),
        "beside it, ms of a worker": lambda row: _ms(row["per_task"]),
        "from one task to the next, ms (quartiles)": lambda row: f"{_ms(row['gap'])} ({_ms(row['gap_low'])}–{_ms(row['gap_high'])})",
        "driver, ms of a processor": lambda row: _ms(row["driver_per_task"]),
    },
    "memory": {
        "engine": _WHO["engine"],
        "process": lambda row: row["process"],
        "windows": _WHO["windows"],
        "median, MB": lambda row: _number(row, "level", ".0f"),
        "slope, MB a minute (95 %)": _slope,
        "change over the half, MB": lambda row: _number(row, "change", "+.1f"),
        "a thousand windows, MB": lambda row: _number(row, "per_thousand", "+.2f"),
        "peak, MB": lambda row: _number(row, "peak", ".0f"),
        "steady": _steady,
    },
}
