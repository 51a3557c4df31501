"""What it costs the driver of a run to plan a country, and to ask what of it is done already.

    python experiments/scaling/planning.py                          # 10⁴, 10⁵ and 10⁶ windows, three cases, then 10⁴ markers: minutes, 2 GiB
    python experiments/scaling/planning.py --windows 10000 --markers 1000 --json /tmp/planning.json

The country is simulated: an inventory of 300 tiles of 10,980² pixels that overlap as those of Sentinel-2 do, each with 80 copies of the
acquisitions of the demonstration, goes to the real `make_plan`. Each plan is made in a process of its own. Markers are real ones, of tiny files.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config import RunConfig, load_config
from iota_py.grid.lattice import union
from iota_py.grid.ownership import above, priority
from iota_py.grid.windows import split
from iota_py.io.publish import write_json
from iota_py.pipeline.engine.work import peak_memory
from iota_py.pipeline.execution.graph import pending
from iota_py.pipeline.inventory import Inventory, Tile, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.stages import STAGES
from iota_py.pipeline.state import KnownState, State
from iota_py.pipeline.task import Task
from iota_py.products.product import Series

ROOT = Path(__file__).resolve().parents[2]
TILES, SIDE, STEP, ACROSS = 300, 10_980, 10_000, 20  # tiles, their pixels on a side, pixels from one to the next, tiles in a row
# regions, draws, 1: with all that the demonstration makes of its map (layers, vectors, packages)
CASES = ((1, 1, 0), (10, 5, 0), (10, 5, 1))
FILES = ("polygons", "regions", "nomenclature")
CONFIG = """
extends: {demo}
output: {folder}/run
samples: {{split: {{runs: {draws}}}}}
tracking: {{enabled: false}}
engine: {{kind: joblib, workers: 1}}
"""
BARE = """map: null
assessment: {probabilities: null, confusions: null}
regularisation: null
vector: null
product: null
"""


def simulated(windows: int, regions: int, draws: int, full: bool, folder: Path) -> tuple[RunConfig, Inventory]:
    """Configuration of the demonstration, full or without what is made of its map, and an inventory of 300 tiles with about so many windows in all."""
    path = folder / "country.yaml"
    text = CONFIG.format(demo=ROOT / "configs" / "demo.yaml", folder=folder, draws=draws)
    path.write_text(text if full else text + BARE, encoding="utf-8")
    config = load_config(path)
    small = take_inventory(config)
    boxes = {f"T{i:04d}": _box(small.tiles[0].geobox, i) for i in range(TILES)}
    size = math.ceil(SIDE / math.sqrt(windows / TILES))
    names = tuple((index + 1, f"region {index + 1}") for index in range(regions))
    tiles = tuple(_tile(small.tiles[0], name, boxes, size, regions) for name in priority(boxes))
    return config, replace(small, tiles=tiles, regions=names, lattice=union(list(boxes.values())))


def _box(first: GeoBox, place: int) -> GeoBox:
    row, col = divmod(place, ACROSS)
    return GeoBox((SIDE, SIDE), first.transform * Affine.translation(col * STEP, row * STEP), first.crs)


def _tile(model: Tile, name: str, boxes: dict[str, GeoBox], size: int, regions: int) -> Tile:
    """A tile like the model; of several regions it touches two. Its series share nothing with those of others, as when they are read from files."""
    place = int(name[1:])
    own = tuple(sorted({place % regions + 1, (place + 1) % regions + 1}))
    series = {key: _series(one, name, boxes[name]) for key, one in model.series.items()}
    windows = tuple(split((SIDE, SIDE), (size, size)))
    return Tile(name, boxes[name], series, above(name, boxes), own, windows)


def _series(model: Series, name: str, box: GeoBox) -> Series:
    dates = pickle.loads(pickle.dumps(model.observations * 4))
    return replace(model, tile=name, geobox=box, observations=dates)


def plan_one(windows: int, regions: int, draws: int, full: int) -> dict[str, Any]:
    """Plan a country in this process: seconds, memory, and bytes of tasks as they are sent to workers."""
    with tempfile.TemporaryDirectory(prefix="iota-py-planning-") as folder:
        begun = time.perf_counter()
        config, inventory = simulated(windows, regions, draws, bool(full), Path(folder))
        made = time.perf_counter() - begun
        gc.collect()
        before = _resident()
        seconds, plan = _timed(lambda: make_plan(config, inventory, dict.fromkeys(FILES, "0" * 64)))
        after = _resident()
        staged, _ = _timed(lambda: [plan.stage(stage) for stage in STAGES])
        indexed, _ = _timed(plan.by_id)
        asked, wanted = _timed(lambda: pending(plan, KnownState(config.output)))
    if len(wanted) != len(plan.tasks):
        raise RuntimeError(f"{len(wanted)} of {len(plan.tasks)} tasks are to be done in an empty folder")
    return {
        "regions": regions,
        "draws": draws,
        "full": bool(full),
        "windows": len(plan.stage("predict")),
        "tasks": len(plan.tasks),
        "inventory_seconds": round(made, 2),
        "seconds": round(seconds, 2),
        "stages_seconds": round(staged, 3),
        "by_id_seconds": round(indexed, 3),
        "pending_seconds": round(asked, 3),
        "inventory_mib": _mib(before),
        "plan_mib": _mib(after - before),
        "peak_mib": _mib(peak_memory()),
        "bytes_per_task": round((after - before) / len(plan.tasks)),
        **{f"{name}_bytes": len(pickle.dumps(task, 5)) for name, task in _examples(plan)},
    }


def _examples(plan: Plan) -> Iterator[tuple[str, Task]]:
    for name, stage in (("window", "predict"), ("assemble", "assemble"), ("part", "mosaic_parts")):
        tasks = plan.stage(stage)
        yield name, tasks[len(tasks) // 2]


def ask_markers(count: int, models: int) -> list[dict[str, Any]]:
    """Seconds to ask `done` of so many tasks that are done, each of which needs as many models and a footprint; and of as many that are not."""
    with tempfile.TemporaryDirectory(prefix="iota-py-markers-") as folder:
        root = Path(folder)
        needs = [_task(f"train/region_{i}_run_0", ()) for i in range(models)] + [_task("footprint/T0000", ())]
        tasks = [_task(f"predict/T{i // 3000:04d}/r{i:06d}_c000000", tuple(need.id for need in needs)) for i in range(count)]
        recorder = KnownState(root)
        recording, _ = _timed(lambda: [_record(recorder, task) for task in (*needs, *tasks)])
        rows = []
        for kind in (State, KnownState):
            state = kind(root)
            first, done = _timed(lambda state=state: sum(map(state.done, tasks)))
            again, _ = _timed(lambda state=state: sum(map(state.done, tasks)))
            absent, wrong = _timed(lambda state=state: sum(state.done(replace(task, id=f"{task.id}_b")) for task in tasks))
            if done != count or wrong:
                raise RuntimeError(f"{done} of {count} tasks are done, and {wrong} of those that are not")
            rows.append({"state": kind.__name__, "done": first, "again": again, "absent": absent})
    return [{**row, "tasks": count, "models": models, "record": recording} for row in rows]


def _task(name: str, needs: tuple[str, ...]) -> Task:
    stage = name.split("/")[0]
    return Task(name, stage, stage, {}, needs, (f"out/{name}.txt",), "0" * 64)


def _record(state: State, task: Task) -> None:
    path = state.root / task.outputs[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(task.id, encoding="utf-8")
    state.record(task, 0.0)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * resource.getpagesize()


def _mib(count: float) -> float:
    return round(count / (1 << 20), 1)


def _apart(*case: int) -> dict[str, Any]:
    """The figures of a plan made in a process of its own."""
    command = [sys.executable, __file__, "--one", *map(str, case)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def plan_table(rows: list[dict[str, Any]]) -> str:
    """Markdown of the plans."""
    lines = [
        "| regions × draws | windows | tasks | inventory, MiB | plan, s | what is pending, s | plan, MiB | peak, MiB | bytes per task "
        "| sent: window | sent: assemble |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        case = f"{row['regions']} × {row['draws']}{', full' if row['full'] else ''}"
        lines.append(
            f"| {case} | {row['windows']:,} | {row['tasks']:,} | {row['inventory_mib']:,.0f} | {row['seconds']:.1f} | {row['pending_seconds']:.1f} "
            f"| {row['plan_mib']:,.0f} | {row['peak_mib']:,.0f} | {row['bytes_per_task']:,} | {row['window_bytes']:,} | {row['assemble_bytes']:,} |"
        )
    return "\n".join(lines)


def marker_table(rows: list[dict[str, Any]]) -> str:
    """Markdown of the markers, in microseconds for each task."""
    lines = ["| state | tasks | done, µs | asked again, µs | not there, µs |", "|---|---|---|---|---|"]
    for row in rows:
        values = " | ".join(f"{row[name] / row['tasks'] * 1e6:.0f}" for name in ("done", "again", "absent"))
        lines.append(f"| {row['state']} | {row['tasks']:,} | {values} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--windows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="windows of the country, one plan each"
    )
    parser.add_argument("--markers", type=int, default=10_000, help="markers of tasks that are done; 0: plans alone")
    parser.add_argument("--models", type=int, default=5, help="models that each of these tasks needs")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--one", type=int, nargs=4, metavar=("WINDOWS", "REGIONS", "DRAWS", "FULL"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(plan_one(*asked.one)))
        return
    plans = [_apart(windows, *case) for case in CASES for windows in asked.windows]
    print(plan_table(plans))
    markers = ask_markers(asked.markers, asked.models) if asked.markers else []
    if markers:
        print("\n" + marker_table(markers))
    if asked.json:
        write_json(asked.json, {"plans": plans, "markers": markers})


if __name__ == "__main__":
    main()
