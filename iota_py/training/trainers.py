"""Which library fits a model, named with its version before anything is fitted: both decide the bytes of the model.

Random forests are grown by scikit-learn, or sooner by its Intel extension (package scikit-learn-intelex, for x86-64) where that is
installed. Nothing is imported here to find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from iota_py.errors import ConfigError, Fault

SCIKIT_LEARN, INTEL, LIGHTGBM, XGBOOST, TORCH, AUTO = "scikit-learn", "intel", "lightgbm", "xgboost", "torch", "auto"
SEVERAL = "several"  # of the members of an ensemble; the version names them all
PACKAGES = {SCIKIT_LEARN: "scikit-learn", INTEL: "scikit-learn-intelex", LIGHTGBM: "lightgbm", XGBOOST: "xgboost", TORCH: "torch"}
LIBRARIES = {"lightgbm": LIGHTGBM, "xgboost": XGBOOST, "tempcnn": TORCH}  # by kind of estimator; the others are scikit-learn's
_BUILDS = {XGBOOST: ("xgboost-cpu",)}  # other names under which a library is installed
OLDEST = 2025  # year of the first release of the extension that is used
_USUAL = {"criterion": "gini", "max_leaf_nodes": None, "min_impurity_decrease": 0.0, "max_samples": None}  # all that was tried with it
MOST_TREES = 6024  # beyond, the extension hands the work back to scikit-learn


@dataclass(frozen=True)
class Trainer:
    """A library that fits models. name: key of PACKAGES. version: of its package."""

    name: str
    version: str

    @property
    def package(self) -> str:
        """Name of the package."""
        return PACKAGES[self.name]

    def __str__(self) -> str:
        return self.version if self.name == SEVERAL else f"{self.package} {self.version}"


def choose_trainer(model: Any) -> Trainer:
    """The library that will fit a model.

    model: a section of the configuration, or options: of an ensemble with `members`, of a forest with `trainer` (`scikit-learn`, `intel`
    or `auto`: the extension where it is installed and does what is asked for, which leaves out class weights and forests without codes),
    else with `kind`. ConfigError: E-CFG-018 the extension is asked for and not installed, E-CFG-019 it cannot do what is asked for,
    E-CFG-025 an optional library is not installed.
    """
    if hasattr(model, "members"):
        return _of_members(model)
    asked = getattr(model, "trainer", None)
    if asked is None:
        name = LIBRARIES.get(model.kind, SCIKIT_LEARN)
        return Trainer(name, _needed(name))
    hindrance = _hindrance(model)
    extension = _extension()
    if asked == INTEL or (asked == AUTO and extension is not None and hindrance is None):
        return Trainer(INTEL, _expect(extension, hindrance))
    return Trainer(SCIKIT_LEARN, version(PACKAGES[SCIKIT_LEARN]))


def _of_members(model: Any) -> Trainer:
    """All the libraries of an ensemble; a stack is fitted by scikit-learn itself."""
    parts = model.members.values() if isinstance(model.members, Mapping) else (member.options for member in model.members)
    found = {str(choose_trainer(part)) for part in parts}
    found |= {str(Trainer(SCIKIT_LEARN, version(PACKAGES[SCIKIT_LEARN])))} if model.kind == "stacking" else set()
    return Trainer(SEVERAL, ", ".join(sorted(found)))


def _needed(name: str) -> str:
    """Version of a library that must be installed."""
    found = installed(name)
    if found is None:
        text = f"the library {name} is not installed"
        raise ConfigError(Fault("E-CFG-025", "config", "model.kind", text, f"pip install 'iota-py[{name}]', or another kind"))
    return found


def installed(name: str) -> str | None:
    """Version of a library, None where it is not installed."""
    for package in (PACKAGES[name], *_BUILDS.get(name, ())):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return None


def _expect(installed: str | None, hindrance: str | None) -> str:
    """Version of the extension, which is asked for by name."""
    where, field, other = "config", "model.trainer", "trainer: scikit-learn"
    if hindrance is not None:
        raise ConfigError(Fault("E-CFG-019", where, field, f"the Intel extension cannot train with {hindrance}", f"change it, or {other}"))
    if installed is None:
        text = f"the Intel extension is not installed (scikit-learn-intelex, {OLDEST} or later)"
        raise ConfigError(Fault("E-CFG-018", where, field, text, f"pip install 'iota-py[intel]', or {other}"))
    return installed


def _hindrance(model: Any) -> str | None:
    """What the extension would do otherwise than scikit-learn: it draws samples without regard to weights, and cuts values its own way."""
    if model.class_weight is not None:
        return "class_weight"
    if not model.bins:
        return "bins: null"
    for name, usual in _USUAL.items():
        if getattr(model, name, usual) != usual:
            return name
    return f"more than {MOST_TREES} trees" if model.trees > MOST_TREES else None


def _extension() -> str | None:
    """Version of the extension, None where it is not installed or too old."""
    found = installed(INTEL)
    return found if found is not None and int(found.split(".")[0]) >= OLDEST else None
