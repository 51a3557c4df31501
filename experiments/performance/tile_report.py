"""Figures of a mapped band as plain values and as tables: where the time went, against what, and what it says of a whole tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from references import STAGES, Comparison
from tile_products import SIDE
from window_stages import OTHER, MeteredRun

GIB = 2**30
ALLOWED = 4.0  # GiB of a worker
_FUSED = ("codes", "features")  # our kernels that do several stages at once
_ELSE = ("footprint, regions", "load the model", "marker", OTHER)


def profile(run: MeteredRun, workers: int, compared: Comparison) -> list[dict[str, Any]]:
    """Where wall × workers of the windows went: seconds of the processor, of waiting (disk, other processes), share of it all.

    Everything is there: what no stage took is the start of the workers, or idleness between tasks and at the end.
    """
    spent = {stage: list(run.spent().get(stage, (0.0, 0.0))) for stage in (*STAGES, *_ELSE)}
    for kernel in _FUSED:
        for stage, share in compared.shares(kernel).items():
            for clock, seconds in enumerate(run.spent().get(kernel, (0.0, 0.0))):
                spent[stage][clock] += share * seconds
    capacity, starting = run.wall * workers, run.starting(workers)
    rows = [_row(stage, cpu, max(0.0, wall - cpu), capacity) for stage, (cpu, wall) in spent.items()]
    idle = capacity - starting - sum(wall for _, wall in spent.values())
    return [*rows, _row("start of the workers", 0.0, starting, capacity), _row("idle", 0.0, idle, capacity)]


def against(compared: Comparison) -> list[dict[str, Any]]:
    """Seconds per Mpx of each stage alone, before (libraries) and after (ours), their shares, their ratio; the sum last."""
    sides = {side: compared.rates(side) for side in ("reference", "ours")}
    rows = []
    for stage in (*STAGES, "sum"):
        row: dict[str, Any] = {"stage": stage}
        for side, rates in sides.items():
            total = sum(rates.values())
            row[side] = total if stage == "sum" else rates[stage]
            row[f"{side}_share"] = row[side] / total
        row["ratio"] = row["reference"] / row["ours"]
        rows.append(row)
    return rows


def extrapolated(result: Mapping[str, Any]) -> list[str]:
    """The whole tile by proportion, as arithmetic."""
    factor, steps = SIDE / result["rows"], result["steps"]
    if result["rows"] == SIDE:
        return [f"The whole tile was mapped: {sum(s['wall'] for s in steps):.0f} s, nothing is extrapolated."]
    fixed = result["fixed"]
    lines = [f"Whole tile: {SIDE} rows of {SIDE} pixels, {SIDE} / {result['rows']} = {factor:.4g} times the band.", ""]
    total = 0.0
    for step in steps:
        own = fixed if step["step"] == "windows" else 0.0
        seconds = (step["wall"] - own) * factor + own
        total += seconds
        what = f"({step['wall']:.1f} − {own:.1f}) × {factor:.4g} + {own:.1f}" if own else f"{step['wall']:.1f} × {factor:.4g}"
        lines.append(f"* {step['step']}: {what} = {seconds:.0f} s")
    rate = SIDE * SIDE / total / 1e6
    note = f"The {fixed:.1f} s are the start of the workers and the loading of the model, once."
    return [*lines, f"* sum: {total:.0f} s = {total / 60:.1f} min, {rate:.3f} Mpx/s. {note}"]


def markdown(result: Mapping[str, Any]) -> str:
    """All the tables."""
    mpx, workers, windows = result["mpx"], result["workers"], result["windows"]
    total = sum(step["wall"] for step in result["steps"])
    reference = result["against"][-1]["reference"]
    capacity = windows["wall"] * workers
    peaks = [peak / GIB for peak in result["peaks"]]
    head = [
        f"{mpx:.2f} Mpx ({result['rows']} rows of {SIDE}), {result['dates']} dates, blocks of {result['block']}, {result['bytes'] / 1e9:.2f} GB of products; "
        f"{result['features']} features, scale {result['scale']}, {workers} workers; {result['machine']['cpu']}, {result['machine']['date']}, "
        f"load {result['machine']['load'][0]}.",
        "",
        f"* From products to map: {total:.1f} s, {mpx / total:.3f} Mpx/s; the windows alone {windows['wall']:.1f} s, {mpx / windows['wall']:.3f} Mpx/s.",
        f"* Peak memory: workers {', '.join(f'{peak:.2f}' for peak in peaks)} GiB ({'under' if max(peaks) < ALLOWED else 'NOT under'} {ALLOWED:g}); "
        f"the process that does the other steps {result['main_peak'] / GIB:.2f} GiB.",
        f"* The libraries alone would take {reference:.2f} s per Mpx and core; the windows took {capacity / mpx:.2f}: ratio {reference * mpx / capacity:.2f}.",
    ]
    steps = [[s["step"], f"{s['wall']:.1f}", f"{s['cpu']:.1f}", f"{s['wall'] / total:.1%}"] for s in result["steps"]]
    where = [
        [r["stage"], f"{r['cpu']:.1f}", f"{r['waiting']:.1f}", f"{r['cpu'] / mpx:.3f}", f"{r['share']:.1%}"] for r in windows["profile"]
    ]
    pairs = [
        [
            r["stage"],
            f"{r['reference']:.3f}",
            f"{r['reference_share']:.1%}",
            f"{r['ours']:.3f}",
            f"{r['ours_share']:.1%}",
            f"{r['ratio']:.2f}",
        ]
        for r in result["against"]
    ]
    seconds = [result["kernels"][name]["run"][0] for name in _FUSED]
    same = [[what, f"{int(n):,}", str(int(wrong)), f"{gap:g}"] for what, (n, wrong, gap) in result["same"].items()]
    parts = [
        "## Band of a full tile", "", *head, "",
        "### Steps of the run", "", *_table(["step", "wall s", "processor s", "share of the wall"], steps), "",
        f"### Where the windows' time goes: {windows['wall']:.1f} s × {workers} = {capacity:.1f} s", "",
        *_table(["stage", "processor s", "waiting s", "processor s per Mpx", "share"], where), "",
        "Waiting: wall less processor seconds (disk, syncing, other processes). Fill, index and encode run in one kernel; their shares of it are "
        f"measured apart. {seconds[1] / sum(seconds):.0%} of its time went to blocks with pixels that are not mapped, which go by way of features.", "",
        f"### Before and after: processor seconds per Mpx on one core, alone, {result['compared_windows']} windows in turn", "",
        *_table(["stage", "libraries", "share", "ours", "share", "ratio"], pairs), "",
        *_table(["same", "compared", "wrong", "largest difference"], same), "",
        "### The whole tile", "", *extrapolated(result), "",
    ]  # fmt: skip
    return "\n".join(parts)


def _row(stage: str, cpu: float, waiting: float, capacity: float) -> dict[str, Any]:
    return {"stage": stage, "cpu": cpu, "waiting": waiting, "share": (cpu + waiting) / capacity}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
