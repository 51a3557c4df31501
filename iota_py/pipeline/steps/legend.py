"""The legend of the map, drawn once in each language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.assessment.legend_figure import legend_figure
from iota_py.io.publish import write_bytes
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace


def write_legend(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`map/legend.png`, and `map/legend.fr.png` for instance."""
    for language, name in zip(params["languages"], paths.in_languages(paths.LEGEND, params["languages"])):
        write_bytes(ws.path(name), legend_figure(ws.nomenclature, language))
