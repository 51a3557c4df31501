"""How far two maps of one grid agree. Neither is taken for the truth: agreement is not accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from iota_py.assessment.metrics import scores
from iota_py.assessment.transitions import or_none
from iota_py.nomenclature import Nomenclature


def agreement_document(matrix: np.ndarray, nomenclature: Nomenclature, only: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    """Overall and per-class agreement of two maps, from their matrix (n, n) of pixels, map A in rows. Undefined numbers are None.

    overall: share of the pixels of the same class. kappa: Cohen 1960. quantity and allocation disagreement: Pontius and Millones 2011; the
    first is what different totals of the classes explain, the second the rest, and both add up to 1 - overall. Of a class: `of_a`, the share of
    its pixels in A that B has too, `of_b` the other way round, and `dice` 2 |A∩B| / (|A| + |B|). only: pixels with a class in A alone, in B alone.
    """
    score, total = scores(matrix), int(matrix.sum())
    in_a, in_b = matrix.sum(axis=1), matrix.sum(axis=0)
    changed = total - int(np.trace(matrix))
    moved = int(np.abs(in_a - in_b).sum()) // 2  # each pixel that a class has too many another has too few
    share = (lambda part: part / total) if total else (lambda part: float("nan"))
    return {
        "pixels": total,
        "same": total - changed,
        "changed": changed,
        "only_in_a": only[0],
        "only_in_b": only[1],
        "overall_agreement": or_none(score.overall_accuracy),
        "kappa": or_none(score.kappa),
        "quantity_disagreement": or_none(share(moved)),
        "allocation_disagreement": or_none(share(changed - moved)),
        "per_class": {
            str(c.code): {
                "alias": c.alias,
                "name": c.label(),
                "pixels_a": int(in_a[k]),
                "pixels_b": int(in_b[k]),
                "same": int(matrix[k, k]),
                "of_a": or_none(score.recall[k]),
                "of_b": or_none(score.precision[k]),
                "dice": or_none(score.f1[k]),
            }
            for k, c in enumerate(nomenclature.classes)
        },
    }
