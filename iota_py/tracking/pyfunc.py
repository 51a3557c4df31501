"""The models of a run as one MLflow model: what `mlflow.pyfunc.load_model` calls.

A folder `data` beside the file `MLmodel` holds the bundles of the run, one for each region, draw and part, and `product.json`, which says
how they are put together. Bundles are read as everywhere in this package: by SHA-256, and nothing is unpickled.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.io.publish import read_json
from iota_py.mapping.vote import belief_vote, majority_vote
from iota_py.prediction.engine import Engine, Prediction
from iota_py.prediction.loading import load_engine
from iota_py.training.bundle import load

LOADER = "iota_py.tracking.pyfunc"
PRODUCT = "product.json"
FORMAT = 1
REGION = "region"
_INT16 = np.iinfo(np.int16)


def bundle_name(region: int, run: int, part: int, parts: int) -> str:
    """Folder of a bundle in `data`: of a region, draw and part."""
    return f"region_{region}_run_{run}" + ("" if parts == 1 else f"_part_{part}")


def _load_pyfunc(path: str) -> RegionModels:
    """What MLflow calls, with the folder `data`."""
    return RegionModels(Path(path))


class RegionModels:
    """The models of all regions and draws of a run.

    Raises InputError E-PRO-012 for a folder that a later version wrote; errors of `training.bundle.load` as models are first needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.product = read_json(folder / PRODUCT)
        if self.product.get("format") != FORMAT:
            text = f"expected models of format {FORMAT}, found {self.product.get('format')!r}"
            raise InputError(Fault("E-PRO-012", str(folder), PRODUCT, text, "use the version of iota_py that wrote it"))
        self.names: tuple[str, ...] = tuple(self.product["features"])
        self.regions: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in self.product["regions"]}
        self.runs = int(self.product["runs"])

    def predict(self, model_input: pd.DataFrame | np.ndarray, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Label (code of a class) and confidence (0–100) of samples, as on the map of the run; their order stays.

        model_input: a table with the columns of the features, as int16 numbers, and `region`, the name of the region of each sample; or an
        array (sample, feature) in the order of the features. params: `region`, of all samples, where the column is missing and there are
        several; `run`, a draw whose own labels are wanted, -1 for those of all draws together; `probabilities`, true for a column
        `p_<code>` for each class, 0–1, the mean over the models asked.

        Raises ValueError for columns, regions, draws or numbers that do not fit.
        """
        wish = {"region": "", "run": -1, "probabilities": False, **(params or {})}
        features, regions = self._taken(model_input, str(wish["region"]))
        runs = self._runs(int(wish["run"]))
        codes = self.product["classes"] if wish["probabilities"] else []
        label, confidence = np.zeros((2, len(features)), np.uint8)
        shares = np.zeros((len(features), len(codes)), np.float64)
        for name in dict.fromkeys(regions.tolist()):
            here = np.flatnonzero(regions == name)
            found = self._region(name, features[here], runs, bool(codes))
            label[here], confidence[here] = self._voted([_of_draw(parts) for parts in found], runs)
            if codes:
                shares[here] = _mean_shares([one for parts in found for one in parts], self._classes(name, runs), codes)
        table = {"label": label.astype(np.int32), "confidence": confidence.astype(np.int32)}
        return pd.DataFrame({**table, **{f"p_{code}": shares[:, place] for place, code in enumerate(codes)}})

    def get_raw_model(self) -> RegionModels:
        """Itself, past MLflow's check of the columns, which takes no arrays."""
        return self

    def engines(self, region: str, run: int) -> list[Engine]:
        """The engines of a region and draw, one for each of its parts."""
        entry = self.regions[region]
        parts = int(entry["parts"])
        return [self._engine(bundle_name(int(entry["number"]), run, part, parts)) for part in range(parts)]

    @functools.cache  # noqa: B019 - as long as the model is used
    def _engine(self, name: str) -> Engine:
        return load_engine(load(self.folder / name, self.names))

    def _region(self, name: str, features: np.ndarray, runs: Sequence[int], probabilities: bool) -> list[list[Prediction]]:
        return [[engine.predict(features, probabilities) for engine in self.engines(name, run)] for run in runs]

    def _classes(self, name: str, runs: Sequence[int]) -> list[np.ndarray]:
        return [engine.classes for run in runs for engine in self.engines(name, run)]

    def _voted(self, draws: Sequence[tuple[np.ndarray, np.ndarray]], runs: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Label and confidence of the draws together, by the rule of the map."""
        if len(draws) == 1:
            return draws[0]
        labels, confidence = (np.stack([draw[kind] for draw in draws]) for kind in (0, 1))
        mass = self.product["vote"]["mass"]
        if mass is None:
            return majority_vote(labels, confidence, self.product["vote"]["undecided"])
        return belief_vote(labels, confidence, np.array(mass)[list(runs)], self.product["vote"]["undecided"])

    def _runs(self, wanted: int) -> list[int]:
        if not -1 <= wanted < self.runs:
            raise ValueError(f"run {wanted}: expected -1 for all draws, or 0 to {self.runs - 1}")
        return list(range(self.runs)) if wanted < 0 else [wanted]

    def _taken(self, given: pd.DataFrame | np.ndarray, region: str) -> tuple[np.ndarray, np.ndarray]:
        """Features int16 (sample, feature) and the region of each sample."""
        if isinstance(given, pd.DataFrame):
            missing = [name for name in self.names if name not in given.columns]
            if missing:
                rest = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
                raise ValueError(f"columns are missing: {', '.join(missing[:5])}{rest}")
            values = given[list(self.names)].to_numpy()
            regions = given[REGION].astype(str).to_numpy(object) if REGION in given.columns and not region else None
        else:
            values, regions = np.asarray(given), None
        if regions is None:
            regions = np.full(len(values), self._one_region(region), object)
        strange = sorted(set(regions.tolist()) - set(self.regions))
        if strange:
            raise ValueError(f"region {strange[0]!r}: expected one of {', '.join(self.regions)}")
        return self._as_int16(values), regions

    def _one_region(self, region: str) -> str:
        if not region and len(self.regions) > 1:
            raise ValueError(f"expected a column `{REGION}`, or params={{'region': …}} with one of {', '.join(self.regions)}")
        return region or next(iter(self.regions))

    def _as_int16(self, values: np.ndarray) -> np.ndarray:
        if values.ndim != 2 or values.shape[1] != len(self.names):
            raise ValueError(f"expected an array (sample, {len(self.names)}), found shape {values.shape}")
        if len(values) and (not np.isfinite(values).all() or values.min() < _INT16.min or values.max() > _INT16.max):
            raise ValueError(f"features are whole numbers from {_INT16.min} to {_INT16.max}, as the run stores them")
        found = np.ascontiguousarray(values, np.int16)
        if not np.array_equal(found, values):
            raise ValueError("features are whole numbers, as the run stores them: found fractions")
        return found


def _of_draw(parts: Sequence[Prediction]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence 0–100, uint8, of a region in one draw: of its model, or of the vote of its parts."""
    labels = np.stack([one.labels for one in parts])
    confidence = np.stack([np.rint(one.confidence * 100) for one in parts]).astype(np.uint8)
    return (labels[0], confidence[0]) if len(parts) == 1 else majority_vote(labels, confidence)


def _mean_shares(found: Sequence[Prediction], classes: Sequence[np.ndarray], codes: Sequence[int]) -> np.ndarray:
    """Mean probability (sample, code) over models; a class that a model does not know has none."""
    place = {code: number for number, code in enumerate(codes)}
    total = np.zeros((len(found[0].labels), len(codes)))
    for one, own in zip(found, classes):
        assert one.probabilities is not None
        total[:, [place[int(code)] for code in own]] += one.probabilities
    return total / len(found)
