"""A made-up run: 10 classes, 3 draws, 2 regions, 3 tiles, a year of dates. Seeded, so every test sees the same one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from iota_py.assessment.areas import class_areas
from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.difference import difference_map
from iota_py.assessment.figures import area_figure, confusion_figure, dates_figure, f1_figure
from iota_py.assessment.metrics import metrics_document
from iota_py.assessment.quicklooks import difference_quicklook, map_quicklook, ramp_quicklook
from iota_py.assessment.report import ReportData
from iota_py.nomenclature import Nomenclature

ROOT = Path(__file__).parents[2]
CODES = (2, 4, 5, 6, 10, 13, 15, 16, 17, 23)


@pytest.fixture(scope="session")
def oso() -> Nomenclature:
    source = ROOT / "configs" / "nomenclatures" / "oso-23.yaml"
    return Nomenclature.from_document(yaml.safe_load(source.read_text(encoding="utf-8")), str(source))


@pytest.fixture(scope="session")
def ten(oso: Nomenclature) -> Nomenclature:
    return oso.subset(CODES)


@dataclass(frozen=True)
class Landscape:
    """truth, mapped, role: uint8 (row, col); confidence 0-100; validity: counts."""

    truth: np.ndarray
    mapped: np.ndarray
    role: np.ndarray
    confidence: np.ndarray
    validity: np.ndarray


def landscape(seed: int = 7, side: int = 240) -> Landscape:
    """Fields around random centres, some of them mapped wrong; a corner without data; one field in twelve is a reference polygon."""
    rng = np.random.default_rng(seed)
    centres, kinds = rng.uniform(0, side, (260, 2)), rng.integers(0, len(CODES), 260)
    rows, cols = np.mgrid[0:side, 0:side]
    distance = (rows[..., None] - centres[:, 0]) ** 2 + (cols[..., None] - centres[:, 1]) ** 2
    field = distance.argmin(axis=-1)
    truth = np.asarray(CODES, dtype=np.uint8)[kinds[field]]
    wrong = rng.random(truth.shape) < rng.uniform(0.0, 0.25, 260)[field]
    mapped = np.where(wrong, rng.choice(np.asarray(CODES, dtype=np.uint8), truth.shape), truth).astype(np.uint8)
    mapped[(rows + cols) < side // 4] = 0
    role = np.where(mapped > 0, np.array([0, 1, 2, 0])[field % 4], 0).astype(np.uint8)
    confidence = np.where(wrong, rng.normal(48, 9, truth.shape), rng.normal(82, 8, truth.shape)).clip(0, 100)
    return Landscape(truth, mapped, role, confidence, 18 + 9 * (cols > side // 2) + rng.integers(0, 4, truth.shape))


@pytest.fixture(scope="session")
def scene() -> Landscape:
    return landscape()


@pytest.fixture(scope="session")
def draws(ten: Nomenclature) -> list[np.ndarray]:
    """Three matrices; grapes (15) are neither in the reference nor in the map of the second and third."""
    matrices = []
    for seed in (7, 8, 9):
        made = landscape(seed, side=160)
        inside = (made.role == 2) & ((made.truth != 15) & (made.mapped != 15) if seed > 7 else True)
        matrices.append(confusion_matrix(made.truth[inside], made.mapped[inside], ten.codes))
    return matrices


@pytest.fixture(scope="session")
def acquisitions() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for tile, start in (("31TCJ", "2023-01-03"), ("31TDJ", "2023-01-03"), ("30TYP", "2023-01-05")):
        for day in pd.date_range(start, "2023-12-30", freq="10D"):
            share = float(rng.beta(0.6, 0.8))
            platform = "SENTINEL2A" if rng.random() < 0.5 else "SENTINEL2B"
            product = f"{platform}_{day:%Y%m%d}-105900-000_L2A_T{tile}_C_V3-1"
            rows.append((tile, day, platform, product, share, "used", ""))
    frame = pd.DataFrame(rows, columns=["tile", "date", "platform", "product", "cloud_share", "status", "reason"])
    frame.loc[[5, 41, 77], ["status", "reason", "cloud_share"]] = ["set aside", "cloud share above 0.90", 0.97]
    frame.loc[[12], ["status", "reason", "cloud_share"]] = ["set aside", "mask band missing: 31TCJ_CLM_R1.tif", np.nan]
    twin = frame.loc[[20]].assign(status="merged", reason="same pass, second datastrip", product="SENTINEL2A_TWIN_L2A_T31TCJ_C_V3-1")
    return pd.concat([frame, twin], ignore_index=True)


@pytest.fixture(scope="session")
def report_data(ten: Nomenclature, scene: Landscape, draws: list[np.ndarray], acquisitions: pd.DataFrame) -> ReportData:
    metrics = metrics_document(draws, ten)
    summed = np.sum(draws, axis=0)
    areas = class_areas(np.bincount(scene.mapped.ravel(), minlength=256), 100.0, ten)
    valid = scene.mapped > 0
    images = {
        "map": map_quicklook(scene.mapped, ten),
        "confidence": ramp_quicklook(np.ma.masked_array(scene.confidence, ~valid), 0, 100, "confidence, %"),
        "validity": ramp_quicklook(np.ma.masked_array(scene.validity, ~valid), 0, 40, "clear observations"),
        "confusion": confusion_figure(summed, ten),
        "f1": f1_figure(metrics, ten),
        "areas": area_figure(areas, ten),
        "dates": dates_figure(acquisitions),
        "difference": difference_quicklook(difference_map(scene.mapped, scene.truth, scene.role)),
    }
    return ReportData(
        title="Land cover of the Toulouse plain, 2023",
        created="2026-01-15 08:30 UTC",
        verdict=metrics,
        nomenclature=ten,
        images=images,
        confusion=summed,
        areas=areas,
        ledger=ledger(ten),
        drops=pd.DataFrame(
            {
                "reason": ["outside every tile", "smaller than one pixel", "two classes for one place"],
                "count": [4, 17, 1],
                "ids": [["12", "98", "107", "311"], [str(k) for k in range(400, 417)], ["52"]],
            }
        ),
        acquisitions=acquisitions,
        regions=pd.DataFrame(
            {
                "region": ["1", "2"],
                "overall_accuracy": [0.9213, 0.8871],
                "kappa": [0.9088, np.nan],
                "f1_macro": [0.9012, 0.8505],
                "pixels": [11874, 9211],
            }
        ),
        settings="name: toulouse-2023\ntiles: [31TCJ, 31TDJ, 30TYP]\nsamples:\n  split: {runs: 3, ratio: 0.7, seed: 1}\n",
        versions={"iota_py": "0.1.0", "python": "3.11.9", "numpy": "2.4.6", "gdal": "3.11.0"},
        timings=pd.DataFrame(
            {"stage": ["read", "samples", "train", "map"], "tasks": [71, 6, 6, 1452], "seconds": [81.2, 33.4, 412.0, 5210.7]}
        ),
        provenance={"commit": "4f2a9c1", "host": "node-14", "inputs": {"polygons": "sha256:" + "ab12" * 16}},
        warnings=["Class vineyards has no validation polygon in region 2."],
        grid={"crs": "EPSG:2154", "resolution": "10 m", "shape": scene.mapped.shape},
    )


def ledger(nomenclature: Nomenclature) -> pd.DataFrame:
    rows = [
        (step, 1, region, c.code, c.alias, 30 - 3 * k, 3000 - 290 * k - 11 * c.code, reason)
        for region in ("1", "2")
        for c in nomenclature.classes
        for k, (step, reason) in enumerate((("read", ""), ("usable", "fewer than 8 clear dates"), ("selected", "smallest class decides")))
    ]
    return pd.DataFrame(rows, columns=["step", "run", "region", "code", "alias", "polygons", "pixels", "reason"])
