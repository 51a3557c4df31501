"""How runs scale: with workers, with the country, per task, in memory; and what that makes of 300 tiles.

    python experiments/scaling/scaling.py all /data/scaling                 # everything below, about a quarter of an hour
    python experiments/scaling/scaling.py all /data/scaling --quick         # tiny sizes, to see that all works
    python experiments/scaling/scaling.py strong|weak|overhead|memory|extrapolate /data/scaling [--rounds 3] [--json]

Each measure is a run of the command `iota-py run` in a process of its own on a simulated country, watched from outside. Countries, runs and what
was measured of each stay in the folder; a measure that is there is not made again, unless with --again. Writes <name>.json, <name>.md and memory.png.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from country import Run, configured, made
from extrapolation import Facts, lines
from measurement import Measured, Samples, measure, overhead, span_of
from pictures import memory_picture
from steadiness import trend_of
from tables import Row, markdown

from iota_py.bench.machine import describe_machine
from iota_py.io.publish import read_json, write_bytes, write_json, write_text
from iota_py.pipeline.timing import read_timings
from iota_py.simulation.country import Country

ENGINES = ("joblib", "dask")
ENOUGH = 20  # samples of the second half


@dataclass(frozen=True)
class Sizes:
    """Countries of the measures. half: what one worker maps where two map `strong`. fine: pixels on a side of the windows of `overhead`."""

    half: Country
    strong: Country
    small: Country
    large: Country
    window: int = 15
    fine: int = 6


FULL = Sizes(
    half=Country(rows=2, columns=2), strong=Country(rows=2, columns=4), small=Country(rows=2, columns=2), large=Country(rows=6, columns=6),
)  # fmt: skip
QUICK = Sizes(
    half=Country(rows=1, columns=2, size=120, overlap=10), strong=Country(rows=2, columns=2, size=120, overlap=10),
    small=Country(rows=1, columns=2, size=120, overlap=10), large=Country(rows=2, columns=2, size=120, overlap=10), window=20, fine=10,
)  # fmt: skip


@dataclass(frozen=True)
class Study:
    """Where and how it is measured."""

    folder: Path
    sizes: Sizes
    workers: int
    rounds: int
    again: bool

    def runs(self, country: Country, run: Run) -> list[Row]:
        """What was measured of a run, once a round."""
        return [self._measured(country, run, turn) for turn in range(self.rounds)]

    def _measured(self, country: Country, run: Run, turn: int) -> Row:
        land = f"{country.rows}x{country.columns}x{country.size}"
        folder = self.folder / f"{run.engine}-{run.workers}-{land}-windows-{run.window}" / str(turn)
        path = folder / "measured.json"
        if path.exists() and not self.again:
            return dict(read_json(path))
        shutil.rmtree(folder, ignore_errors=True)
        data = made(self.folder / f"country-{land}", country)
        print(f"{dt.datetime.now():%H:%M:%S} {folder}", flush=True)
        config = configured(folder, data, country, run)
        found = _document(measure(config, folder / "run"), country, run, folder / "run")
        write_json(path, found)
        return dict(read_json(path))  # as it will be read again


def _document(found: Measured, country: Country, run: Run, root: Path) -> dict[str, Any]:
    begin, end = span_of(found.tasks)
    cost = overhead(found.tasks, run.workers)
    alone = not found.workers  # one process does everything
    return {
        **asdict(run), "tiles": len(country.tiles), "wall": found.wall, **cost, "begin": begin, "end": end,
        "windows": sum(task.stage == "predict" for task in found.tasks),
        "driver_per_task": None if alone else found.driver.spent(begin, end) / cost["tasks"],
        "driver": asdict(found.driver), "others": {str(number): asdict(one) for number, one in found.workers.items()},
        "timings": read_timings(root).to_dict("records"),
    }  # fmt: skip


def strong(study: Study) -> list[Row]:
    """The same country with one worker and with all."""
    rows = []
    for engine in ENGINES:
        one, several = (_middle(study.runs(study.sizes.strong, Run(engine, count, study.sizes.window))) for count in (1, study.workers))
        for found in (one, several):
            speed = {"speed_up": one["wall"] / found["wall"], "windows_speed_up": one["span"] / found["span"]}
            efficiency = speed["windows_speed_up"] / found["workers"]
            rows.append(_told(found, ("wall", "span")) | speed | {"efficiency": efficiency, "idle": _idle(found)})
    return rows


def _idle(found: Row) -> float | None:
    """Share of the time of the workers in which they had no task, as the run counts it; None where it was not counted."""
    counted = [row for row in found["timings"] if row.get("idle") is not None]
    passed = sum(row["wall"] for row in counted) * found["workers"]
    return sum(row["idle"] for row in counted) / passed if passed else None


def weak(study: Study) -> list[Row]:
    """Twice the country with twice the workers."""
    rows = []
    for engine in ENGINES:
        one = _middle(study.runs(study.sizes.half, Run(engine, 1, study.sizes.window)))
        both = _middle(study.runs(study.sizes.strong, Run(engine, 2, study.sizes.window)))
        for found in (one, both):
            more = found["windows"] / one["windows"] / found["workers"]
            rows.append(_told(found, ("tiles", "wall", "span")) | {"efficiency": more * one["span"] / found["span"]})
    return rows


def cost_per_task(study: Study) -> list[Row]:
    """What engine and driver cost for windows of usual size here, and for windows of a few pixels, which do nearly nothing."""
    rows = []
    for engine in ENGINES:
        for window in (study.sizes.window, study.sizes.fine):
            found = _middle(study.runs(study.sizes.small, Run(engine, study.workers, window)))
            rows.append(_told(found, ("window", "tasks", "task", "per_task", "gap", "gap_low", "gap_high", "driver_per_task")))
    return rows


def memory(study: Study) -> list[Row]:
    """Memory of the driver and of each worker while a country of thousands of windows is mapped."""
    rows, pictured = [], {}
    for engine in ENGINES:
        found = study.runs(study.sizes.large, Run(engine, study.workers, study.sizes.window))[0]
        pictured[f"{engine}, {found['workers']} workers, {found['windows']:,} windows"] = found
        processes = {"driver": found["driver"], **{f"worker {i + 1}": one for i, one in enumerate(found["others"].values())}}
        for name, series in processes.items():
            rows.append({"engine": engine, "process": name, "windows": found["windows"], "wall": found["wall"]} | _trend(series, found))
    write_bytes(study.folder / "memory.png", memory_picture(pictured))
    return rows


def _trend(series: Mapping[str, Sequence[float]], found: Row) -> Row:
    """Of the span of the windows, without the start of the run and its report; no slope of a process that came late, left early, or was too short."""
    kept = Samples(*(tuple(series[name]) for name in ("seconds", "rss", "cpu"))).within(found["begin"], found["end"])
    middle = (found["begin"] + found["end"]) / 2
    if sum(at > middle for at in kept.seconds) < ENOUGH or kept.seconds[0] > middle or kept.seconds[-1] < found["end"] - 5:
        return {"peak": max(series["rss"]) / 1e6, "samples": len(kept.seconds)}
    trend = trend_of(kept.seconds, kept.rss)
    return asdict(trend) | {"steady": trend.steady, "per_thousand": 1000 * trend.change / (found["windows"] / 2)}


def extrapolate(study: Study) -> list[Row]:
    """300 full tiles, by what the windows of a few pixels cost."""
    rows = []
    for engine in ENGINES:
        found = _middle(study.runs(study.sizes.small, Run(engine, study.workers, study.sizes.fine)))
        facts = Facts(found["per_task"], found["driver_per_task"])
        rows.append({"engine": engine, **asdict(facts), "lines": lines(facts), "in_tiles": lines(replace(facts, block=(512, 512)))[:1]})
    return rows


def _middle(runs: Sequence[Row]) -> dict[str, Any]:
    """The run of median wall time, with the lowest and the highest of all rounds."""
    ordered = sorted(runs, key=lambda run: run["wall"])
    ranges = {f"{name}_range": [min(run[name] for run in runs), max(run[name] for run in runs)] for name in ("wall", "span", "per_task")}
    return {
        **ordered[(len(ordered) - 1) // 2],
        **ranges,
        "rounds": len(runs),
        "wall_median": statistics.median(run["wall"] for run in runs),
    }


def _told(found: Row, names: Sequence[str]) -> dict[str, Any]:
    wanted = ("engine", "workers", "windows", "rounds", *names, *(f"{name}_range" for name in names))
    return {name: found[name] for name in wanted if name in found}


MEASURES: Mapping[str, Callable[[Study], list[Row]]] = {
    "strong": strong, "weak": weak, "overhead": cost_per_task, "memory": memory, "extrapolate": extrapolate,
}  # fmt: skip


def main() -> None:
    """Measure what the command line asks for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("measure", choices=[*MEASURES, "all"])
    words.add_argument("folder", type=Path)
    words.add_argument("--workers", type=int, default=Run.workers)
    words.add_argument("--rounds", type=int, default=1)
    words.add_argument("--quick", action="store_true", help="tiny sizes")
    words.add_argument("--again", action="store_true", help="measure again what is there")
    words.add_argument("--json", action="store_true", help="print JSON in place of Markdown")
    given = words.parse_args()
    study = Study(given.folder, QUICK if given.quick else FULL, given.workers, given.rounds, given.again)
    for name in MEASURES if given.measure == "all" else (given.measure,):
        rows = MEASURES[name](study)
        document = {
            "measure": name,
            "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "machine": describe_machine(),
            "rows": rows,
        }
        write_json(given.folder / f"{name}.json", document)
        write_text(given.folder / f"{name}.md", markdown(name, rows))
        print(json.dumps(document, indent=2, default=str) if given.json else f"\n{name}\n\n{markdown(name, rows)}", flush=True)


if __name__ == "__main__":
    main()
