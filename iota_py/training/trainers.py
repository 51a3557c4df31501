"""Which library fits a model, named with its version before anything is fitted: both decide the bytes of the model.

Random forests are grown by scikit-learn, or sooner by its Intel extension (package scikit-learn-intelex, for x86-64) where that is
installed. Nothing is imported here to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from iota_py.errors import ConfigError, Fault

SCIKIT_LEARN, INTEL, LIGHTGBM, AUTO = "scikit-learn", "intel", "lightgbm", "auto"
PACKAGES = {SCIKIT_LEARN: "scikit-learn", INTEL: "scikit-learn-intelex", LIGHTGBM: "lightgbm"}
OLDEST = 2025  # year of the first release of the extension that is used
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
        return f"{self.package} {self.version}"


def choose_trainer(model: Any) -> Trainer:
    """The library that will fit a model.

    model: a LightGBM one, without `trainer`, or a forest, with the attributes of RandomForestOptions and `trainer` `scikit-learn`,
    `intel` or `auto`: the extension where it is installed and does what is asked for, which leaves out class weights and forests without
    codes. ConfigError: E-CFG-018 the extension is asked for and not installed, E-CFG-019 it cannot do what is asked for.
    """
    asked = getattr(model, "trainer", None)
    if asked is None:
        return Trainer(LIGHTGBM, version(PACKAGES[LIGHTGBM]))
    hindrance = _hindrance(model)
    installed = _extension()
    if asked == INTEL or (asked == AUTO and installed is not None and hindrance is None):
        return Trainer(INTEL, _expect(installed, hindrance))
    return Trainer(SCIKIT_LEARN, version(PACKAGES[SCIKIT_LEARN]))


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
    return f"more than {MOST_TREES} trees" if model.trees > MOST_TREES else None


def _extension() -> str | None:
    """Version of the extension, None where it is not installed or too old."""
    try:
        found = version(PACKAGES[INTEL])
    except PackageNotFoundError:
        return None
    return found if int(found.split(".")[0]) >= OLDEST else None
