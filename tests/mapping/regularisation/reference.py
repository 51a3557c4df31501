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


class Whole:
    """Components of a raster, as sets of pixels: class, pixels, and those of the large component that a small one has joined."""

    def __init__(self, classes: np.ndarray, minimum: int, connectivity: int, groups: np.ndarray) -> None:
        labels, count = label_whole(classes, connectivity)
        self.pixels: dict[int, set[tuple[int, int]]] = {n: set() for n in range(1, count + 1)}
        for place in zip(*np.nonzero(labels)):
            self.pixels[labels[place]].add(tuple(int(v) for v in place))
        self.code = {n: int(classes[next(iter(places))]) for n, places in self.pixels.items()}
        self.large = {n: len(places) for n, places in self.pixels.items() if len(places) >= minimum}
        self.joined = dict.fromkeys(self.pixels, 0)
        self.home = {place: n for n, places in self.pixels.items() for place in places}
        self.steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a or b) and (connectivity == 8 or not (a and b))]
        self.minimum, self.groups = minimum, groups
        self.stuck: set[int] = set()

    def next(self) -> int | None:
        """The smallest component that is to merge, the first of equal ones."""
        waiting = [n for n, places in self.pixels.items() if len(places) < self.minimum and not self.joined[n] and n not in self.stuck]
        return min(waiting, key=lambda n: (len(self.pixels[n]), min(self.pixels[n])), default=None)

    def around(self, n: int) -> set[int]:
        near = {self.home.get((row + a, col + b)) for row, col in self.pixels[n] for a, b in self.steps}
        return {other for other in near if other not in (None, n) and self.groups[self.code[other]] == self.groups[self.code[n]]}

    def weight(self, n: int) -> int:
        return self.large.get(n, self.joined[n] + len(self.pixels[n]))

    def merge(self, n: int) -> None:
        near = self.around(n)
        if not near:
            self.stuck.add(n)
            return
        self.code[n] = self.code[max(near, key=lambda other: (self.weight(other), -self.code[other]))]
        for other in [one for one in near if self.code[one] == self.code[n]]:
            if other in self.large:
                self.joined[n] = max(self.joined[n], self.large[other])
                continue
            self.joined[n] = max(self.joined[n], self.joined[other])
            self.home.update(dict.fromkeys(self.pixels[other], n))
            self.pixels[n] |= self.pixels.pop(other)


def sieve_whole(classes: np.ndarray, minimum: int, connectivity: int, groups: np.ndarray | None = None) -> np.ndarray:
    whole = Whole(classes, minimum, connectivity, np.zeros(256, int) if groups is None else groups)
    while (n := whole.next()) is not None:
        whole.merge(n)
    out = np.zeros_like(classes)
    for place, n in whole.home.items():
        out[place] = whole.code[n]
    return out
