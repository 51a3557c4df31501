"""Reports that these tests make in this process are made without drawing their figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import undrawn


@pytest.fixture(scope="module", autouse=True)
def plain() -> Iterator[None]:
    """For the runs of the fixtures of a module too."""
    with undrawn():
        yield
