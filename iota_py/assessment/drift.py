"""Drift: how far the features of a year that is to be mapped lie from those of the year that the models were fitted on.

Pixels are compared with pixels of the same region: learning samples are no picture of the land. What the samples say is how far the models
have seen: the share of values beyond their usual ones, less what the pixels of the first year had of these already. That share alone puts a
region out of range: values may be spread otherwise, because more maize was sown, and all be known to the models.

Population stability index (PSI): sum over bins of (q - p) ln(q / p), bins between the deciles of the first year (Siddiqi 2006, Credit Risk
Scorecards); its rule of thumb, below 0.1 no change, from 0.25 a large one, is the one used here. Half a value is added to each bin, so that an
empty one has a logarithm (Krichevsky and Trofimov 1981). Kolmogorov-Smirnov distance: largest difference of the two distributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.language import marked
from iota_py.profile import MISSING, Profile

IN_RANGE, SHIFTED, OUT_OF_RANGE, TOO_FEW = marked("in range"), marked("shifted"), marked("out of range"), marked("too few pixels")
MODERATE, LARGE = 0.1, 0.25  # PSI
SHARE = 0.5  # of the importance, in features of a large PSI, that makes a region shifted
BEYOND_SOME, BEYOND_MANY = 0.05, 0.1  # mean share of the values that left what the samples hold between 1 and 99 %
FEWEST = 200  # pixels: by chance alone, two samples of so many have a PSI of about 9 x (1/200 + 1/200) = 0.09
USUAL = (1, 99)  # percentiles between which values are usual
_DECILES = slice(10, 91, 10)
_QUARTILES = (25, 50, 75)


@dataclass(frozen=True)
class Verdict:
    """What is said of a region. moderate, large: share of the importance of the features whose PSI is at least 0.1, 0.25; NaN without pixels of
    the first year. beyond: mean share of values that left the usual range of the samples, weighted by importance. features: how many have a
    PSI of 0.25 or more. pixels: of the first year and of this one."""

    verdict: str
    moderate: float
    large: float
    beyond: float
    features: int
    pixels: tuple[int, int]

    def document(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"pixels": {"then": self.pixels[0], "now": self.pixels[1]}}


def stability_index(then: np.ndarray, now: np.ndarray) -> float:
    """PSI of two counts (bin,), half a value added to each bin. Raises ValueError for counts of different bins, or without any value."""
    if then.shape != now.shape or then.ndim != 1:
        raise ValueError(f"expected two counts of the same bins, found {then.shape} and {now.shape}")
    if then.sum() <= 0 or now.sum() <= 0:
        raise ValueError("expected at least one value on each side")
    p, q = ((count + 0.5) / (count.sum() + 0.5 * len(count)) for count in (then, now))
    return float(((q - p) * np.log(q / p)).sum())


def compare(pixels: Profile | None, samples: Profile | None, now: np.ndarray) -> pd.DataFrame:
    """A row for each feature: `psi`, `ks`, `shift`, `outside`, `outside_then`.

    pixels, samples: of the first year, one of them at least, of the same features. now: int16 (pixel, feature) of the other year. psi, ks: against the
    pixels; shift: of the median, in interquartile ranges of the pixels (of 1 where that is 0). outside: share of the values of now that are
    below the 1st or above the 99th percentile of the samples (of the pixels without samples); outside_then: the same of the pixels of the
    first year. NaN where there is nothing to compare. ks is right to within 0.01, the distance of the percentiles.
    """
    known = pixels if pixels is not None else samples
    if known is None:
        raise ValueError("nothing to compare with: expected a profile of pixels or of samples")
    if now.ndim != 2 or now.shape[1] != len(known.names):
        raise ValueError(f"expected (pixel, {len(known.names)}) features, found {now.shape}")
    if pixels is not None and samples is not None and pixels.names != samples.names:
        raise ValueError("the profiles of pixels and of samples are not of the same features")
    rows = []
    for feature in range(now.shape[1]):
        values = np.sort(now[:, feature])
        values = values[np.searchsorted(values, MISSING, side="right") :]
        rows.append((*_against_pixels(pixels, feature, values), *_beyond(pixels, samples, feature, values)))
    return pd.DataFrame(rows, columns=["psi", "ks", "shift", "outside", "outside_then"], dtype=np.float64)


def judge(table: pd.DataFrame, importance: np.ndarray, pixels: tuple[int, int | None]) -> Verdict:
    """The verdict on a region. table: as `compare`. importance: float64 (feature,), any positive scale. pixels: now, and then (None: samples alone).

    Means over the features are weighted by importance. out of range: a tenth of the values left the usual range of the samples. shifted: a
    twentieth did, or features with a PSI of 0.25 or more hold half of the importance.
    """
    now, then = pixels
    weights = importance / importance.sum() if importance.sum() > 0 else np.full(len(importance), 1 / max(1, len(importance)))
    psi = table["psi"].to_numpy()
    left = (table["outside"] - table["outside_then"].fillna(0)).fillna(0).to_numpy()
    beyond = float((weights * left).sum())
    large, moderate = (float("nan") if then is None else float(weights[psi >= limit].sum()) for limit in (LARGE, MODERATE))
    verdict = IN_RANGE
    if _at_least(beyond, BEYOND_MANY):
        verdict = OUT_OF_RANGE
    elif _at_least(beyond, BEYOND_SOME) or _at_least(large, SHARE):
        verdict = SHIFTED
    if min(now, now if then is None else then) < FEWEST:
        verdict = TOO_FEW
    return Verdict(verdict, moderate, large, beyond, int((psi >= LARGE).sum()), (then or 0, now))


def worst_cells(table: pd.DataFrame, most: int = 3, dates: int = 4) -> list[dict[str, Any]]:
    """The bands that drift most: `input`, `band`, `psi` (mean weighted by importance), `importance` and the `dates` of largest PSI, of at most
    `most` bands. table: columns of `compare` with `input`, `band`, `date` and `importance`, the rows of one region.

    Bands in the order of importance times PSI, so that one that no model looks at does not come first.
    """
    measure = "psi" if table["psi"].notna().any() else "outside"
    rows = table.assign(value=table[measure].fillna(0), date=table["date"].fillna(""))
    rows["weighed"] = rows["value"] * rows["importance"]
    sums = rows.groupby(["input", "band"], sort=False)[["weighed", "importance"]].sum()
    found = []
    for name in sums.sort_values("weighed", ascending=False, kind="stable").index[:most]:
        band = rows[(rows["input"] == name[0]) & (rows["band"] == name[1])]
        total = float(sums.loc[name, "importance"])
        mean = float(sums.loc[name, "weighed"]) / total if total > 0 else float(band["value"].mean())
        high = band[band["date"] != ""].sort_values("value", ascending=False, kind="stable").head(dates)
        limit = high["value"] >= (MODERATE if measure == "psi" else BEYOND_SOME)
        found.append({"input": name[0], "band": name[1], measure: mean, "importance": total, "dates": sorted(high["date"][limit])})
    return found


def worst_verdict(verdicts: Sequence[str]) -> str:
    """The gravest of several; TOO_FEW says nothing where another says something."""
    order = (OUT_OF_RANGE, SHIFTED, IN_RANGE, TOO_FEW)
    return next((one for one in order if one in verdicts), TOO_FEW)


def _against_pixels(pixels: Profile | None, feature: int, values: np.ndarray) -> tuple[float, float, float]:
    """PSI, KS and shift of sorted values against the pixels of the first year."""
    if pixels is None or not len(values) or not pixels.counts[feature]:
        return (float("nan"),) * 3
    percentiles, count = pixels.percentiles[feature], int(pixels.counts[feature])
    edges, first = np.unique(percentiles[_DECILES], return_index=True)
    then = np.diff(np.concatenate([[0.0], np.rint(pixels.below[feature][_DECILES][first] * count), [count]]))
    now = np.diff(np.concatenate([[0], np.searchsorted(values, edges, side="right"), [len(values)]])).astype(np.float64)
    low, middle, high = (float(percentiles[level]) for level in _QUARTILES)
    median = float(values[int(np.ceil(len(values) / 2)) - 1])
    return stability_index(then, now), _distance(percentiles, pixels.below[feature], values), (median - middle) / (high - low or 1.0)


def _distance(percentiles: np.ndarray, below: np.ndarray, values: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of sorted values from a distribution known at its percentiles, looked at on both sides of each of them."""
    edges, first = np.unique(percentiles, return_index=True)
    up_to, under = below[first], np.concatenate([[0.0], below[first][:-1]])
    there, before = (np.searchsorted(values, edges, side=side) / len(values) for side in ("right", "left"))
    return max(float(np.abs(there - up_to).max()), float(np.abs(before - under).max()))


def _beyond(pixels: Profile | None, samples: Profile | None, feature: int, values: np.ndarray) -> tuple[float, float]:
    """Share of sorted values outside the usual range, now and then."""
    known = samples if samples is not None else pixels
    if known is None or not len(values) or not known.counts[feature]:
        return float("nan"), float("nan")
    low, high = (int(known.percentiles[feature, level]) for level in USUAL)
    inside = np.searchsorted(values, high, side="right") - np.searchsorted(values, low, side="left")
    if pixels is None or not pixels.counts[feature]:
        return 1 - inside / len(values), float("nan")
    usual = pixels.share_up_to(feature, high) - pixels.share_up_to(feature, low - 1)
    return 1 - inside / len(values), max(0.0, 1 - usual)


def _at_least(value: float, limit: float) -> bool:
    return value >= limit - 1e-12
