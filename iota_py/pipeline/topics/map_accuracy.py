"""Map accuracy in the report: what a probability sample of the map says of it."""

from __future__ import annotations

from iota_py.assessment.topic import Topic
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace


def topic(ws: Workspace) -> Topic | None:
    """None where no points were interpreted."""
    if ws.config.assessment.map_accuracy is None:
        return None
    return Topic("Map accuracy", read_json(ws.path(paths.MAP_ACCURACY[0])))
