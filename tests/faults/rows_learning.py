"""Rows 59–66: regions, classes that are too rare, and models of others."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from iota_py.io.publish import json_text
from iota_py.io.raster import read_window
from iota_py.pipeline import paths
from iota_py.training import bundle
from tests.faults import field as land
from tests.faults.row import Evidence, Place, row
from tests.faults.rows_reference import give, lost

REGIONS: dict[str, Any] = {"path": "regions.gpkg", "field": "region"}
MIDDLE = land.TOP - 200


def north_only(wanted: tuple[int, ...]) -> gpd.GeoDataFrame:
    """The reference, of which the southern half keeps these classes only."""
    frame = land.polygons()
    south = frame.geometry.map(lambda shape: shape.bounds[3]) <= MIDDLE
    return frame[~south | frame.code.isin(wanted)].reset_index(drop=True)


def codes_south(place: Place) -> set[int]:
    """Classes of the map in the southern half."""
    return set(np.unique(read_window(str(place.root / "map" / "classification.tif"))[20:]).tolist())


@row(59, "regions that overlap", "FF 1 E-REG-002", "gaps: class 0 and polygons counted; what lies outside the tiles is no matter")
def _(place: Place) -> list[Evidence]:
    frame = land.regions()
    frame.loc[1, "geometry"] = box(400000, 4799600, 400400, 4799900)
    give(place, frame, "regions.gpkg")
    overlap = Evidence(place.check(samples={"regions": REGIONS}), "regions.gpkg", "geometry")
    assert "regions north and south overlap by 4.00 ha" in overlap.done.stderr
    frame.loc[1, "geometry"] = box(400000, 4799000, 400400, 4799700)
    give(place, pd.concat([frame, frame.iloc[:1].assign(region="far", geometry=box(0, 0, 10, 10))], ignore_index=True), "regions.gpkg")
    gap = place.run(samples={"regions": REGIONS})
    values = read_window(str(place.root / "map" / "classification.tif"))
    assert not values[20:30].any()
    assert values[:20].all()
    assert values[30:].all()
    assert lost(place, "outside every region") > 0
    return [overlap, Evidence(gap, code="", exit=0)]


@row(
    60, "region without samples", "FF 1 E-SAM-008", "before anything is learnt; `samples.regions.borrow` names a region whose model it takes",
    note="What polygons are left is known from the pixels, so footprints and reference pixels are made first. A map with a hole is not what was "
    "asked for: the whole run stops.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    give(place, north_only(()))
    bare = Evidence(place.train(samples={"regions": REGIONS}), "reference.gpkg", "samples.regions")
    assert "no learning pixel in region south" in bare.done.stderr
    assert not (place.root / "models").exists()
    lent = place.run(samples={"regions": {**REGIONS, "borrow": {"south": "north"}}})
    assert codes_south(place) == set(land.CODES)
    return [bare, Evidence(lent, code="", exit=0)]


@row(61, "region of one class", "FT 2 E-TRN-001", "the region, the run and the class; the models of the other regions are made")
def _(place: Place) -> Evidence:
    give(place, north_only((13,)))
    done = place.run(samples={"regions": REGIONS})
    assert "found only 13 Prairie" in done.stderr
    assert (place.root / paths.model(1, 0) / bundle.DESCRIPTION).exists()
    assert not (place.root / "map" / "classification.tif").exists()
    return Evidence(done, "region south", "run 0")


@row(62, "class missing in one region", "OK 0", "never mapped there; its probability is 0, in the order of the nomenclature")
def _(place: Place) -> Evidence:
    give(place, north_only((5, 16)))
    done = place.run(samples={"regions": REGIONS}, map={"probabilities": True})
    assert codes_south(place) <= {5, 16}
    bands = read_window(str(place.root / paths.PROBABILITIES), bands=[1, 2, 3])  # in the order of the codes
    assert not bands[1, 20:].any()
    assert bands[1, :20].any()
    return Evidence(done)


@row(63, "class of one polygon", "W 0", "it learns, is mapped, and no accuracy is claimed for it; noted in the account of the samples")
def _(place: Place) -> Evidence:
    frame = land.polygons()
    first = frame.index[frame.code == 16][0]
    give(place, frame[(frame.code != 16) | (frame.index == first)].reset_index(drop=True))
    done = place.run()
    split = pd.read_csv(place.root / paths.SPLIT)
    assert split.run_0[split.code == 16].tolist() == [1]
    assert 16 in np.unique(read_window(str(place.root / "map" / "classification.tif")))
    account = pd.read_csv(place.root / paths.LEDGER)
    assert account.code[account.step == "not validated: no polygon is left for validation"].tolist() == [16]
    scores = pd.read_csv(place.root / "assessment" / "scores.csv")
    assert not scores[scores["class"] == "Feuillus"]["mean"].notna().any()
    return Evidence(done)


# Models of others


def other_run(place: Place, **changes: Any) -> Path:
    """Folder of the model of another run of the field."""
    assert place.train(output="other", **changes).returncode == 0
    return place.folder / "other" / paths.model(1, 0)


def refused(place: Place, where: str, field: str = "") -> Evidence:
    """`run` with the models of the other run: nothing is started."""
    done = place.run(model=None, reuse="other")
    assert not (place.root / "map").exists()
    assert not (place.root / "models").exists()
    return Evidence(done, where, field)


@row(64, "model file cut or changed", "FF 1 E-MOD-001", "by its SHA-256, before any library is given the file")
def _(place: Place) -> list[Evidence]:
    found = []
    for kind in ({"kind": "random_forest", "trees": 5}, {"kind": "lightgbm", "trees": None, "max_depth": None, "rounds": None}):
        shutil.rmtree(place.folder / "other", ignore_errors=True)
        folder = other_run(
            place, model={key: value for key, value in kind.items() if value is not None} if kind["kind"] != "lightgbm" else None
        )
        (path,) = [p for p in folder.iterdir() if p.name.startswith("model.")]
        content = path.read_bytes()
        for broken in (content[: len(content) // 2], content[:100] + bytes([content[100] ^ 1]) + content[101:]):
            path.write_bytes(broken)
            found.append(refused(place, path.name))
    return found


@row(
    65, "model of other features", "FF 1 E-MOD-003", "the names and their order are part of the model",
    note="The versions of the libraries stand in the model; one that they can no longer read is refused with E-MOD-002, with both versions.",
)  # fmt: skip
def _(place: Place) -> list[Evidence]:
    other_run(place, features={"s2": {"indices": ["NDVI"]}})
    fewer = refused(place, "other", "names")
    shutil.rmtree(place.folder / "other")
    other_run(place, inputs={"s2": {"bands": ["B8", "B4", "B11"]}})
    return [fewer, refused(place, "other", "names")]


class Poison:
    """Runs a command when it is unpickled."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, (f"touch {self.sign}",)


@row(66, "pickle offered as a model", "FF 1 E-MOD-002", "refused by its format, and never loaded")
def _(place: Place) -> list[Evidence]:
    folder, sign = other_run(place), place.folder / "ran"
    (path,) = [p for p in folder.iterdir() if p.name.startswith("model.")]
    path.write_bytes(pickle.dumps(Poison(sign)))
    described = json.loads((folder / bundle.DESCRIPTION).read_text())
    described.pop("digest")
    described["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / bundle.DESCRIPTION).write_text(json_text(described | {"digest": bundle._digest(described)}))
    disguised = place.run(model=None, reuse="other")
    assert not (place.root / "map" / "classification.tif").exists()
    shutil.rmtree(place.root)
    (folder / bundle.DESCRIPTION).write_bytes(pickle.dumps(Poison(sign)))
    described_by_one = refused(place, bundle.DESCRIPTION)
    (folder / bundle.DESCRIPTION).unlink()
    path.rename(folder / "model.pkl")
    alone = refused(place, "other")
    assert not sign.exists()
    return [
        Evidence(described_by_one.done, bundle.DESCRIPTION, code="E-MOD-001"),
        Evidence(alone.done, "other", code="E-REU-001"),
        Evidence(disguised, "region_1_run_0", "random_forest"),
    ]
