"""Model bundles: a folder that holds a fitted model and says what it is.

    bundle.json    kind, feature names, classes, options, seed, trainer, versions, SHA-256 of the other files, what the caller adds
    model.skops    a random forest            model.txt    or a LightGBM model
    edges.npz      the code book, if the model was fitted on codes

Nothing is unpickled, and no file is given to a library before its SHA-256 was checked: a cut LightGBM text would end the process.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from iota_py.codes import CodeBook
from iota_py.errors import Fault, InputError
from iota_py.io.publish import json_text, write_bytes, write_text
from iota_py.training import archive
from iota_py.training.estimators import ESTIMATORS
from iota_py.training.fit import Fitted
from iota_py.training.trainers import Trainer

FORMAT = 1
DESCRIPTION, EDGES = "bundle.json", "edges.npz"
MODELS = {"random_forest": "model.skops", "lightgbm": "model.txt"}
_REFUSED = {".pkl", ".pickle", ".joblib", ".dill"}
_LIBRARIES = ("numpy", "scikit-learn", "skops", "lightgbm")
_TRAIN_AGAIN = "train the model again, or copy the whole folder again from where it was made"


def save(fitted: Fitted, folder: str | Path, extra: Mapping[str, Any] | None = None) -> None:
    """Write the bundle. The same fitted model gives the same bytes. extra: JSON values kept under `extra` (region, run, fingerprints)."""
    folder = Path(folder)
    files = {MODELS[fitted.kind]: _WRITERS[fitted.kind](fitted.estimator)}
    if fitted.book is not None:
        arrays = {"edges": fitted.book.edges, "starts": fitted.book.starts}
        files[EDGES] = archive.zip_bytes((f"{name}.npy", archive.npy_bytes(array)) for name, array in arrays.items())
    for name in {DESCRIPTION, EDGES, *MODELS.values()} - set(files):
        (folder / name).unlink(missing_ok=True)  # the description first to go, last to come: a folder that has one is whole
    for name, content in files.items():
        write_bytes(folder / name, content)
    description = _description(fitted, {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}, extra or {})
    write_text(folder / DESCRIPTION, json_text(description | {"digest": _digest(description)}))


def load(folder: str | Path, names: tuple[str, ...] | None = None) -> Fitted:
    """The fitted model of a bundle.

    names: the features that the caller will give, in order. InputError: E-MOD-001 a file is missing, changed or unreadable,
    E-MOD-002 not a bundle but another format, E-MOD-003 other feature names, E-MOD-004 written by a later version.
    """
    folder = Path(folder)
    description = describe(folder)
    own = tuple(description["names"])
    if names is not None and tuple(names) != own:
        raise InputError(Fault("E-MOD-003", str(folder), "names", _difference(own, tuple(names)), "map with the features of the training"))
    kind = description["kind"]
    contents = {name: _checked(folder / name, digest) for name, digest in sorted(description["files"].items())}
    try:
        estimator = _READERS[kind](contents[MODELS[kind]])
        book = _book(contents[EDGES]) if EDGES in contents else None
        options = ESTIMATORS[kind].options(**description["options"])
    except Exception as error:  # whatever the libraries raise on bytes that are what was written, yet not readable here
        made_with = ", ".join(f"{k} {v}" for k, v in description["versions"].items())
        message = f"cannot be read by the installed libraries ({type(error).__name__}: {error}); it was made with {made_with}"
        raise InputError(
            Fault("E-MOD-002", str(folder), MODELS[kind], message, "install these versions, or train the model again")
        ) from error
    trainer = Trainer(**description["trainer"]) if description.get("trainer") else None
    return Fitted(kind, estimator, book, np.array(description["classes"], np.uint8), own, options, description["seed"], trainer)


def describe(folder: str | Path) -> dict[str, Any]:
    """Content of `bundle.json`, checked; the model itself is not read. InputError as `load`."""
    path = Path(folder) / DESCRIPTION
    _refuse_other_formats(Path(folder))
    try:
        description = json.loads(path.read_bytes())
        digest = description.pop("digest")
    except (OSError, ValueError, AttributeError, KeyError) as error:
        raise InputError(Fault("E-MOD-001", str(path), "", f"missing or not readable ({type(error).__name__})", _TRAIN_AGAIN)) from error
    if description.get("format") != FORMAT:
        message = f"expected a bundle of format {FORMAT}, found {description.get('format')!r}"
        raise InputError(Fault("E-MOD-004", str(path), "format", message, "use the version of iota_py that wrote it"))
    if digest != _digest(description):
        raise InputError(Fault("E-MOD-001", str(path), "digest", "the file was changed after it was written", _TRAIN_AGAIN))
    return description


def _description(fitted: Fitted, files: Mapping[str, str], extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": fitted.kind,
        "names": list(fitted.names),
        "classes": [int(code) for code in fitted.classes],
        "options": asdict(fitted.options),
        "seed": int(fitted.seed),
        "trainer": fitted.trainer and {"name": fitted.trainer.name, "version": fitted.trainer.version},
        "versions": {library: version(library) for library in _LIBRARIES},
        "files": dict(files),
        "extra": dict(extra),
    }


def _digest(description: Mapping[str, Any]) -> str:
    return hashlib.sha256(json_text(description).encode()).hexdigest()


def _checked(path: Path, digest: str) -> bytes:
    """The bytes of a file, once their SHA-256 was found right: what is checked is what is used."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(Fault("E-MOD-001", str(path), "", f"cannot be read: {error.strerror}", _TRAIN_AGAIN)) from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        message = f"expected SHA-256 {digest[:12]}…, found {found[:12]}… ({len(content)} bytes): the file was cut or changed"
        raise InputError(Fault("E-MOD-001", str(path), "", message, _TRAIN_AGAIN))
    return content


def _refuse_other_formats(folder: Path) -> None:
    found = [folder] if folder.is_file() else sorted(folder.glob("*")) if not (folder / DESCRIPTION).exists() else []
    refused = [p for p in found if p.suffix in _REFUSED or folder.is_file()]
    if refused:
        message = f"expected a model bundle (a folder with {DESCRIPTION}), found {refused[0].name}"
        raise InputError(
            Fault("E-MOD-002", str(folder), "", message, "pickled models run code when opened and are never read: train the model again")
        )


def _difference(own: tuple[str, ...], given: tuple[str, ...]) -> str:
    missing, unexpected = [n for n in own if n not in set(given)], [n for n in given if n not in set(own)]
    parts = [f"the model was fitted on {len(own)} features, {len(given)} are given"]
    parts += [f"{what} {_some(names)}" for what, names in (("missing", missing), ("unexpected", unexpected)) if names]
    if not missing and not unexpected:
        place = next((i for i, (a, b) in enumerate(zip(own, given)) if a != b), min(len(own), len(given)))
        expected, found = (names[place] if place < len(names) else "nothing" for names in (own, given))
        parts.append(f"the order differs first at position {place + 1}: expected {expected}, found {found}")
    return "; ".join(parts)


def _some(names: list[str], limit: int = 5) -> str:
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def _lightgbm_bytes(booster: lightgbm.Booster) -> bytes:
    text = booster.model_to_string(num_iteration=-1)
    return re.sub(r"^\[num_threads: .*\]$", "[num_threads: 1]", text, flags=re.MULTILINE).encode()  # the result does not depend on it


def _book(content: bytes) -> CodeBook:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return CodeBook(arrays["edges"], arrays["starts"])


def _restored_forest(content: bytes) -> Any:
    forest = archive.restore(content)
    forest.n_jobs = 1
    return forest


def _restored_booster(content: bytes) -> lightgbm.Booster:
    return lightgbm.Booster(model_str=content.decode())


_WRITERS: dict[str, Callable[[Any], bytes]] = {"random_forest": archive.dump, "lightgbm": _lightgbm_bytes}
_READERS: dict[str, Callable[[bytes], Any]] = {"random_forest": _restored_forest, "lightgbm": _restored_booster}
