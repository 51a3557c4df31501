"""Compiled kernels that look at one window of a class raster: connected components, their contacts, their pixels.

Classes are uint8 (row, col), 0 is no data and belongs to no component. `eight`: pixels that touch by a corner are connected too.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _joined(parent, a, b):
    """Unite two labels, the lower one stands for both; that one."""
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    while parent[b] != b:
        parent[b] = parent[parent[b]]
        b = parent[b]
    if a < b:
        parent[b] = a
        return a
    parent[a] = b
    return b


@njit(cache=True, nogil=True)
def _corners(classes, labels, parent, row, col, found):
    """`found`, the label of the pixel to the left or 0, united with those of the pixels above that touch by a corner."""
    code = classes[row, col]
    if found == 0 and col > 0 and classes[row - 1, col - 1] == code:  # else the pixel to the left touches it, or is of another class
        found = labels[row - 1, col - 1]
    if col + 1 < classes.shape[1] and classes[row - 1, col + 1] == code:
        other = labels[row - 1, col + 1]
        found = other if found == 0 else _joined(parent, found, other)
    return found


@njit(cache=True, nogil=True)
def label_components(classes, eight):
    """Labels int32 (row, col), 1, 2, … in raster order of the first pixels, 0 for no data; and how many there are."""
    height, width = classes.shape
    labels = np.zeros((height, width), np.int32)
    parent = np.empty(height * width + 1, np.int32)
    parent[0] = 0
    used = 0
    for row in range(height):
        for col in range(width):
            code = classes[row, col]
            if code == 0:
                continue
            found = np.int32(0)
            if col > 0 and classes[row, col - 1] == code:
                found = labels[row, col - 1]
            if row > 0 and classes[row - 1, col] == code:
                other = labels[row - 1, col]
                found = other if found == 0 or found == other else _joined(parent, found, other)
            elif eight and row > 0:
                found = _corners(classes, labels, parent, row, col, found)
            if found == 0:
                used += 1
                parent[used] = used
                found = np.int32(used)
            labels[row, col] = found
    return _numbered(labels, parent, used)


@njit(cache=True, nogil=True)
def _numbered(labels, parent, used):
    """Provisional labels replaced by final ones, and how many. A label is never lower than the one that stands for it."""
    count = 0
    for label in range(1, used + 1):
        if parent[label] == label:
            count += 1
            parent[label] = count
        else:
            parent[label] = parent[parent[label]]
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            labels[row, col] = parent[labels[row, col]]
    return labels, count


@njit(cache=True, nogil=True)
def measure_components(classes, labels, count):
    """By label (0 unused): class uint8, pixels int64, first pixel int64 as row × width + col."""
    height, width = classes.shape
    code = np.zeros(count + 1, np.uint8)
    size = np.zeros(count + 1, np.int64)
    first = np.zeros(count + 1, np.int64)
    for row in range(height):
        for col in range(width):
            label = labels[row, col]
            if label == 0:
                continue
            if size[label] == 0:
                code[label] = classes[row, col]
                first[label] = row * width + col
            size[label] += 1
    return code, size, first


@njit(cache=True, nogil=True)
def _pixels_by_component(labels, size, small):
    """Pixels (row × width + col, int32) of the small components, and where those of each label start, int64 (count + 2,)."""
    height, width = labels.shape
    start = np.zeros(len(size) + 1, np.int64)
    for label in range(1, len(size)):
        start[label + 1] = start[label] + (size[label] if small[label] else 0)
    place = start.copy()
    pixels = np.empty(start[len(size)], np.int32)
    for row in range(height):
        for col in range(width):
            label = labels[row, col]
            if label != 0 and small[label]:
                pixels[place[label]] = row * width + col
                place[label] += 1
    return pixels, start


@njit(cache=True, nogil=True)
def find_contacts(labels, code, size, small, groups, eight):
    """Which components the small ones touch, each once: (start, target), those of a label are target[start[label]:start[label + 1]].

    size: pixels in this window. small: bool by label. groups: int64 (256,) by class: classes of two groups do not see each other.
    """
    height, width = labels.shape
    pixels, place = _pixels_by_component(labels, size, small)
    start = np.zeros(len(size) + 1, np.int64)
    target = np.empty(max(16, len(pixels)), np.int32)
    stamp = np.zeros(len(size), np.int32)
    used = 0
    for label in range(1, len(size)):
        group = groups[code[label]]
        for k in range(place[label], place[label + 1]):
            row, col = pixels[k] // width, pixels[k] % width
            for down in range(-1, 2):
                for right in range(-1, 2):
                    if (down == 0 and right == 0) or (not eight and down != 0 and right != 0):
                        continue
                    if row + down < 0 or row + down >= height or col + right < 0 or col + right >= width:
                        continue
                    other = labels[row + down, col + right]
                    if other == 0 or other == label or stamp[other] == label or groups[code[other]] != group:
                        continue
                    stamp[other] = label
                    if used == len(target):
                        larger = np.empty(2 * len(target), np.int32)
                        larger[:used] = target
                        target = larger
                    target[used] = other
                    used += 1
        start[label + 1] = used
    return start, target[:used]


@njit(cache=True, nogil=True)
def in_islands_of(seeds, small, start, target):
    """Small components that hang together with one of the seeds through small components; bool by label. seeds: bool by label, small ones."""
    reached = seeds.copy()
    stack = np.empty(len(small), np.int32)
    depth = 0
    for label in range(1, len(small)):
        if seeds[label]:
            stack[depth] = label
            depth += 1
    while depth > 0:
        depth -= 1
        label = stack[depth]
        for k in range(start[label], start[label + 1]):
            other = target[k]
            if small[other] and not reached[other]:
                reached[other] = True
                stack[depth] = other
                depth += 1
    return reached


@njit(cache=True, nogil=True)
def recoded(classes, labels, code):
    """The window where each component has the class `code[label]`."""
    out = np.empty_like(classes)
    for row in range(classes.shape[0]):
        for col in range(classes.shape[1]):
            out[row, col] = code[labels[row, col]]
    return out


@njit(cache=True, nogil=True)
def fill_components(classes, seeds, code, eight):
    """The window where the component that holds each seed (a pixel, row × width + col) takes its new class."""
    height, width = classes.shape
    out = classes.copy()
    seen = np.zeros((height, width), np.bool_)
    stack = np.empty(height * width, np.int32)
    for k in range(len(seeds)):
        depth = 1
        stack[0] = seeds[k]
        seen[seeds[k] // width, seeds[k] % width] = True
        while depth > 0:
            depth -= 1
            row, col = stack[depth] // width, stack[depth] % width
            out[row, col] = code[k]
            for down in range(-1, 2):
                for right in range(-1, 2):
                    if not eight and down != 0 and right != 0:
                        continue
                    y, x = row + down, col + right
                    if 0 <= y < height and 0 <= x < width and not seen[y, x] and classes[y, x] == classes[row, col]:
                        seen[y, x] = True
                        stack[depth] = y * width + x
                        depth += 1
    return out
