"""The verdict against the baseline."""

from __future__ import annotations

from iota_py.assessment.baseline import MEASURES
from iota_py.assessment.topic import Topic
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace


def topic(ws: Workspace) -> Topic | None:
    """What the run gained and lost against its baseline; None where none is named."""
    if ws.config.assessment.baseline is None:
        return None
    return Topic("Against the baseline", {"document": read_json(ws.path(paths.BASELINE)), "measures": list(MEASURES.values())})
