"""Memory of the processes of a run against time, as PNG bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from iota_py.assessment.figures import BLUE, INK, MUTED, ORANGE, house_style, png_of

Series = Mapping[str, Sequence[float]]


def memory_picture(runs: Mapping[str, Mapping[str, object]]) -> bytes:
    """One panel a run (title -> what was measured of it): driver and workers in MB, the time in which windows were made in grey."""
    with house_style():
        figure = Figure(figsize=(7.0, 2.4 * len(runs)), layout="constrained")
        for axes, (title, found) in zip(figure.subplots(len(runs), 1, squeeze=False)[:, 0], runs.items()):
            driver: Series = found["driver"]
            others: Sequence[Series] = list(found["others"].values())
            start = driver["seconds"][0]
            axes.axvspan((found["begin"] - start) / 60, (found["end"] - start) / 60, color="#f1f3f6", lw=0)
            for name, colour, series in (("driver", ORANGE, [driver]), ("worker", BLUE, others)):
                for one in series:
                    axes.plot((np.array(one["seconds"]) - start) / 60, np.array(one["rss"]) / 1e6, color=colour, lw=1, label=name)
            axes.set_title(title, loc="left", color=INK)
            axes.set_ylabel("resident memory, MB")
            axes.set_xlabel("minutes since the start")
            axes.set_ylim(bottom=0)
            axes.grid(axis="y")
            handles, labels = axes.get_legend_handles_labels()
            axes.legend(*zip(*dict(zip(labels, zip(handles, labels))).values()), frameon=False, labelcolor=MUTED, loc="lower right")
        return png_of(figure)
