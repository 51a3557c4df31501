"""Late fusion: what the members say together of a window, and the map that tells who decided."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from iota_py.io.publish import read_json
from iota_py.mapping.fusion import Combination, masses
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.models.block import Block, Models, models_at, pieces
from iota_py.pipeline.models.members import Member, members, run_layers
from iota_py.pipeline.workspace import Workspace


def trusted(ws: Workspace, region: int, run: int, measure: str) -> np.ndarray:
    """Mass that each member gives to each label, float64 (member, 256)."""
    documents = [read_json(ws.path(paths.trust(region, run, one.name))) for one in members(ws)]
    return np.stack([masses(np.array(d["confusion"]), np.array(d["codes"]), measure) for d in documents])


def classify_members(ws: Workspace, observed: Sequence[Observed], region: np.ndarray, out: np.ndarray) -> None:
    """Fill out (run × layer, pixel) with class, belief 0–100, choice, and the class of each member where it is kept.

    A member has no label where none of its dated series has a usable observation. Region 0 is left alone.
    """
    found, width = members(ws), len(run_layers(ws.config))
    seen = [one.seen(observed) for one in found]
    parts = [one.of(observed) for one in found]
    for first, last, present in pieces(region):
        blocks = [Block(part, first, last) for part in parts]
        for index, here in present:
            models = [_member_models(ws, index, one) for one in found]
            labels = np.zeros((ws.runs, len(found), len(here)), np.uint8)
            for k, block in enumerate(blocks):
                for run, (given, _) in enumerate(block.predict(models[k], here, len(present) == 1)):
                    labels[run, k] = np.where(seen[k][first + here], given, 0)
            for run in range(ws.runs):
                classes = tuple(tuple(one.engines[run].classes.tolist()) for one in models)
                layers = [*_combination(ws, index, run, classes)(labels[run]), *labels[run]][:width]
                out[run * width : (run + 1) * width, first + here] = layers


def _member_models(ws: Workspace, region: int, member: Member) -> Models:
    folders = tuple(str(ws.path(paths.model(region, run, member.name))) for run in range(ws.runs))
    return models_at(folders, ws.version, member.names)


@functools.lru_cache(maxsize=64)
def _combination(ws: Workspace, region: int, run: int, classes: tuple[tuple[int, ...], ...]) -> Combination:
    """A workspace is a new one whenever the run was planned anew."""
    assert ws.config.fusion is not None
    return Combination.of(trusted(ws, region, run, ws.config.fusion.measure), [np.array(own, np.uint8) for own in classes])
