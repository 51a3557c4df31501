"""How the cost of mapping grows with pixels, dates, classes, trees and workers: one of them varied at a time, the others at a base point.

    python experiments/performance/growth.py --folder /data/growth --out /data/growth/growth.md --largest
    python experiments/performance/growth.py --folder /data/growth --quick                    # tiny sizes, to see that all works
    python experiments/performance/growth.py --folder /data/growth --redraw /data/growth/growth.json

Timed are the window tasks of the chain, by its own engines, over files of the width of a tile. The files stay in `--folder` from one call
to the next: 7 GB, by proportion to small ones. Each measure is made in a process of its own with workers of its own, warm before the clock
starts; the points of an axis are measured in turn, round by round. growth.json and growth.png go beside `--out`, else into the folder.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from joblib.externals.loky import get_reusable_executor
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from tile_products import _LAND as LAND
from tile_products import SIDE, TileProduct, write_product
from window_stages import run_metered

from iota_py.assessment.figures import BLUE, INK, MUTED, ORANGE, house_style, png_of
from iota_py.bench.chain import MODEL, Chain, prepare_chain
from iota_py.bench.machine import describe_machine, describe_versions
from iota_py.bench.models import prepared
from iota_py.bench.scale import FULL, QUICK, Scale, Settings, cache_folder
from iota_py.bench.tile import NAME
from iota_py.bench.timing import cpu_seconds, quartiles
from iota_py.bench.workload import family, series_options
from iota_py.config.engine import Engine as EngineOptions
from iota_py.grid.windows import Window
from iota_py.io.publish import read_json, sweep, write_bytes, write_json, write_text
from iota_py.pipeline.engine.opening import open_engine
from iota_py.simulation.series import make_series
from iota_py.timeseries.dates import EPOCH

STAGES: Mapping[str, tuple[str, ...]] = {
    "read": ("read", "footprint, regions"),
    "fill, index, encode": ("codes", "features", "encode"),
    "predict": ("predict",),
    "write": ("write", "marker"),
}  # what they are made of, by the names of window_stages
LABELS = {
    "pixels": "pixels mapped",
    "dates": "dates observed in a year",
    "classes": "classes of the model",
    "trees": "trees of the forest",
    "workers": "worker processes",
}
LOOKS = dict(zip(STAGES, ((BLUE, "s"), ("#e69f00", "^"), (ORANGE, "o"), ("#009e73", "v"))))  # told apart with every kind of colour vision
LINE = "fitted power (pixels), proportion (workers)"
CORES, PART = 2, 2000  # threads of a fit, part of the simulated land


@dataclass(frozen=True)
class Point:
    """What a map is made of; pixels: asked for, whole windows are mapped, about as many."""

    pixels: int
    dates: int = 35
    classes: int = 19
    trees: int = 100
    workers: int = 2


@dataclass(frozen=True)
class Plan:
    """What is measured. held: pixels of the largest files; more pixels are these files gone through several times over."""

    scale: Scale
    base: Point
    values: Mapping[str, tuple[int, ...]]
    held: int
    rounds: int
    largest: int = 0

    def points(self, axis: str) -> list[Point]:
        """Points of an axis, ascending; the base is one of them."""
        largest = (10 * self.held,) if axis == "pixels" and self.largest else ()
        return [replace(self.base, **{axis: value}) for value in sorted({*self.values[axis], *largest, getattr(self.base, axis)})]


@dataclass(frozen=True)
class Job:
    """One measure: a run that is ready to predict, its files, and how often they are gone through."""

    chain: Chain
    products: Path
    workers: int
    passes: int
    leaves: int

    def sizes(self) -> dict[str, int]:
        """How much is mapped, and how large the model is."""
        pixels = sum(Window(*task.params["window"]).pixels for task in self.chain.tasks)
        windows = len(self.chain.tasks) * self.passes
        return {"pixels": self.passes * pixels, "windows": windows, "passes": self.passes, "leaves": self.leaves}


def make_plan(rounds: int, samples: int, largest: int, quick: bool) -> Plan:
    """The plan asked for, or a tiny one."""
    if quick:
        values = {"pixels": (527_040,), "dates": (12,), "classes": (8,), "trees": (20,), "workers": (1,)}
        base = Point(263_520, dates=8, trees=10)
        return Plan(replace(QUICK, samples=1500, trees=10, window=65_880), base, values, 527_040, min(rounds, 1), min(largest, 1))
    values = {"pixels": (10**6, 10**7), "dates": (12, 35, 70), "classes": (8, 23), "trees": (50, 100, 200), "workers": (1, 2)}
    return Plan(replace(FULL, samples=samples), Point(230 * SIDE), values, 10**7, rounds, largest)


def scale_of(plan: Plan, point: Point) -> Scale:
    """Sizes of the model and of the products of a point. A name of its own keeps its model apart in the cache of the benchmark."""
    found = replace(plan.scale, trees=point.trees, classes=point.classes)
    if found not in (FULL, QUICK):
        found = replace(found, name=f"growth-{found.name}-{found.samples}-{found.trees}t-{found.classes}c")
    return replace(found, tile_dates=point.dates)


def height_of(plan: Plan, pixels: int) -> int:
    """Rows of the files for so many pixels: whole windows, as many for each of two workers."""
    step = plan.scale.window // SIDE * 2
    return step * max(1, round(min(pixels, plan.held) / SIDE / step))


def products_of(plan: Plan, point: Point, folder: Path) -> Path:
    """The products of a point; layers that are there are left alone."""
    rows = height_of(plan, point.pixels)
    place = folder / f"rows{rows}-dates{point.dates}-classes{point.classes}"
    place.mkdir(exist_ok=True)
    sweep(place)
    options = series_options(scale_of(plan, point), LAND, point.dates)
    days = make_series(replace(options, shape=(1, 1)), PART).days
    names = [f"SENTINEL2A_{EPOCH + dt.timedelta(days=int(day)):%Y%m%d}-105900-000_L2A_T{NAME}_C_V3-1" for day in days]
    products = [TileProduct(place / name, rows, "strips") for name in names]
    if any(product.missing() for product in products):
        say(f"writing {place.name}")
        land = make_series(options, PART)
        shape = len(family().bands), *LAND
        for date, product in enumerate(products):
            write_product(product, land.values[date].reshape(shape), land.valid[date].reshape(LAND))
    return place


def make_job(plan: Plan, point: Point, folder: Path, place: Path, cache: Path) -> Job:
    """Model, products and run of a point. place: of the runs."""
    settings = Settings(scale_of(plan, point), cache, CORES, say)
    leaves = sum(tree.get_n_leaves() for tree in prepared(settings, MODEL).estimator.estimators_)
    products = products_of(plan, point, folder)
    chain = prepare_chain(settings, Path(tempfile.mkdtemp(dir=place)), products)
    return Job(chain, products, point.workers, max(1, round(point.pixels / plan.held)), leaves)


def measure(job: Job) -> dict[str, Any]:
    """Wall seconds of a map, processor seconds of all processes and by stage, and the largest memory of a worker in bytes."""
    for path in sorted(job.products.rglob("*.tif")):
        path.read_bytes()  # from here on the system's cache holds it
    root, version, tasks = job.chain.root, job.chain.workspace.version, job.chain.tasks
    with open_engine(EngineOptions(workers=job.workers), job.chain.root) as engine:
        run_metered(root, version, tasks[: job.workers], engine)  # workers start, kernels and models are loaded
        before = cpu_seconds()
        run = run_metered(root, version, tasks * job.passes, engine)
        spent = cpu_seconds() - before
        if job.workers > 1:
            get_reusable_executor().shutdown()  # else this process waits for them to end by themselves, minutes later
    stages = {name: processor for name, (processor, _) in run.spent().items()}
    return {"wall": run.wall, "cpu": spent, "memory": max(run.peaks.values()), "stages": stages}


def measure_axis(plan: Plan, axis: str, folder: Path, cache: Path) -> list[dict[str, Any]]:
    """The points of an axis in turn, round by round, as plain values."""
    points = plan.points(axis)
    with tempfile.TemporaryDirectory(prefix=".runs-", dir=folder) as place:
        jobs = [make_job(plan, point, folder, Path(place), cache) for point in points]
        rounds: list[list[dict[str, Any]]] = [[] for _ in jobs]
        for number in range(plan.rounds):
            for job, point, found in zip(jobs, points, rounds):
                if number < (plan.largest if point.pixels > plan.held else plan.rounds):
                    found.append(apart(job))
                    say(f"{axis} {getattr(point, axis):,}: {found[-1]['wall']:.1f} s")
    named = ({"value": getattr(point, axis), "base": point == plan.base} for point in points)
    return [{**name, **job.sizes(), "rounds": found} for name, job, found in zip(named, jobs, rounds)]


def apart(job: Job) -> dict[str, Any]:
    """A measure in a process of its own, which ends with its workers: memory and what is kept open begin anew."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, job).result()


def walls(row: Mapping[str, Any]) -> list[float]:
    """Wall seconds of each round."""
    return [found["wall"] for found in row["rounds"]]


def stage_seconds(row: Mapping[str, Any], stage: str) -> list[float]:
    """Processor seconds per Mpx of a stage, each round."""
    return [sum(found["stages"].get(name, 0.0) for name in STAGES[stage]) / row["pixels"] * 1e6 for found in row["rounds"]]


def all_seconds(row: Mapping[str, Any]) -> list[float]:
    """Processor seconds per Mpx of all processes, each round."""
    return [found["cpu"] / row["pixels"] * 1e6 for found in row["rounds"]]


def power(rows: Sequence[Mapping[str, Any]], seconds: Sequence[float]) -> tuple[float, float]:
    """The power p and the factor f of seconds = f × pixels ** p: a line by least squares through the logarithms."""
    slope, intercept = np.polyfit(np.log([row["pixels"] for row in rows]), np.log(seconds), 1)
    return float(slope), math.exp(intercept)


def table(axis: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """An axis in Markdown."""
    base = next(row for row in rows if row["base"])
    heads = [axis, "windows", "wall, s (quartiles)", "Mpx/s", *STAGES, "all", "wall / base", "peak memory of a worker"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        low, high = quartiles(walls(row))
        ratio = np.median([ours / theirs for ours, theirs in zip(walls(row), walls(base))])
        cells = [
            f"{row['pixels' if axis == 'pixels' else 'value']:,}" + (f" ({row['passes']} × the same files)" if row["passes"] > 1 else ""),
            row["windows"],
            f"{np.median(walls(row)):.1f} ({low:.1f}–{high:.1f})",
            f"{row['pixels'] / 1e6 / np.median(walls(row)):.3f}",
            *(f"{np.median(stage_seconds(row, stage)):.3g}" for stage in STAGES),
            f"{np.median(all_seconds(row)):.3g}",
            "1" if row["base"] else f"{ratio:.2f}",
            f"{np.median([found['memory'] for found in row['rounds']]) / 1e9:.2f} GB",
        ]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join([f"### {axis.capitalize()}", "", *lines, "", note(axis, rows)])


def note(axis: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """What must be known to read the table of an axis."""
    rounds = [len(row["rounds"]) for row in rows]
    text = f"Rounds: {rounds[0]}." if len(set(rounds)) == 1 else f"Rounds, from the top: {', '.join(map(str, rounds))}."
    if axis in ("classes", "trees"):
        text += " Leaves of the forest: " + ", ".join(f"{row['leaves']:,} with {row['value']} {axis}" for row in rows) + "."
    if axis == "pixels":
        wall, processor = (
            power(rows, [np.median([found[clock] for found in row["rounds"]]) for row in rows])[0] for clock in ("wall", "cpu")
        )
        text += f" Seconds grow with the pixels to the power {wall:.3f} by wall time, {processor:.3f} by processor time (least squares)."
    for row in rows:
        if row["passes"] > 1:
            text += f" The {row['pixels']:,} pixels are {row['passes']} passes over the same files: files repeat, work does not."
    return text


def document(result: Mapping[str, Any]) -> str:
    """All the tables, and what they have in common."""
    base, machine = result["base"], result["machine"]
    head = (
        f"Base: {base['dates']} dates, {base['classes']} classes, {base['trees']} trees learnt from {result['samples']:,} samples, "
        f"{base['workers']} workers. Medians and quartiles. Stages: processor seconds of all workers per Mpx, clocked inside the "
        "tasks; `all` has what is in none of them too, and the process that gives out the tasks. Workers warm, files in the system's "
        "cache. The columns off the swath, a sixteenth, count as mapped. "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['date'][:10]}, load {machine['load'][0]} at the start."
    )
    return "\n\n".join([head, *(table(axis, result["axes"][axis]) for axis in LABELS if axis in result["axes"])]) + "\n"


@house_style()
def figure(result: Mapping[str, Any]) -> bytes:
    """Small multiples as PNG: one for each axis, and the memory by dates."""
    panels = {axis: (DRAWN.get(axis, draw_stages), axis) for axis in LABELS if axis in result["axes"]}
    if "dates" in panels:
        panels["memory"] = draw_memory, "dates"
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    drawing = Figure(figsize=(3.1 * columns, 2.6 * lines + 0.6), layout="constrained")
    handles: dict[str, Any] = {}
    shared: Axes | None = None  # by the panels of stages: one scale of seconds for all
    for number, (draw, axis) in enumerate(panels.values()):
        panel = drawing.add_subplot(lines, columns, number + 1, sharey=shared if draw is draw_stages else None)
        draw(panel, result["axes"][axis])
        panel.set_xlabel(LABELS[axis])
        panel.grid(True)
        shared = panel if draw is draw_stages else shared
        handles.update(zip(*reversed(panel.get_legend_handles_labels())))
    for panel in drawing.axes:
        if panel.get_yscale() == "linear":
            panel.set_ylim(0, 1.06 * max(other.dataLim.y1 for other in panel.get_shared_y_axes().get_siblings(panel)))
    drawing.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False)
    return png_of(drawing)


def draw_pixels(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Wall time on two logarithmic scales, with the fitted line; hollow where files repeat."""
    ends = np.array([rows[0]["pixels"], rows[-1]["pixels"]], float)
    slope, factor = power(rows, [float(np.median(walls(row))) for row in rows])
    panel.plot(ends, factor * ends**slope, color=MUTED, ls="--", lw=1, label=LINE)
    for repeated, label, face in ((False, "_wall time", INK), (True, "the same files several times over", "white")):
        some = [row for row in rows if (row["passes"] > 1) == repeated]
        if some:
            _bars(panel, [row["pixels"] for row in some], [walls(row) for row in some], label, ls="", markerfacecolor=face)
    panel.set(xscale="log", yscale="log", ylabel="wall time, seconds")
    for side in (panel.xaxis, panel.yaxis):
        side.set_minor_formatter(NullFormatter())
    panel.text(0.05, 0.95, f"time ∝ pixels$^{{{slope:.3f}}}$", transform=panel.transAxes, va="top")


def draw_stages(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Processor seconds by stage, and in all."""
    x = [row["value"] for row in rows]
    _bars(panel, x, [all_seconds(row) for row in rows], "all", marker="D")
    for stage, (colour, marker) in LOOKS.items():
        _bars(panel, x, [stage_seconds(row, stage) for row in rows], stage, color=colour, marker=marker)
    panel.set(xlim=(0, 1.06 * x[-1]), xticks=x, ylabel="processor seconds per Mpx")


def draw_workers(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Speed, and what proportion to the workers would give."""
    x = [row["value"] for row in rows]
    rates = [[row["pixels"] / 1e6 / wall for wall in walls(row)] for row in rows]
    panel.plot([0, x[-1]], [0, x[-1] / x[0] * np.median(rates[0])], color=MUTED, ls="--", lw=1, label=LINE)
    _bars(panel, x, rates, "_speed", marker="D")
    panel.set(xlim=(0, 1.06 * x[-1]), xticks=x, ylabel="speed, Mpx per second")


def draw_memory(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Largest memory of a worker."""
    x = [row["value"] for row in rows]
    _bars(panel, x, [[found["memory"] / 1e9 for found in row["rounds"]] for row in rows], "_memory", marker="D")
    panel.set(xlim=(0, 1.06 * x[-1]), xticks=x, ylabel="peak memory of a worker, GB")


DRAWN: Mapping[str, Callable[[Axes, Sequence[Mapping[str, Any]]], None]] = {"pixels": draw_pixels, "workers": draw_workers}


def _bars(panel: Axes, x: Sequence[float], values: Sequence[Sequence[float]], label: str, **look: Any) -> None:
    """Medians with bars from one quartile to the other."""
    middle, ends = np.array([np.median(v) for v in values]), np.array([quartiles(v) for v in values])
    error = np.abs(ends - middle[:, None]).T
    panel.errorbar(x, middle, error, label=label, **{"color": INK, "marker": "o", "ms": 4, "lw": 1.2, "capsize": 2, **look})


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def report(result: Mapping[str, Any], folder: Path, out: Path | None) -> None:
    """Tables to `out` or to the terminal, plot and figures beside."""
    write_json(folder / "growth.json", result)
    write_bytes(folder / "growth.png", figure(result))
    if out is None:
        print(document(result))
    else:
        write_text(out, document(result))


def main() -> None:
    """Measure the axes asked for, one after the other, and report after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="of the products, outside the repository; kept")
    parser.add_argument("--out", type=Path, help="Markdown file of the tables; default: the terminal")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=20_000, help="that each forest is learnt from")
    parser.add_argument("--largest", type=int, nargs="?", const=1, default=0, metavar="ROUNDS", help="add ten times the largest files")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round")
    parser.add_argument("--only", nargs="+", choices=list(LABELS), default=list(LABELS), help="axes")
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="of the models")
    parser.add_argument("--redraw", type=Path, metavar="JSON", help="measure nothing: tables and plot of a result")
    given = parser.parse_args()
    folder, out = given.folder.resolve(), given.out.resolve() if given.out else None
    place = out.parent if out else folder
    for needed in (folder, place):
        needed.mkdir(parents=True, exist_ok=True)
    if given.redraw:
        report(read_json(given.redraw), place, out)
        return
    plan = make_plan(given.rounds, given.samples, given.largest, given.quick)
    common = {"base": asdict(plan.base), "samples": plan.scale.samples, "machine": describe_machine(), "versions": describe_versions()}
    axes: dict[str, Any] = {}
    for axis in given.only:
        axes[axis] = measure_axis(plan, axis, folder, given.cache.resolve())
        write_json(place / "growth.json", {**common, "axes": axes})
    report({**common, "axes": axes}, place, out)


if __name__ == "__main__":
    main()
