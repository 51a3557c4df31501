"""The demonstration, quickly with fewer trees and slowly as `make demo` runs it: what it prints, what it leaves, and how right the map is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.enums import ColorInterp

from iota_py.io.publish import sha256
from tests.conftest import Command

Run = tuple[Path, str]


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def test_it_ends_with_accuracy_and_where_all_is(demo_run: Run) -> None:
    root, printed = demo_run
    lines = printed.strip().splitlines()
    accuracy = r"overall accuracy 0\.\d{3} ± 0\.\d{3} over 3 draws of polygons, kappa 0\.\d{3} ± 0\.\d{3}, mean F1 0\.\d{3} ± 0\.\d{3}"
    assert [line for line in lines if re.fullmatch(accuracy, line)]
    assert [line.split(maxsplit=1) for line in lines[-6:]] == [
        ["map", str(root / "map/classification.tif")],
        ["vector", str(root / "vector")],
        ["product", f"{root / 'product'}, version 1-0; check it: iota-py verify {root}"],
        ["catalog", str(root / "catalog/catalog.json")],
        ["report", str(root / "report.html")],
        ["mlflow", f"iota-py ui {root.parent}"],
    ]


def test_it_hands_over_polygons_packages_and_a_catalogue(demo_run: Run) -> None:
    root, _ = demo_run
    assert sorted(p.name for p in (root / "vector").glob("*.gpkg")) == ["96.gpkg", "97.gpkg", "98.gpkg"]
    zones = [pyogrio.read_dataframe(root / f"vector/{zone}.gpkg") for zone in (96, 97, 98)]
    assert all(shapely.coverage_is_valid(zone.geometry.values) for zone in zones)
    hectares = sum(zone.geometry.area.sum() for zone in zones) / 10_000
    assert hectares == pytest.approx((read(root / "map/regularised.tif") > 0).sum() * 0.04, abs=0.1)
    assert sorted(p.name for p in (root / "product").iterdir()) == [
        "OSO_20230101_RASTER_V1-0", *(f"OSO_20230101_VECTOR_departement_{zone}_V1-0" for zone in (96, 97, 98))
    ]  # fmt: skip
    assert json.loads((root / "catalog/catalog.json").read_text())["stac_version"] == "1.1.0"


def test_verify_finds_no_fault(demo_run: Run, command: Command) -> None:
    done = command("verify", str(demo_run[0]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no fault" in done.stdout


def test_it_leaves_what_the_architecture_names(demo_run: Run) -> None:
    root, _ = demo_run
    for name in ("config.yaml", "manifest.json", "report.html", "map/classification.tif", "map/confidence.tif", "map/validity.tif",
                 "map/classification.qml", "assessment/metrics.json", "assessment/confusion.csv", "assessment/areas.csv", "assessment/ledger.csv"):  # fmt: skip
        assert (root / name).stat().st_size > 0, name
    assert (root.parent / "mlflow.db").exists()
    assert not list((root / "tiles").rglob("windows")), "passing files are removed"


def test_metrics_have_means_and_intervals(demo_run: Run) -> None:
    metrics = json.loads((demo_run[0] / "assessment/metrics.json").read_text())
    assert metrics["runs"] == 3
    for name in ("overall_accuracy", "kappa", "f1_macro"):
        low, high = metrics[name]["ci95"]
        assert low < metrics[name]["mean"] < high
    assert len(metrics["per_class"]) == 10
    for entry in metrics["per_class"].values():
        assert 0 < entry["f1"]["mean"] <= 1


def test_the_map_is_a_cloud_optimised_class_raster(demo_run: Run) -> None:
    with rasterio.open(demo_run[0] / "map/classification.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.nodata == 0
        assert dataset.dtypes == ("uint8",)
        assert dataset.colorinterp == (ColorInterp.palette,)
        assert dataset.colormap(1)[23] == (0, 0, 255, 255)
        assert dataset.crs.to_epsg() == 32631


def rightness(root: Path, project: Path) -> tuple[float, float, float, float]:
    """Overall accuracy on held-out polygons; share of right pixels of the whole map, off the polygons and inside them, by the truth of every pixel."""
    mapped, truth = read(root / "map/classification.tif"), read(project / "data_samples/truth.tif")
    assert mapped.shape == truth.shape
    assert (mapped > 0).all(), "every pixel was seen and classified"
    right, off = mapped == truth, read(root / "map/run_0/difference.tif") == 0
    held_out = json.loads((root / "assessment/metrics.json").read_text())["overall_accuracy"]["mean"]
    return held_out, float(right.mean()), float(right[off].mean()), float(right[~off].mean())


def test_accuracy_against_the_truth_raster(demo_run: Run, project: Path) -> None:
    """Off the polygons the map is worse than the held-out score says: polygons lie inside fields, off them are borders, roads and small
    patches. Inside the polygons it is better: the vote has learnt most of these pixels in one draw or another."""
    held_out, everywhere, off, inside = rightness(demo_run[0], project)
    assert everywhere > 0.9
    assert off < held_out < inside


@pytest.mark.slow
def test_accuracy_is_that_of_the_readme(whole_demo_run: Run, project: Path) -> None:
    """The figures that the README states; and that the whole demonstration ends as the quick one does."""
    held_out, everywhere, off, inside = rightness(whole_demo_run[0], project)
    assert held_out == pytest.approx(0.947, abs=0.01)
    assert everywhere == pytest.approx(0.934, abs=0.01)
    assert off == pytest.approx(0.912, abs=0.01)
    assert off < held_out < inside
    test_it_ends_with_accuracy_and_where_all_is(whole_demo_run)


def test_confidence_and_validity_are_in_range(demo_run: Run) -> None:
    confidence, validity = read(demo_run[0] / "map/confidence.tif"), read(demo_run[0] / "map/validity.tif")
    assert confidence.min() >= 1
    assert confidence.max() <= 100
    assert validity.min() >= 1
    assert validity.max() <= 20


def test_the_manifest_holds_the_digest_of_every_output(demo_run: Run) -> None:
    root, _ = demo_run
    manifest = json.loads((root / "manifest.json").read_text())
    listed = {entry["path"]: entry["sha256"] for entry in manifest["outputs"]}
    assert {"map/classification.tif", "assessment/metrics.json", "report.html", "models/region_1_run_0/bundle.json"} <= set(listed)
    assert all(sha256(root / name) == digest for name, digest in listed.items())
    inputs = {Path(entry["path"]).name for entry in manifest["inputs"]}
    assert {"reference.gpkg", "ecoregions.gpkg", "oso-23.yaml"} <= inputs
    assert any(name.endswith("_FRE_B8A.tif") for name in inputs)


def test_no_polygon_is_on_both_sides(demo_run: Run) -> None:
    import pandas as pd

    pixels = pd.read_parquet(demo_run[0] / "samples/selection.parquet")
    for run in range(3):
        sides = pixels[pixels[f"run_{run}"] > 0].groupby("polygon")[f"run_{run}"].nunique()
        assert (sides == 1).all()
    assert not pixels.duplicated(["x", "y"]).any(), "each place is owned by one tile"


def test_what_mlflow_holds(demo_run: Run) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{demo_run[0].parent / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("demo")
    runs = client.search_runs([experiment.experiment_id])
    parents = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    assert len(parents) == 1
    assert len(runs) == 1 + 2 * 3, "a parent, and one run for each region and draw"
    assert {"overall_accuracy", "kappa", "f1_macro"} <= set(parents[0].data.metrics)
    assert parents[0].data.params["model.kind"] == "random_forest"
    found = {item.path for item in client.list_artifacts(parents[0].info.run_id)}
    assert {"report.html", "config.yaml", "manifest.json", "figures", "tables"} <= found
    assert {d.dataset.name for d in parents[0].inputs.dataset_inputs} >= {"reference.gpkg", "sentinel2_31TCJ"}


@pytest.mark.browser
def test_the_report_opens_without_a_console_error(demo_run: Run, browser: Any) -> None:
    problems: list[str] = []
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
    page.goto((demo_run[0] / "report.html").as_uri())
    assert page.locator("h1").inner_text() == "Demonstration landscape, 2023"
    assert page.locator("img").count() >= 7
    assert page.evaluate("Array.from(document.images).every(image => image.complete && image.naturalWidth > 0)")
    context.close()
    assert problems == []
