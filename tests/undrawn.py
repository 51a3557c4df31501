"""Reports without their figures, for tests that compare what is in a run and do not look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

# the smallest PNG: one grey pixel
BLANK = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478da6368000000820081da45083b0000000049454e44ae426082"
)


@contextmanager
def undrawn() -> Iterator[None]:
    """Reports of this process are made without drawing their figures: a pixel stands for each. Half of the time of a small run, where nobody looks."""

    def blank(images: Mapping[str, Any], language: str) -> dict[str, bytes]:
        return {name: image if isinstance(image, bytes) else BLANK for name, image in images.items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iota_py.assessment.report.drawn", blank)
        yield


@pytest.fixture(scope="module", autouse=True)
def plain() -> Iterator[None]:
    """For the tests of a folder whose conftest.py imports it, and for the fixtures of their modules."""
    with undrawn():
        yield
