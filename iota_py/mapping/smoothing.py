"""What the neighbours of a pixel say of its class: Bayesian smoothing of probabilities, and the majority filter of classes.

Each pixel of the result depends on its own neighbourhood alone, in the order of its rows, so windows of any size give the same bits
where they hold the whole neighbourhood. The largest neighbours are found by halving a range of ranks, for CHUNK pixels side by side:
a comparison and a sum for each neighbour, which the compiler does for many pixels in one instruction, and no sorting.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LOWEST = 1e-4  # a probability of 0 or 1 has no logit
TOP = 65534  # rank of the highest logit
CHUNK = 128  # pixels of a row that are looked at together


def bayesian(probabilities: np.ndarray, seen: np.ndarray, side: int, variance: np.ndarray, share: float) -> np.ndarray:
    """Smoothed probabilities float32 (class, row, col), which add up to 1 where `seen`, and are 0 elsewhere.

    probabilities: float32 (class, row, col). seen: bool (row, col), pixels that have probabilities; the others are no neighbours. side: of the
    square neighbourhood, odd; it ends at the edges. variance: float64 (class,), above 0. share: of the neighbours (the pixel itself among
    them) that count, those with the largest logits of the class, one at least (rounded up): a neighbourhood without a set shape.
    With x the logit of the pixel, m and s² the mean and the variance (n - 1) of those of the neighbours that count, and v the variance of the
    class, the posterior mean of the logit is (s² x + v m) / (s² + v) (empirical Bayes with a normal prior whose mean and variance are
    those of the neighbourhood: Camara et al. 2024, Bayesian inference for post-processing of remote-sensing image classification,
    Remote Sensing 16, 4572). Three things are not theirs: at the edges they mirror the map, a pixel without probabilities takes m, and
    what comes out is not divided by its sum. Probabilities are held within LOWEST and 1 - LOWEST.
    """
    logits = posterior_logits(probabilities, seen, side, variance, share)
    chance = 1 / (1 + np.exp(-logits))
    total = chance.sum(axis=0)
    return np.where(seen, chance / total, 0).astype(np.float32)


def posterior_logits(probabilities: np.ndarray, seen: np.ndarray, side: int, variance: np.ndarray, share: float) -> np.ndarray:
    """Posterior means of the logits, float64 (class, row, col), of any value where not `seen`; as `bayesian`, which makes probabilities of them."""
    logits = np.clip(probabilities.astype(np.float64), LOWEST, 1 - LOWEST)
    logits = np.log(logits / (1 - logits))
    margin, kept = side // 2, _kept(side * side, float(share))
    for own, given, one in zip(logits, probabilities, np.asarray(variance, np.float64)):
        ranks = _ranks(own, given, np.ascontiguousarray(seen), margin)
        values = np.pad(np.where(seen, own, 0.0), ((margin, margin), (margin, margin + CHUNK)))
        _posterior(values, ranks, (side, own.min(), own.max()), float(one), kept, own)
    return logits


def _kept(size: int, share: float) -> np.ndarray:
    """How many count of 0, 1, … size neighbours, int32."""
    count = np.arange(size + 1)
    return np.minimum(count, np.maximum(1, np.ceil(share * count - 1e-9))).astype(np.int32)


@njit(cache=True, nogil=True, error_model="numpy")
def _ranks(logits, probabilities, seen, margin):
    """Ranks uint16 of logits, with a margin: 0 not seen, 1 the lowest possible one, TOP the highest, else between, the larger the larger.

    Logits of one rank between differ by less than 3e-4; those of rank 1 are all the same, and those of TOP.
    """
    height, width = logits.shape
    ranks = np.zeros((height + 2 * margin, width + 2 * margin + CHUNK), np.uint16)
    highest = np.log((1 - LOWEST) / LOWEST)
    scale = (TOP - 3) / (2 * highest)
    for row in range(height):
        for col in range(width):
            if not seen[row, col]:
                continue
            rank = min(max(int((logits[row, col] + highest) * scale), 0), TOP - 3) + 2
            if probabilities[row, col] <= LOWEST:
                rank = 1
            elif probabilities[row, col] >= 1 - LOWEST:
                rank = TOP
            ranks[row + margin, col + margin] = rank
    return ranks


@njit(cache=True, nogil=True, error_model="numpy")
def _posterior(values, ranks, known, variance, kept, result):
    """Logits (row, col) of one class, replaced by their posterior mean. values, ranks: with margins, values 0 where not seen. known: side, and
    the logits of rank 1 and TOP where there are any.
    """
    side, lowest, highest = known
    height, width = result.shape
    margin, near = side // 2, np.empty(side * side)
    for row in range(height):
        for start in range(0, width, CHUNK):
            if _one_value(ranks[row : row + side, start : start + CHUNK + side - 1]):
                continue  # most classes are nowhere near most pixels
            bound, reached, seen = _bounds(ranks, row, start, side, kept)
            own = values[row + margin, start + margin : start + margin + CHUNK]
            total, squares = _sums(values, ranks, (row, start, side), own, bound)
            for i in range(min(CHUNK, width - start)):
                if ranks[row + margin, start + margin + i] == 0:
                    continue
                number = kept[seen[i]]
                excess = reached[i] - number
                if excess > 0 and (bound[i] == 1 or bound[i] == TOP):
                    more = (lowest if bound[i] == 1 else highest) - own[i]
                    total[i] -= excess * more
                    squares[i] -= excess * more**2
                elif excess > 0:
                    part = slice(row, row + side), slice(start + i, start + i + side)
                    for value in _smallest(values[part], ranks[part], bound[i], excess, near):
                        total[i] -= value - own[i]
                        squares[i] -= (value - own[i]) ** 2
                mean = total[i] / number
                spread = max(0.0, squares[i] - total[i] * mean) / max(1, number - 1)
                result[row, start + i] += mean * variance / (spread + variance)


@njit(cache=True, nogil=True)
def _one_value(ranks):
    """Whether all that is seen has the lowest logit, or all the highest: ranks that hold a single value."""
    first = np.uint16(0)
    for line in ranks:
        for rank in line:
            first = max(first, rank)
    if first > 1 and first < TOP:
        return False
    for line in ranks:
        for rank in line:
            if rank != first and rank != 0:
                return False
    return True


@njit(cache=True, nogil=True)
def _bounds(ranks, row, start, side, kept):
    """Of CHUNK pixels: the largest rank which as many neighbours as count reach, how many do, and how many there are, uint16.

    By halving the range that it is in; a rank that just as many reach as count will do as well.
    """
    low, high, middle = np.full(CHUNK, 1, np.uint16), np.full(CHUNK, TOP + 1, np.uint16), np.empty(CHUNK, np.uint16)
    seen, reached, found = np.empty(CHUNK, np.uint16), np.empty(CHUNK, np.uint16), np.empty(CHUNK, np.uint16)
    _count(ranks, row, start, side, low, seen)
    reached[:] = seen
    number = kept[seen]
    for i in range(CHUNK):
        if seen[i] == number[i]:
            high[i] = 2
    middle[:] = 2  # far from its class a pixel has more neighbours of rank 1 than do not count
    while (high - low > 1).any():
        _count(ranks, row, start, side, middle, found)
        for i in range(CHUNK):
            if found[i] >= number[i]:
                low[i], reached[i] = middle[i], found[i]
            if found[i] <= number[i]:
                high[i] = middle[i] + (found[i] == number[i])
            middle[i] = (np.uint32(low[i]) + np.uint32(high[i])) >> np.uint32(1)
    return low, reached, seen


@njit(cache=True, nogil=True)
def _count(ranks, row, start, side, bound, counts):
    """Neighbours of each pixel that reach its bound."""
    counts[:] = 0
    for r in range(row, row + side):
        for shift in range(start, start + side):
            near = ranks[r, shift : shift + CHUNK]
            for i in range(CHUNK):
                counts[i] += near[i] >= bound[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _sums(values, ranks, place, own, bound):
    """Sums of what neighbours that reach the bound differ from their pixel, and of its square. place: row, first column, side."""
    row, start, side = place
    total, squares = np.zeros(CHUNK), np.zeros(CHUNK)
    for r in range(row, row + side):
        for shift in range(start, start + side):
            near, rank = values[r, shift : shift + CHUNK], ranks[r, shift : shift + CHUNK]
            for i in range(CHUNK):
                difference = near[i] - own[i] if rank[i] >= bound[i] else 0.0
                total[i] += difference
                squares[i] += difference * difference
    return total, squares


@njit(cache=True, nogil=True)
def _smallest(values, ranks, bound, number, found):
    """The smallest neighbours, so many, of those whose rank is the bound. found: room for all the neighbours."""
    count, alike = 0, True
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            if ranks[r, c] == bound:
                found[count] = values[r, c]
                alike &= found[count] == found[0]
                count += 1
    if not alike:
        _largest_last(found[:count], count - number)
    return found[:number]


@njit(cache=True, nogil=True)
def _largest_last(values, kept):
    """Exchange values so that the largest ones, so many, come last (quickselect, Hoare 1961)."""
    low, high, target = 0, len(values) - 1, len(values) - kept
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if target <= j:
            high = j
        elif target >= i:
            low = i
        else:
            break


def majority(labels: np.ndarray, confidence: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent class of each neighbourhood, and its confidence, uint8 (row, col).

    labels: uint8 (row, col), 0 no data, which is neither counted nor filled. side: of the square neighbourhood, odd; it ends at the edges.
    Of equally frequent classes the pixel's own, then the lowest code. A pixel that keeps its class keeps its confidence; one that changes
    has the mean of the neighbours of that class, rounded half to even.
    """
    classes, certain = np.empty_like(labels), np.empty_like(confidence)
    _filter(np.ascontiguousarray(labels), np.ascontiguousarray(confidence), side // 2, classes, certain)
    return classes, certain


@njit(cache=True, nogil=True)
def _filter(labels, confidence, radius, classes, certain):
    height, width = labels.shape
    counts, sums = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for row in range(height):
        for col in range(width):
            own = labels[row, col]
            classes[row, col], certain[row, col] = own, confidence[row, col]
            if own == 0:
                continue
            counts[:] = 0
            sums[:] = 0
            for r in range(max(0, row - radius), min(height, row + radius + 1)):
                for c in range(max(0, col - radius), min(width, col + radius + 1)):
                    counts[labels[r, c]] += 1
                    sums[labels[r, c]] += confidence[r, c]
            counts[0] = 0
            best = np.argmax(counts)
            if counts[best] > counts[own]:
                classes[row, col] = best
                certain[row, col] = np.rint(sums[best] / counts[best])
