"""The tables and figures of importance: what they are called, and those that a run has."""

from __future__ import annotations

from iota_py.config.schema import RunConfig
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace
from iota_py.training.importance import OWN


def importance_outputs(config: RunConfig) -> list[str]:
    """What the tables and figures of importance are called; none where models say nothing of themselves and nothing is asked for."""
    if config.objects is not None:
        return []
    asked = config.importance
    outputs = [paths.IMPORTANCE, paths.importance_figure("importance")] if config.model.kind in OWN else []
    if asked.permutation:
        outputs += [paths.PERMUTATION, paths.importance_figure("permutation")]
        outputs += [paths.importance_figure("groups")] if config.samples.target is None else []
    if asked.shap:
        outputs += [paths.SHAP, paths.importance_figure("shap")]
    if asked.elimination is not None:
        outputs.append(paths.importance_figure("elimination"))
    return outputs


def importance_images(ws: Workspace) -> dict[str, bytes]:
    """The figures that this run made, by the names that the report gives them."""
    found = {}
    for name in importance_outputs(ws.config):
        path = ws.path(name)
        if path.suffix == ".png" and path.exists():
            found["importance" if path.stem == "importance" else f"importance_{path.stem}"] = path.read_bytes()
    return found
