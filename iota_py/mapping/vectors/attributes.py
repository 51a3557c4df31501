"""Attributes of polygons as OSO gives them: class, confidence and validity of what is mostly there, share of every class, area."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

from iota_py.mapping.vectors.tally import SIDE, Layers, Tally, tally

CODE, MEAN, DEVIATION, CONFIDENCE, AREA = "Classe", "Validmean", "Validstd", "Confidence", "Aire"
FIRST, LAST = (CODE, MEAN, DEVIATION, CONFIDENCE), (AREA,)
HECTARE = 10_000.0


def attributes(codes: np.ndarray, polygons: np.ndarray, layers: Layers, aliases: Mapping[int, str], side: int = SIDE) -> pd.DataFrame:
    """One row for each polygon, in their order.

    codes: class of each polygon, uint8 (n,). polygons: shapely polygons in a CRS in metres, that of the layers, object (n,). aliases:
    column of each class, by code. Columns: `Classe` the class (int32); `Validmean`, `Confidence` mean validity and confidence as whole
    numbers (halves upwards, missing where no pixel has a class), `Validstd` population standard deviation of validity; then one column for
    each class in the order of codes, percent of the pixels with a class; `Aire` hectares. Shares, deviation and area have two decimals.
    The mean and the deviation are over the pixels of the most frequent class of the polygon; of equal ones it is the polygon's own, then
    the lowest code. Which pixels are counted: see `tally`. Raises ValueError for a class without a column.
    """
    counted = tally(polygons, layers, side)
    strangers = sorted(set(np.unique(counted.code)) - set(aliases))
    if strangers:
        raise ValueError(f"the map holds the codes {[int(code) for code in strangers]}, which are in no class")
    table = pd.DataFrame({CODE: codes.astype(np.int32)})
    main = _main_rows(codes, counted)
    owner, pixels = counted.polygon[main], counted.pixels[main]
    mean = counted.validity[main] / pixels
    spread = np.sqrt(np.maximum(counted.squares[main] / pixels - mean**2, 0))
    table[MEAN] = _whole(len(codes), owner, counted.validity[main], pixels)
    table[DEVIATION] = _placed(len(codes), owner, np.round(spread, 2))
    table[CONFIDENCE] = _whole(len(codes), owner, counted.confidence[main], pixels)
    shares = _shares(len(codes), counted, sorted(aliases))
    columns = pd.DataFrame(shares, columns=[aliases[code] for code in sorted(aliases)])
    table = pd.concat([table, columns], axis=1)
    table[AREA] = np.round(shapely.area(polygons) / HECTARE, 2)
    return table


def class_table(codes: np.ndarray, polygons: np.ndarray) -> pd.DataFrame:
    """Polygons and hectares of each class that has any, ascending codes: code, polygons (int64), hectares."""
    present, position = np.unique(codes, return_inverse=True)
    areas = np.bincount(position, shapely.area(polygons) / HECTARE, len(present))
    return pd.DataFrame({"code": present.astype(np.int64), "polygons": np.bincount(position, minlength=len(present)), "hectares": areas})


def _main_rows(codes: np.ndarray, counted: Tally) -> np.ndarray:
    """Row of the most frequent class of each polygon that has one."""
    other = counted.code != codes[counted.polygon]
    order = np.lexsort((counted.code, other, -counted.pixels, counted.polygon))
    owner = counted.polygon[order]
    first = np.ones(len(order), bool)
    first[1:] = owner[1:] != owner[:-1]
    return order[first]


def _whole(size: int, owner: np.ndarray, total: np.ndarray, pixels: np.ndarray) -> pd.array:
    """Means as whole numbers, halves upwards; missing for polygons that are not among the owners."""
    values, missing = np.zeros(size, np.int32), np.ones(size, bool)
    values[owner] = (2 * total + pixels) // (2 * pixels)
    missing[owner] = False
    return pd.arrays.IntegerArray(values, missing)


def _placed(size: int, owner: np.ndarray, values: np.ndarray) -> np.ndarray:
    found = np.full(size, np.nan)
    found[owner] = values
    return found


def _shares(size: int, counted: Tally, codes: list[int]) -> np.ndarray:
    """Percent of the pixels of each polygon that each class has, two decimals, 0 where no pixel has a class; float64 (polygon, class)."""
    pixels = np.zeros((size, len(codes)))
    pixels[counted.polygon, np.searchsorted(codes, counted.code)] = counted.pixels
    total = pixels.sum(axis=1, keepdims=True)
    return np.round(100 * pixels / np.maximum(total, 1), 2)
