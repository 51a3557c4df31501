"""Compiled loops of the dissimilarity: coordinates of pixels, and their distance to the nearest sample.

Each pixel has its own sums, in one fixed order, whatever the pixels beside it: the same bytes for any window and any number of workers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iota_py.applicability.lanes import WIDTH, add, add_product, add_square, load, lower, spread, store, zeros

BLOCK = 8  # axes along which coordinates are made together


@njit(nogil=True, cache=True, error_model="numpy")
def project(features, columns, lines, axes, out):
    """Fill the first columns of out float32 (pixel, component + 1 or more): coordinates of features int16 (pixel, feature), and the length of
    what the axes leave.

    columns: int64 (column,). lines: float32 (2, column), factor and offset of each. axes: float32 (block, column, BLOCK), components in blocks, the last
    one filled up with zeros.
    """
    count, size = np.uint64(len(columns)), axes.shape[0] * BLOCK
    values, total, square = np.zeros(count * np.uint64(WIDTH), np.float32), np.empty(size * WIDTH, np.float32), np.empty(WIDTH, np.float32)
    weights, width = axes.ravel(), min(size, out.shape[1] - 1)
    for first in range(0, features.shape[0], WIDTH):
        lanes = min(WIDTH, features.shape[0] - first)
        for j in range(count):  # lanes beyond the last pixel hold what was there: never written out
            column, factor, offset, place = np.uint64(columns[j]), lines[0, j], lines[1, j], j * np.uint64(WIDTH)
            for i in range(np.uint64(lanes)):
                values[place + i] = np.float32(features[np.uint64(first) + i, column]) * factor + offset
        whole = zeros()
        for j in range(count):
            whole = add_square(whole, np.float32(0), values, j * np.uint64(WIDTH))
        store(square, 0, whole)
        for block in range(axes.shape[0]):
            _products(values, weights, np.uint64(block) * count * np.uint64(BLOCK), total, block * BLOCK * WIDTH)
        for i in range(lanes):
            inside = np.float32(0)
            for component in range(width):
                one = total[component * WIDTH + i]
                out[first + i, component] = one
                inside += one * one
            out[first + i, width] = np.sqrt(max(square[i] - inside, np.float32(0)))


@njit(nogil=True, error_model="numpy")
def _products(values, weights, start, total, place):
    """Coordinates of WIDTH pixels along BLOCK axes, into total from `place` on."""
    a, b, c, d, e, f, g, h = zeros(), zeros(), zeros(), zeros(), zeros(), zeros(), zeros(), zeros()
    for j in range(np.uint64(len(values) // WIDTH)):
        line, at = load(values, j * np.uint64(WIDTH)), start + j * np.uint64(BLOCK)
        a, b = add_product(a, weights[at], line), add_product(b, weights[at + np.uint64(1)], line)
        c, d = add_product(c, weights[at + np.uint64(2)], line), add_product(d, weights[at + np.uint64(3)], line)
        e, f = add_product(e, weights[at + np.uint64(4)], line), add_product(f, weights[at + np.uint64(5)], line)
        g, h = add_product(g, weights[at + np.uint64(6)], line), add_product(h, weights[at + np.uint64(7)], line)
    store(total, place, a)
    store(total, place + WIDTH, b)
    store(total, place + 2 * WIDTH, c)
    store(total, place + 3 * WIDTH, d)
    store(total, place + 4 * WIDTH, e)
    store(total, place + 5 * WIDTH, f)
    store(total, place + 6 * WIDTH, g)
    store(total, place + 7 * WIDTH, h)


@njit(nogil=True, cache=True, error_model="numpy")
def nearest(points, groups, starts, centres, visited, out):
    """Fill out float32 (pixel,): distance of each of points float32 (pixel, coordinate) to the nearest sample of the cells nearest to it.

    points, groups: with a multiple of four coordinates. groups: float32 (group, coordinate, WIDTH), samples that lie together; those of cell c
    are groups starts[c] to starts[c + 1] - 1, int64. centres: float32 (block, coordinate + 1, WIDTH) as in `_scores`. visited: how many
    cells are looked at.
    """
    width, most = np.uint64(groups.shape[1]), min(visited, len(starts) - 1)
    score, best, where = np.empty(centres.shape[0] * WIDTH, np.float32), np.empty(most, np.float32), np.empty(most, np.int64)
    flat, steering, lanes = groups.ravel(), centres.ravel(), np.empty(WIDTH, np.float32)
    for pixel in range(points.shape[0]):
        point = points[pixel]
        store(lanes, 0, _scores(point, width, steering, score))
        _nearest_cells(score, lanes, best, where)
        least = spread(np.float32(np.inf))
        for k in range(most):
            for group in range(starts[where[k]], starts[where[k] + 1]):
                least = lower(_gaps(point, width, flat, group), least)
        store(lanes, 0, least)
        found = lanes[0]
        for i in range(1, WIDTH):
            found = min(found, lanes[i])
        out[pixel] = np.sqrt(found)


@njit(nogil=True, error_model="numpy")
def _gaps(point, width, groups, group):
    """Squared distances of a point to the samples of a group."""
    first, second, third, fourth = zeros(), zeros(), zeros(), zeros()  # four sums: none waits for another
    start = np.uint64(group) * width * np.uint64(WIDTH)
    for c in range(np.uint64(0), width, np.uint64(4)):
        place = start + c * np.uint64(WIDTH)
        first = add_square(first, point[c], groups, place)
        second = add_square(second, point[c + np.uint64(1)], groups, place + np.uint64(WIDTH))
        third = add_square(third, point[c + np.uint64(2)], groups, place + np.uint64(2 * WIDTH))
        fourth = add_square(fourth, point[c + np.uint64(3)], groups, place + np.uint64(3 * WIDTH))
    return add(add(first, second), add(third, fourth))


@njit(nogil=True, error_model="numpy")
def _scores(point, width, centres, score):
    """Fill score with the squared distance of a point to each centre, less the square of its own length; the lowest score of each lane.

    centres: float32, block after block of WIDTH cells: each coordinate of minus twice their centres, then the squares of their lengths.
    """
    least, start = spread(np.float32(np.inf)), np.uint64(0)
    for block in range(np.uint64(len(score) // WIDTH)):
        first, second, third, fourth = load(centres, start + width * np.uint64(WIDTH)), zeros(), zeros(), zeros()
        for c in range(np.uint64(0), width, np.uint64(4)):
            place = start + c * np.uint64(WIDTH)
            first = add_product(first, point[c], load(centres, place))
            second = add_product(second, point[c + np.uint64(1)], load(centres, place + np.uint64(WIDTH)))
            third = add_product(third, point[c + np.uint64(2)], load(centres, place + np.uint64(2 * WIDTH)))
            fourth = add_product(fourth, point[c + np.uint64(3)], load(centres, place + np.uint64(3 * WIDTH)))
        total = add(add(first, second), add(third, fourth))
        store(score, block * np.uint64(WIDTH), total)
        least = lower(total, least)
        start += (width + np.uint64(1)) * np.uint64(WIDTH)
    return least


@njit(nogil=True, error_model="numpy")
def _nearest_cells(score, lanes, best, where):
    """The cells of the lowest scores, into where int64 (cell,), the lowest first, of equal ones the first; best float32 (cell,): their scores.

    lanes: the lowest score of each lane, used up. As many cells as are wanted have no larger score than the last wanted of these, in order: so nearly
    all others are told at a glance not to be among the lowest.
    """
    most, limit = len(best), np.float32(np.inf)
    if most <= WIDTH:
        for i in range(1, WIDTH):
            value, place = lanes[i], i
            while place > 0 and lanes[place - 1] > value:
                lanes[place] = lanes[place - 1]
                place -= 1
            lanes[place] = value
        limit = lanes[most - 1]
    best[:] = np.inf
    where[:] = 0
    last = most - 1
    for cell in range(np.uint64(len(score))):
        if score[cell] <= limit and score[cell] < best[last]:
            place = last
            while place > 0 and best[place - 1] > score[cell]:
                best[place], where[place] = best[place - 1], where[place - 1]
                place -= 1
            best[place], where[place] = score[cell], np.int64(cell)


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_apart(points, fold, cells, rows, row_fold, out):
    """Fill out float32 (point,): as `nearest`, of samples that are not of the fold of the point; infinite where all are.

    cells: groups, starts, centres and how many are visited; only those that hold a sample of another fold count. rows: int64 (group, WIDTH), row of
    each sample; row_fold: int64, fold of each row; fold: int64 (point,).
    """
    groups, starts, centres, visited = cells
    score, lanes, width = np.empty(centres.shape[0] * WIDTH, np.float32), np.empty(WIDTH, np.float32), np.uint64(groups.shape[1])
    flat, steering = groups.ravel(), centres.ravel()
    for place in range(points.shape[0]):
        point, seen, best = points[place], 0, np.float32(np.inf)
        _scores(point, width, steering, score)
        for cell in np.argsort(score[: len(starts) - 1], kind="mergesort"):
            other = False
            for group in range(starts[cell], starts[cell + 1]):
                store(lanes, 0, _gaps(point, width, flat, group))
                for i in range(WIDTH):
                    if row_fold[rows[group, i]] != fold[place]:
                        other = True
                        best = min(best, lanes[i])
            seen += other
            if seen == visited:
                break
        out[place] = np.sqrt(best)


@njit(nogil=True, cache=True, error_model="numpy")
def nearest_cell(points, centres, out):
    """Fill out int64 (point,): the nearest of centres, as `nearest` takes them, to each of points (point, coordinate); of equal ones the first."""
    score, width, steering = np.empty(centres.shape[0] * WIDTH, np.float32), np.uint64(points.shape[1]), centres.ravel()
    for place in range(points.shape[0]):
        _scores(points[place], width, steering, score)
        out[place] = score.argmin()


@njit(nogil=True, cache=True, error_model="numpy")
def distance_sums(points, rows):
    """Sum of the distances of these rows of points float32 (point, coordinate) to all points, float64."""
    result = 0.0
    for r in range(len(rows)):
        own, line = points[rows[r]], 0.0
        for i in range(points.shape[0]):
            total = np.float32(0)
            for c in range(points.shape[1]):
                gap = points[i, c] - own[c]
                total += gap * gap
            line += np.sqrt(np.float64(total))
        result += line
    return result
