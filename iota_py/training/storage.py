"""Fitted objects as files in memory, and back: one format for each library, none of which runs code when it is opened."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from iota_py.codes import CodeBook
from iota_py.probabilities import Sigmoids
from iota_py.temporal import TemporalNetwork
from iota_py.training import archive
from iota_py.training.ensembles import Stacking, Voting, member_seed
from iota_py.training.fitted import Fitted

EDGES = "edges.npz"
SUFFIXES = (".skops", ".txt", ".ubj", ".npz")  # of all the files of a model
_TREES = ("sklearn.tree._tree.Tree",)
_HISTOGRAMS = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
_SKOPS, _TEXT, _BINARY, _ARRAYS, _CURVES, _FINAL = "model.skops", "model.txt", "model.ubj", "model.npz", "curves.npz", "final.npz"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Format:
    """How the object of a kind is stored. write: object -> bytes by file name. read: those -> object."""

    write: Callable[[Any], dict[str, bytes]]
    read: Callable[[Files], Any]


def files_of(fitted: Fitted) -> dict[str, bytes]:
    """Files of a model without its description: the same model gives the same bytes. Those of a member begin with its name and a dot."""
    if fitted.kind in ("voting", "stacking"):
        return _ensemble_files(fitted)
    files = FORMATS[fitted.kind].write(fitted.estimator)
    if fitted.book is not None:
        files[EDGES] = npz_bytes({"edges": fitted.book.edges, "starts": fitted.book.starts})
    return files


def fitted_of(empty: Fitted, files: Files) -> Fitted:
    """The model of these files. empty: the same without its object and book. Whatever the libraries raise comes through."""
    if empty.kind in ("voting", "stacking"):
        return _with(empty, _ensemble(empty, files), None)
    book = CodeBook(**npz_arrays(files[EDGES])) if EDGES in files else None
    return _with(empty, FORMATS[empty.kind].read(files), book)


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays by name in NumPy's format, the same bytes for the same arrays."""
    return archive.zip_bytes((f"{name}.npy", archive.npy_bytes(array)) for name, array in arrays.items())


def npz_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Arrays by name; ValueError where one of them would need pickle."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def _with(empty: Fitted, estimator: Any, book: CodeBook | None) -> Fitted:
    return Fitted(empty.kind, estimator, book, empty.classes, empty.names, empty.options, empty.seed, empty.trainer)


def _ensemble_files(fitted: Fitted) -> dict[str, bytes]:
    names = [member.name for member in fitted.options.members]
    files = {f"{name}.{file}": content for name, part in zip(names, fitted.estimator.members) for file, content in files_of(part).items()}
    if fitted.kind == "stacking":
        files[_FINAL] = npz_bytes({"coefficients": fitted.estimator.coefficients, "intercepts": fitted.estimator.intercepts})
    return files


def _ensemble(empty: Fitted, files: Files) -> Voting | Stacking:
    members = []
    for member in empty.options.members:
        own = {file.removeprefix(f"{member.name}."): content for file, content in files.items() if file.startswith(f"{member.name}.")}
        seed = member_seed(empty.seed, member.name)
        members.append(fitted_of(Fitted(member.kind, None, None, empty.classes, empty.names, member.options, seed), own))
    if empty.kind == "stacking":
        return Stacking(tuple(members), **npz_arrays(files[_FINAL]))
    weights = np.array([member.weight for member in empty.options.members])
    return Voting(tuple(members), weights / weights.sum())


def _skops(*trusted: str) -> Format:
    """Objects of scikit-learn; trusted: the types beyond those that skops knows, which are never taken from the file itself."""
    return Format(lambda estimator: {_SKOPS: archive.dump(estimator)}, lambda files: archive.restore(files[_SKOPS], trusted))


def _forest(files: Files) -> Any:
    forest = archive.restore(files[_SKOPS], _TREES)
    forest.n_jobs = 1
    return forest


def _lightgbm_files(booster: lightgbm.Booster) -> dict[str, bytes]:
    text = booster.model_to_string(num_iteration=-1)
    text = re.sub(r"^\[num_threads: .*\]$", "[num_threads: 1]", text, flags=re.MULTILINE)  # the result does not depend on it
    return {_TEXT: text.encode()}


def _xgboost(files: Files) -> Any:
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(files[_BINARY]))
    return booster


def _curves_files(model: Sigmoids) -> dict[str, bytes]:
    return {_SKOPS: archive.dump(model.estimator), _CURVES: npz_bytes({"slope": model.slope, "offset": model.offset})}


FORMATS: Mapping[str, Format] = {
    "random_forest": Format(lambda forest: {_SKOPS: archive.dump(forest)}, _forest),
    "extra_trees": Format(lambda forest: {_SKOPS: archive.dump(forest)}, _forest),
    "lightgbm": Format(_lightgbm_files, lambda files: lightgbm.Booster(model_str=files[_TEXT].decode())),
    "hist_gradient_boosting": _skops(*_HISTOGRAMS),
    "xgboost": Format(lambda booster: {_BINARY: bytes(booster.save_raw("ubj"))}, _xgboost),
    "svm": Format(_curves_files, lambda files: Sigmoids(archive.restore(files[_SKOPS]), **npz_arrays(files[_CURVES]))),
    "knn": _skops(),
    "logistic_regression": _skops(),
    "tempcnn": Format(
        lambda network: {_ARRAYS: npz_bytes(network.arrays())},
        lambda files: TemporalNetwork.from_arrays(npz_arrays(files[_ARRAYS])),
    ),
}
