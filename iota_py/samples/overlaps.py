"""Reference polygons that overlap: the higher source wins, what two classes contest is left out, of one class the first keeps the ground.

Overlaps below a millionth of the smaller polygon are what remains of arithmetic between neighbours that share an edge: they are none.
"""

from __future__ import annotations

import numpy as np
import shapely

from iota_py.samples.geometry import area_parts

NEGLIGIBLE = 1e-6
FEW = 8


def outside_higher(shapes: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """Shapes (valid polygons and points) less the polygons of higher priority; empty where nothing is left.

    shapes: geometries (n,). priority: int (n,), the higher wins.
    """
    found = shapes.copy()
    for level in np.unique(priority)[:-1]:
        here = np.flatnonzero(priority == level)
        higher = np.flatnonzero((priority > level) & _is_area(shapes))
        i, j = _overlapping(shapes[here], shapes[higher])
        _subtract(found, here[i], shapes[higher][j])
        points = here[~_is_area(shapes[here])]
        covered, _ = shapely.STRtree(shapes[higher]).query(shapes[points], predicate="intersects")
        found[points[np.unique(covered)]] = shapely.Point()
    return found


def without_contested(shapes: np.ndarray, priority: np.ndarray, code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shapes less what another of the same priority holds; and whether a shape lost ground to one of another class, bool (n,).

    What two classes cover is taken from both; what two polygons of one class cover stays with the first. Points are left as they are.
    """
    found, contested = shapes.copy(), np.zeros(len(shapes), bool)
    for level in np.unique(priority):
        here = np.flatnonzero((priority == level) & _is_area(shapes))
        i, j = _overlapping(shapes[here], shapes[here], same=True)
        i, j = here[i], here[j]
        loses = (code[i] != code[j]) | (j < i)
        _subtract(found, i[loses], shapes[j[loses]])
        contested[i[code[i] != code[j]]] = True
    return found, contested


def _is_area(shapes: np.ndarray) -> np.ndarray:
    return (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)


def _overlapping(left: np.ndarray, right: np.ndarray, same: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (index in left, index in right) of polygons that share ground. same: both lists are one, and none is a pair with itself."""
    areas = np.flatnonzero(_is_area(left))
    i, j = shapely.STRtree(right).query(left[areas], predicate="intersects")
    i = areas[i]
    if same:
        i, j = i[i != j], j[i != j]
    shared = shapely.area(shapely.intersection(left[i], right[j]))
    real = shared > NEGLIGIBLE * np.minimum(shapely.area(left[i]), shapely.area(right[j]))
    return i[real], j[real]


def _subtract(shapes: np.ndarray, index: np.ndarray, others: np.ndarray) -> None:
    """Take others[k] from shapes[index[k]], in place. Those with few others are done together, one of them after the other."""
    order = np.argsort(index, kind="stable")
    targets, starts, counts = np.unique(index[order], return_index=True, return_counts=True)
    for turn in range(FEW):
        now = (counts <= FEW) & (counts > turn)
        shapes[targets[now]] = shapely.difference(shapes[targets[now]], others[order[starts[now] + turn]])
    for target, start, count in zip(targets[counts > FEW], starts[counts > FEW], counts[counts > FEW]):
        shapes[target] = shapely.difference(shapes[target], shapely.union_all(others[order[start : start + count]]))
    kinds = shapely.get_type_id(shapes[targets])
    for target in targets[(kinds != shapely.GeometryType.POLYGON) & (kinds != shapely.GeometryType.MULTIPOLYGON)]:
        shapes[target] = area_parts(shapes[target])
