"""Columns of another year: models that were fitted in one year predict in another when the dates of the columns are theirs, moved by years."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

TOLERANCE = 3  # days: 29 February, and a first day of another weekday
_DATED = re.compile(r"^(?P<name>.+)_(?P<day>\d{8})$")


def years_apart(own: Sequence[str], given: Sequence[str]) -> int | None:
    """Years from the columns of a model to columns that are the same one by one but for their dates; None where they are not.

    Every date must be the same number of whole years away, give or take TOLERANCE days; 0 where all columns have the same names.
    """
    if tuple(own) == tuple(given):
        return 0
    if len(own) != len(given):
        return None
    found: set[int] = set()
    for one, other in zip(own, given):
        years = _years(one, other)
        if years is None:
            return None
        if _DATED.match(one):
            found.add(years)
    return found.pop() if len(found) == 1 and found != {0} else None


def _years(own: str, given: str) -> int | None:
    """Whole years between two names with dates; 0 for two equal ones without; None for others."""
    a, b = _DATED.match(own), _DATED.match(given)
    if a is None or b is None:
        return 0 if own == given else None
    first, second = _day(a["day"]), _day(b["day"])
    if a["name"] != b["name"] or first is None or second is None:
        return None
    years = round((second - first).days / 365.2425)
    return years if abs((second - first).days - years * 365.2425) <= TOLERANCE else None


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
