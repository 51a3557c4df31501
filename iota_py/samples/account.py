"""What becomes of each feature of the reference sources, step by step: where it was lost and why, and what ground it had until then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.samples.relabel import some

READ, INSIDE, REGION = "in the sources", "inside the tiles", "inside a region"
CLIPPED, CONTESTED, BORDER, LARGE = CUTS = (
    "outside sources of higher priority", "without overlap conflicts", "inside the border", "of the minimum area",
)  # fmt: skip
OUTSIDE_REGIONS = "outside every region"
COLUMNS = ["reason", "polygons", "ids"]


@dataclass
class Account:
    """Filled in while features are prepared.

    names: how each feature is called in messages, `row` or `source:row`. lost: number of the step that lost it, STILL_THERE while none did. reason: why. steps:
    names. areas: hectares of each feature after each step. notes: (what, how many, ids or text) of what was changed and kept.
    """

    names: list[str]
    lost: np.ndarray
    reason: np.ndarray
    steps: list[str] = field(default_factory=list)
    areas: list[np.ndarray] = field(default_factory=list)
    notes: list[tuple[str, int, str]] = field(default_factory=list)

    STILL_THERE = 99

    @classmethod
    def of(cls, names: list[str]) -> Account:
        """An account in which all features are there."""
        return cls(names, np.full(len(names), cls.STILL_THERE), np.full(len(names), "", object))

    @property
    def there(self) -> np.ndarray:
        """Features not lost so far, bool (n,)."""
        return self.lost == self.STILL_THERE

    def drop(self, which: np.ndarray, reason: str) -> None:
        """Lose these features (bool (n,)) in the step that is going on; those lost before keep their reason."""
        now = which & self.there
        self.lost[now] = len(self.steps)
        self.reason[now] = reason

    def note(self, what: str, which: np.ndarray) -> None:
        """Say something of features that are kept."""
        if which.any():
            self.notes.append((what, int(which.sum()), self._called(which)))

    def close(self, step: str, areas: np.ndarray) -> None:
        """End a step. areas: hectares of each feature."""
        self.steps.append(step)
        self.areas.append(np.where(self.there, areas, 0.0))

    def _called(self, which: np.ndarray) -> str:
        """The first of these features by source and row."""
        return some(sorted((self.names[row] for row in np.flatnonzero(which)), key=_place))

    def drops(self) -> pd.DataFrame:
        """How many features were lost for each reason, in order of the steps: `reason`, `polygons`, `ids`."""
        rows = []
        order = sorted(set(zip(self.lost[~self.there].tolist(), self.reason[~self.there].tolist())))
        for _, reason in order:
            which = self.reason == reason
            rows.append((reason, int(which.sum()), self._called(which)))
        return pd.DataFrame(rows, columns=COLUMNS)


def called(table: pd.DataFrame, several: bool) -> list[str]:
    """How features (columns source, row) are called in messages: by their row, after the source where there are several."""
    return [f"{source}:{row}" if several else str(row) for source, row in zip(table.source, table.row)]


def _place(name: str) -> tuple[str, int]:
    source, _, row = name.rpartition(":")
    return source, int(row)


@dataclass(frozen=True)
class Prepared:
    """Reference data ready for pixels, and the account of the rest.

    features: every point or polygon of the sources: `polygon` (number in the run), `source`, `row` (in the file, from 0), `code`,
    `priority`, `order` (rank that does not depend on the order of the file; 0 for those lost), `region` (index from 1, 0 outside all), and
    the geometry in the reference system of the map: what is kept of it, or as it was drawn where it was lost. account: in the order of the
    features. tiles: (feature, tile) positions of those that touch. read: rows of the sources.
    """

    features: gpd.GeoDataFrame
    account: Account
    tiles: tuple[np.ndarray, np.ndarray]
    read: int

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The features that are kept."""
        return self.features[self.account.there].reset_index(drop=True)

    @property
    def drops(self) -> pd.DataFrame:
        """What was lost, then what was changed and kept: `reason`, `polygons`, `ids`."""
        notes = pd.DataFrame(self.account.notes, columns=COLUMNS)
        lost = self.account.drops()
        return pd.concat([part for part in (lost, notes) if len(part)], ignore_index=True) if len(lost) or len(notes) else lost

    def vanished(self) -> list[tuple[int, str]]:
        """Classes that had a feature inside the tiles and lost the last one to another or to its size: code, and why most of them went."""
        lost, code, reason = self.account.lost, self.features.code.to_numpy(), self.account.reason
        found = []
        for gone in sorted(set(code[lost > 1]) - set(code[self.account.there])):
            why = Counter(reason[(code == gone) & (lost > 1) & (reason != OUTSIDE_REGIONS)].tolist())
            found += [(int(gone), max(why, key=lambda text: (why[text], text)))] if why else []
        return found

    def after(self, step: int) -> pd.DataFrame:
        """Features that were there after a step, by position: `polygon`, `code`, `region`, `hectares`."""
        alive = self.account.lost > step
        table = pd.DataFrame(self.features.loc[alive, ["polygon", "code", "region"]])
        return table.assign(hectares=self.account.areas[step][alive])
