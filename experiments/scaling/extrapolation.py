"""From what was measured here to a country of 300 full tiles, with the arithmetic as text."""

from __future__ import annotations

from dataclasses import dataclass

from iota_py.config.engine import Engine
from iota_py.grid.windows import split, window_size

WORKERS = (2, 16, 64, 256)
HOUR = 3600.0
OF_TILE = 4  # further tasks of a tile: footprint, reference pixels, samples, whole tile


@dataclass(frozen=True)
class Facts:
    """per_task: seconds of a worker that a task costs beside its work. driver: seconds of a processor that the driver takes for a task.

    rate: Mpx/s of `rated` workers, and tile_gb: 10⁹ bytes of products of a tile, of experiments/performance/README.md. side: pixels of a
    tile. block: rows and columns of a block of its files.
    """

    per_task: float
    driver: float
    rate: float = 0.30
    rated: int = 2
    tile_gb: float = 33.65
    tiles: int = 300
    side: int = 10_980
    block: tuple[int, int] = (1, 10_980)

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of a window, as the planner makes them of full tiles."""
        return window_size((self.side, self.side), self.block, Engine().window_pixels)

    @property
    def windows(self) -> int:
        """Of one tile."""
        return len(split((self.side, self.side), self.window))


def lines(facts: Facts) -> list[str]:
    """The arithmetic, one sentence each."""
    rows, cols = facts.window
    mpx, tasks = facts.tiles * facts.side**2 / 1e6, facts.tiles * (facts.windows + OF_TILE)
    own = facts.rate / facts.rated
    work, beside, one = mpx / own, tasks * facts.per_task, rows * cols / 1e6 / own
    fed, most = one / facts.driver, Engine().window_pixels
    found = [
        f"windows: blocks of {facts.block[0]} × {facts.block[1]:,} pixels and at most {most:,} pixels a window give {rows} × {cols:,}: "
        f"{facts.windows} a tile, {facts.tiles} × {facts.windows} = {facts.tiles * facts.windows:,} in all",
        f"tasks: {facts.tiles} × ({facts.windows} + {OF_TILE}) = {tasks:,}",
        f"work: {facts.tiles} × {facts.side:,}² = {mpx:,.0f} Mpx at {facts.rate} / {facts.rated} = {own:.3f} Mpx/s a worker: {work:,.0f} s "
        f"= {work / HOUR:.1f} worker hours, {one:.2f} s a full window",
        f"beside the work: {tasks:,} × {1000 * facts.per_task:.1f} ms = {beside:,.0f} s = {beside / HOUR:.2f} worker hours, {beside / work:.2%} of the work",
        f"driver: {tasks:,} × {1000 * facts.driver:.2f} ms = {tasks * facts.driver:,.0f} s of one processor; with {one:.2f} s / {1000 * facts.driver:.2f} ms "
        f"= {fed:,.0f} workers windows end as fast as it can hand them out",
    ]
    return found + [_of_workers(facts, work + beside, count, fed) for count in WORKERS]


def _of_workers(facts: Facts, seconds: float, count: int, fed: float) -> str:
    wall, size = seconds / count, facts.tiles * facts.tile_gb
    enough = "" if count <= fed else "; more workers than the driver can feed"
    return f"{count} workers: {seconds:,.0f} s / {count} = {wall / HOUR:.1f} h, if the disks give {size:,.0f} GB in that time, {size / wall:.2f} GB/s{enough}"
