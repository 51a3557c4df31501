"""What the reader of a map of objects must know."""

from __future__ import annotations

from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace


def object_sentences(ws: Workspace) -> list[str]:
    """What the segments are, how many there are and how many were learnt from; none of a map of pixels."""
    wish = ws.config.objects
    if wish is None:
        return []
    sizes = [read_table(ws.path(paths.objects(tile)), ["pixels"]).pixels for tile in ws.tiles]
    number, pixels = sum(len(one) for one in sizes), sum(int(one.sum()) for one in sizes)
    learnt = read_table(ws.path(paths.OBJECT_SELECTION), ["run"]).run.value_counts()
    counts = [int(learnt.get(run, 0)) for run in range(ws.runs)]
    range_ = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    kind = "polygons of the file" if wish.given else "segments by SLIC"
    mean = f", {pixels / number:.0f} pixels each on average" if number else ""
    found = [
        f"every segment has one class: {number} {kind}{mean}, of which {range_} were learnt from in a run; the scores count pixels of "
        "validation polygons"
    ]
    if wish.given:
        found.append(f"pixels outside the polygons {'are classified by pixel' if wish.by_pixel else 'have no class'}")
    return found
