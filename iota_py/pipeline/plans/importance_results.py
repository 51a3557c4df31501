"""The tables and figures of importance: what they are called, and those that a run has."""

from __future__ import annotations

import functools
from pathlib import Path

import pandas as pd

from iota_py.assessment.importance_figures import elimination_figure, falls_figure, heat_figure, shap_figure
from iota_py.assessment.language import translator
from iota_py.assessment.page import Image
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace
from iota_py.training.importance import OWN

_MODEL, _PLACE = ("region", "run", "model", "pixels"), ("input", "band", "date")


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


def importance_images(ws: Workspace) -> dict[str, Image]:
    """The figures that this run made, by the names that the report gives them: as they were made in English, else drawn from their tables."""
    found: dict[str, Image] = {}
    for name in importance_outputs(ws.config):
        path = ws.path(name)
        if path.suffix == ".png" and path.exists():
            found["importance" if path.stem == "importance" else f"importance_{path.stem}"] = functools.partial(_drawn, ws, path)
    return found


def _drawn(ws: Workspace, path: Path, language: str) -> bytes:
    return path.read_bytes() if language == "en" else _figure(ws, path.stem, language)


def _figure(ws: Workspace, name: str, language: str = "en") -> bytes:
    """A figure of importance in a language: `importance`, `permutation`, `groups`, `shap` or `elimination`."""
    _ = translator(language)
    if name == "elimination":
        return elimination_figure(read_json(ws.path(paths.ELIMINATION)), language)
    if name == "shap":
        return shap_figure(read_table(ws.path(paths.SHAP)), language)
    if name == "importance":
        return heat_figure(
            _cells(read_table(ws.path(paths.IMPORTANCE)), "importance", "sum"), _("share of the importance"), language=language
        )
    table = read_table(ws.path(paths.PERMUTATION))
    single, groups = table[table.kind == "column"], table[table.kind != "column"]
    if name == "groups":
        return falls_figure(groups if len(groups) else single, language)
    score, label = ("f1_macro", _("fall of the mean F1")) if ws.config.samples.target is None else ("r2", _("fall of R²"))
    return heat_figure(_cells(single, score, "max"), label, share=False, language=language)


def _cells(table: pd.DataFrame, value: str, how: str) -> pd.DataFrame:
    """One row for each model, input, band and date, `value` summed up or the largest."""
    keys = [key for key in (*_MODEL, *_PLACE) if key in table.columns]
    texts = {key: table[key].fillna("") for key in ("model", *_PLACE)}
    return table.assign(**texts).groupby(keys, sort=False, as_index=False)[[value]].agg(how).rename(columns={value: "value"})
