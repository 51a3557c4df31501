"""Small products are written by the hundred here: they need not survive a power cut."""

import pytest

from iota_py.io import publish


@pytest.fixture(autouse=True)
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish.os, "fsync", lambda descriptor: None)
