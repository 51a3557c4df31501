"""How much is measured, and where: the sizes of a benchmark, and what every row is given."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scale:
    """Sizes of a benchmark.

    rounds: pairs of timings of a row. dates: of the simulated series; step: days between target dates (12 gives 31, with ten bands and
    three indices 403 columns). land: rows, cols that samples are drawn from; part: of each land that is predicted; parts: how many.
    forest_pixels, boosting_pixels: predicted in a round; repeats: times that the compiled boosting engine does it, since it is so quick.
    fill_pixels: rows, cols filled. tile: rows, cols of the products (even numbers); tile_dates: how many; window: pixels of a window.
    """

    name: str
    rounds: int = 7
    classes: int = 19
    dates: int = 35
    step: int = 12
    land: tuple[int, int] = (1024, 1024)
    samples: int = 65_000
    boosting_samples: int = 20_000
    trees: int = 100
    boosting_rounds: int = 100
    part: tuple[int, int] = (256, 256)
    parts: int = 16
    forest_pixels: int = 131_072
    boosting_pixels: int = 16_384
    repeats: int = 8
    fill_pixels: tuple[int, int] = (256, 256)
    checked_pixels: int = 4096
    tile: tuple[int, int] = (1024, 2048)
    tile_dates: int = 6
    window: int = 262_144


FULL = Scale("full")
QUICK = Scale(
    "quick", rounds=5, land=(512, 512), samples=8000, boosting_samples=6000, boosting_rounds=40, part=(128, 256), parts=2,
    forest_pixels=32_768, boosting_pixels=8192, fill_pixels=(128, 256), checked_pixels=1024, tile=(512, 512), tile_dates=4, window=32_768,
)  # fmt: skip


def cache_folder() -> Path:
    """Where models and the last result are kept unless said otherwise: `~/.cache/iota_py/bench` (or under XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iota_py" / "bench"


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Settings:
    """What every row is given. cores: threads and workers of both sides, two at most. say: told what is being done."""

    scale: Scale
    cache: Path
    cores: int
    say: Callable[[str], None] = lambda text: None
