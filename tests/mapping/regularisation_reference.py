"""The rule of merging over a whole raster at once, with scipy's labels and Python's sets: slow, and written apart from the kernels."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

EIGHT, FOUR = np.ones((3, 3), int), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def label_whole(classes: np.ndarray, connectivity: int) -> tuple[np.ndarray, int]:
    """Components of all classes, each with its own label from 1."""
    labels, count = np.zeros(classes.shape, int), 0
    for code in np.unique(classes[classes > 0]):
        one, found = ndimage.label(classes == code, EIGHT if connectivity == 8 else FOUR)
        labels[one > 0] = one[one > 0] + count
        count += found
    return labels, count


def sieve_whole(classes: np.ndarray, minimum: int, connectivity: int, groups: np.ndarray | None = None) -> np.ndarray:
    groups = np.zeros(256, int) if groups is None else groups
    labels, count = label_whole(classes, connectivity)
    pixels: dict[int, set[tuple[int, int]]] = {n: set() for n in range(1, count + 1)}
    for place in zip(*np.nonzero(labels)):
        pixels[labels[place]].add(tuple(int(v) for v in place))
    code = {n: int(classes[next(iter(places))]) for n, places in pixels.items()}
    large = {n: len(places) for n, places in pixels.items() if len(places) >= minimum}
    joined = dict.fromkeys(pixels, 0)  # pixels of the large component that a small one has joined
    home = {place: n for n, places in pixels.items() for place in places}
    steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a or b) and (connectivity == 8 or not (a and b))]

    def around(n: int) -> set[int]:
        near = {home.get((row + a, col + b)) for row, col in pixels[n] for a, b in steps}
        return {other for other in near - {None, n} if groups[code[other]] == groups[code[n]]}

    def weight(n: int) -> int:
        return large.get(n, joined[n] + len(pixels[n]))

    stuck: set[int] = set()
    while True:
        waiting = [n for n in pixels if n not in large and n not in stuck and not joined[n] and len(pixels[n]) < minimum]
        if not waiting:
            break
        n = min(waiting, key=lambda one: (len(pixels[one]), min(pixels[one])))
        near = around(n)
        if not near:
            stuck.add(n)
            continue
        code[n] = code[max(near, key=lambda one: (weight(one), -code[one]))]
        for other in [one for one in near if code[one] == code[n]]:
            if other in large:
                joined[n] = max(joined[n], large[other])
                continue
            joined[n] = max(joined[n], joined[other])
            for place in pixels[other]:
                home[place] = n
            pixels[n] |= pixels.pop(other)
            stuck.discard(other)
    out = np.zeros_like(classes)
    for place, n in home.items():
        out[place] = code[n]
    return out
