"""Model bundles: a folder that holds a fitted model and says what it is.

    bundle.json    kind, feature names, classes (of a regressor: its target), options, seed, trainer, versions, SHA-256 of the other files, what the caller adds
    model.*        the fitted object, in a format of its kind (`training.storage`); curves.npz: those of probabilities of an SVM
    edges.npz      the code book, if the model was fitted on codes
    <member>.*     the same for each member of an ensemble; final.npz: what a stack makes of their probabilities
    projection.npz what makes its columns of the features, if it was not fitted on the features themselves
    calibration.npz what corrects its probabilities, if anything does

Nothing is unpickled, and no file is given to a library before its SHA-256 was checked: a cut LightGBM text would end the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.calibration import Calibration
from iota_py.errors import Fault, InputError
from iota_py.io.publish import json_text, write_bytes, write_text
from iota_py.projection import projection_arrays, projection_of
from iota_py.training.fitted import Fitted, Target
from iota_py.training.options import OPTIONS, options_named
from iota_py.training.storage import SUFFIXES, files_of, fitted_of, npz_arrays, npz_bytes
from iota_py.training.trainers import LIBRARIES, PACKAGES, SCIKIT_LEARN, Trainer, installed

FORMAT = 1
DESCRIPTION, PROJECTION, CALIBRATION = "bundle.json", "projection.npz", "calibration.npz"
_REFUSED = {".pkl", ".pickle", ".joblib", ".dill"}
_LIBRARIES = ("numpy", "scikit-learn", "skops", "lightgbm")
_TRAIN_AGAIN = "train the model again, or copy the whole folder again from where it was made"


def save(fitted: Fitted, folder: str | Path, extra: Mapping[str, Any] | None = None) -> None:
    """Write the bundle. The same fitted model gives the same bytes. extra: JSON values kept under `extra` (region, run, fingerprints)."""
    folder = Path(folder)
    files = files_of(fitted)
    if fitted.projection is not None:
        files[PROJECTION] = npz_bytes(projection_arrays(fitted.projection))
    if fitted.calibration is not None:
        files[CALIBRATION] = npz_bytes(fitted.calibration.arrays())
    (folder / DESCRIPTION).unlink(missing_ok=True)  # the first to go, the last to come: a folder that has one is whole
    for path in folder.glob("*"):
        if path.suffix in SUFFIXES and path.name not in files:
            path.unlink()
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
        raise InputError(
            Fault("E-MOD-003", str(folder), "names", difference_of_names(own, tuple(names)), "map with the features of the training")
        )
    kind = description["kind"]
    _check_kind(kind, description, folder)
    contents = {name: _checked(folder / name, digest) for name, digest in sorted(description["files"].items())}
    classes, seed = np.array(description["classes"], np.uint8), description["seed"]
    trainer = Trainer(**description["trainer"]) if description.get("trainer") else None
    try:
        empty = Fitted(kind, None, None, classes, own, options_named(kind, description["options"]), seed, trainer)
        fitted = fitted_of(empty, contents)
        projection = projection_of(npz_arrays(contents[PROJECTION])) if PROJECTION in contents else None
        calibration = Calibration.from_arrays(npz_arrays(contents[CALIBRATION])) if CALIBRATION in contents else None
    except Exception as error:  # whatever the libraries raise on bytes that are what was written, yet not readable here
        made_with = ", ".join(f"{k} {v}" for k, v in description["versions"].items())
        message = f"cannot be read by the installed libraries ({type(error).__name__}: {error}); it was made with {made_with}"
        raise InputError(Fault("E-MOD-002", str(folder), kind, message, "install these versions, or train the model again")) from error
    target = Target(**description["target"]) if "target" in description else None
    return replace(fitted, projection=projection, calibration=calibration, target=target)


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


def check_files(folder: str | Path) -> None:
    """Hash the files of a bundle against its description, without reading a model. InputError as `load`."""
    for name, digest in sorted(describe(folder)["files"].items()):
        _checked(Path(folder) / name, digest)


def _description(fitted: Fitted, files: Mapping[str, str], extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": fitted.kind,
        "names": list(fitted.names),
        "classes": [int(code) for code in fitted.classes],
        "options": asdict(fitted.options),
        "seed": int(fitted.seed),
        "trainer": fitted.trainer and {"name": fitted.trainer.name, "version": fitted.trainer.version},
        "versions": {library: version(library) for library in _LIBRARIES} | _optional(fitted.options),
        "files": dict(files),
        "extra": dict(extra),
        **({} if fitted.target is None else {"target": asdict(fitted.target)}),
    }


def _kinds(options: Any) -> set[str]:
    """The kind of these options, and those of the members."""
    return {options.kind, *(member.kind for member in getattr(options, "members", ()))}


def _optional(options: Any) -> dict[str, str]:
    """Versions of the libraries that not everybody has installed."""
    libraries = {LIBRARIES.get(kind, SCIKIT_LEARN) for kind in _kinds(options)}
    found = {PACKAGES[name]: installed(name) for name in sorted(libraries) if PACKAGES[name] not in _LIBRARIES}
    return {package: number for package, number in found.items() if number is not None}


def _check_kind(kind: str, description: Mapping[str, Any], folder: Path) -> None:
    """InputError where this version, or this computer, does not have what the model is of."""
    if kind not in OPTIONS:
        message = f"an estimator of kind `{kind}`, which this version does not know"
        raise InputError(Fault("E-MOD-006", str(folder), "kind", message, "use the version of iota_py that wrote it"))
    kinds = {kind, *(member["kind"] for member in description["options"].get("members", ()))}
    if "xgboost" in kinds and installed("xgboost") is None:
        raise InputError(Fault("E-MOD-005", str(folder), "kind", "the library xgboost is not installed", "pip install 'iota-py[xgboost]'"))


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


def difference_of_names(own: tuple[str, ...], given: tuple[str, ...]) -> str:
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
