"""A step of another year: what the step of its stage does, in the folder of that year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.pipeline.steps import step
from iota_py.pipeline.workspace import Workspace


def do_step(ws: Workspace, params: Mapping[str, Any]) -> None:
    """Do the step of `params["stage"]` for the season `params["season"]`."""
    step(params["stage"])(ws.season(params["season"]), params)
