"""What a second worker costs the first: each stage of a window by one process alone, then by two at a time.

    python experiments/performance/contention.py [--rounds 7] [--quick]

Processor seconds of a stage alone over those together: 1 where the two do not feel each other, less where they share a cache or the way to
the memory. The forest is also walked by two processes that look into one copy of it, as threads would, against two with copies of their own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.bench.chain import MODEL, Chain, prepare_chain
from iota_py.bench.models import prepared
from iota_py.bench.scale import FULL, QUICK, Settings, cache_folder
from iota_py.bench.timing import quartiles
from iota_py.grid.windows import Window
from iota_py.io.decoding import small_block_cache
from iota_py.io.handles import close_kept
from iota_py.pages import in_large_pages
from iota_py.pipeline.engine.local import THREAD_VARIABLES
from iota_py.pipeline.inputs.reading import codes_of
from iota_py.pipeline.models.block import BLOCK, Models, models_at
from iota_py.pipeline.reference.regions import model_folders
from iota_py.prediction.forest import ForestEngine

BLOCK_CACHE = 4_000_000  # bytes: nothing stays decoded from one call to the next
STAGES = ("read", "codes", "predict, own copy", "predict, one copy", "copy 40 MB")
Call = Callable[[], object]


def calls(chain: Chain, models: Models) -> Mapping[str, Call]:
    """What a process does of each stage in one call, on arrays of its own."""
    workspace, task, arrays = chain.workspace, chain.tasks[0], np.zeros((2, 40_000_000), np.uint8)
    tile, window = task.params["tile"], Window(*task.params["window"])
    observed, _ = workspace.observe(tile, window)
    (shared,), stack = models.engines, models.stack
    starts = range(0, window.pixels - BLOCK + 1, BLOCK)
    codes = [codes_of(observed, stack, start, start + BLOCK)[0].copy() for start in starts]
    own = _copied(shared)
    return {
        "read": lambda: _read(workspace, tile, window),
        "codes": lambda: [codes_of(observed, stack, start, start + BLOCK) for start in starts],
        "predict, own copy": lambda: [own.predict_codes(part, BLOCK) for part in codes],
        "predict, one copy": lambda: [shared.predict_codes(part, BLOCK) for part in codes],
        "copy 40 MB": lambda: np.copyto(arrays[0], arrays[1]),
    }


def _read(workspace: Any, tile: str, window: Window) -> None:
    with small_block_cache(BLOCK_CACHE):
        workspace.observe(tile, window)


def _copied(engine: ForestEngine) -> ForestEngine:
    nodes, row, shares = in_large_pages(engine.trees.nodes, engine.trees.row, engine.trees.shares)
    trees = engine.trees._replace(nodes=nodes, row=row, shares=shares)
    return ForestEngine(trees, engine.book, engine.classes, engine.features)


def serve(chain: Chain, models: Models, pipe: Connection) -> None:
    """Do what is asked for, until nothing is: processor seconds of a call, the mean over `seconds`."""
    close_kept()  # those of the process that this one was forked from
    known = calls(chain, models)
    pipe.send("ready")
    while order := pipe.recv():
        name, seconds = order
        known[name]()
        start, processor, done = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - start < seconds:
            known[name]()
            done += 1
        pipe.send((time.process_time() - processor) / done)


def measure(pipes: Sequence[Connection], rounds: int, seconds: float) -> str:
    """The table, in Markdown: stages in turn, round by round."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in STAGES}
    for _ in range(rounds):
        for name in STAGES:
            (alone,) = _ask(pipes[:1], name, seconds)
            found[name].append((alone, float(np.mean(_ask(pipes, name, seconds)))))
    lines = ["| stage | alone, processor s | two at a time | alone / together (quartiles) |", "|---|---|---|---|"]
    for name, pairs in found.items():
        alone, together = np.array(pairs).T
        low, high = quartiles(alone / together)
        ratio = f"{np.median(alone / together):.2f} ({low:.2f}–{high:.2f})"
        lines.append(f"| {name} | {np.median(alone):.3g} | {np.median(together):.3g} | {ratio} |")
    return "\n".join(lines)


def _ask(pipes: Sequence[Connection], name: str, seconds: float) -> list[float]:
    for pipe in pipes:
        pipe.send((name, seconds))
    return [pipe.recv() for pipe in pipes]


def main() -> None:
    """Prepare a run of one model, fork two processes that share it, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measure")
    parser.add_argument("--quick", action="store_true", help="a small forest and small windows, to see that all works")
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    settings = Settings(QUICK if options.quick else FULL, cache_folder(), 2, print)
    prepared(settings, MODEL)
    with tempfile.TemporaryDirectory(prefix="iota-py-contention-") as place:
        chain = prepare_chain(settings, Path(place))
        workspace = chain.workspace
        folders = tuple(str(workspace.path(name)) for name in model_folders(workspace, 1))
        models, context, pipes = models_at(folders, workspace.version, workspace.model_names), get_context("fork"), []
        for _ in range(2):
            ours, theirs = context.Pipe()
            context.Process(target=serve, args=(chain, models, theirs), daemon=True).start()
            pipes.append(ours)
        for pipe in pipes:
            pipe.recv()
        print(measure(pipes, options.rounds, options.seconds))
        for pipe in pipes:
            pipe.send(None)


if __name__ == "__main__":
    main()
