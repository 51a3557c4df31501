"""Threads that the task of this process may use: more than one where there are fewer tasks than workers. No byte depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_ALLOWED = [1]


def allowed() -> int:
    """Threads that the task in hand may use."""
    return _ALLOWED[-1]


@contextmanager
def given(threads: int) -> Iterator[None]:
    """The task in this block may use so many threads."""
    _ALLOWED.append(max(1, threads))
    try:
        yield
    finally:
        _ALLOWED.pop()
