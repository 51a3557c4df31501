"""Regularisation, polygons, packages and catalogue of maps that are not made by one model of pixels: objects, late fusion, models of another run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.config.schema import RunConfig
from iota_py.io.raster import read_window
from iota_py.io.vectors import read_vectors
from tests.conftest import Command
from tests.delivery.stac.rules import faults
from tests.pipeline.models.test_members import TERRAIN, elevation

Writer = Callable[[Path, str], Path]
DOWNSTREAM = """
regularisation: {minimum_size: 0.1 ha, resolution: 20}
vector: {formats: [gpkg, parquet]}
product: {year: 2023, version: "1-0", zone: Somewhere, producer: us, licence: CC0-1.0, layers: [regularised]}
"""
WAYS = {
    "objects": "objects: {size: 12}\nsamples: {allow_lost_classes: true}\n",
    "fusion": TERRAIN + "fusion: {members: {plants: [sentinel2], relief: [terrain, sentinel2]}}\n",
    "reuse": "model: {from: OTHER}\n",
}

MODELS = {"objects": 4, "fusion": 8, "reuse": 4}  # two regions, two draws, and two members


@pytest.mark.parametrize("way", ["objects", *(pytest.param(way, marks=pytest.mark.slow) for way in ("fusion", "reuse"))])
def test_a_map_made_otherwise_is_delivered_like_any(
    way: str, light_run: RunConfig, light_config: Writer, tmp_path: Path, command: Command
) -> None:
    text = WAYS[way].replace("OTHER", str(light_run.output)).replace("path: TERRAIN", f"path: {elevation(tmp_path)}")
    config, root = light_config(tmp_path, text + DOWNSTREAM), tmp_path / "run"
    checked = command("check", str(config))
    assert checked.returncode == 0, checked.stderr
    done = command("run", str(config))
    assert done.returncode == 0, done.stderr
    verified = command("verify", str(root))
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "no fault" in verified.stdout
    regularised, classes = (read_window(str(root / f"map/{name}.tif")) for name in ("regularised", "classification"))
    assert set(np.unique(regularised)) <= set(np.unique(classes))
    polygons = read_vectors(next((root / "vector").glob("*.gpkg")))
    assert set(polygons.Classe) == set(np.unique(regularised[regularised > 0]).tolist())
    assert polygons.Aire.sum() == pytest.approx((regularised > 0).sum() * 400 / 10_000, rel=0.01)
    [package] = (root / "product").glob("OSO_20230101_RASTER_V1-0")
    assert len(list((package / "DATA").glob("*.tif"))) == 4  # classes, confidence, validity, and the layer that was asked for
    documents = {path.name: json.loads(path.read_text()) for path in (root / "catalog").rglob("*.json")}
    assert {name: found for name, document in documents.items() if (found := faults(document))} == {}
    assert len([name for name in documents if "region_" in name]) == MODELS[way]
    assert "nothing to do" in command("run", str(config)).stdout
