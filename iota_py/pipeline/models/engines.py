"""What is asked of models before there is one, and from the folder of a model to what predicts with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.members import planned_members
from iota_py.prediction.engine import Engine
from iota_py.prediction.loading import load_engine
from iota_py.training.bundle import load
from iota_py.training.layout import layout_of


def engine_at(folder: str | Path, names: tuple[str, ...]) -> Engine:
    """The engine of a bundle, which must have been fitted on these features in this order. InputError as `training.bundle.load`."""
    return load_engine(load(folder, names))


def model_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """What is wrong with a model for these features and classes: E-CFG-026 no dates to learn along, E-CFG-027 a weight of no class."""
    sections = list(_sections(config.model))
    faults = [] if nomenclature is None else [f for field, section in sections for f in _weight_faults(field, section, nomenclature)]
    if inventory is not None and any(section.kind == "tempcnn" for _, section in sections):
        faults.extend(_layout_faults(config, inventory))
    return faults


def _sections(model: Any) -> Iterator[tuple[str, Any]]:
    """The section of the model, or those of its members, each with its key."""
    members = getattr(model, "members", None)
    if members is None:
        yield "model", model
    else:
        yield from ((f"model.members.{name}", section) for name, section in members.items())


def _weight_faults(field: str, section: Any, nomenclature: Nomenclature) -> list[Fault]:
    weights = getattr(section, "class_weight", None)
    unknown = sorted(set(weights) - set(nomenclature.codes)) if isinstance(weights, dict) else []
    if not unknown:
        return []
    text = f"no class has code {', '.join(map(str, unknown))}; codes are {', '.join(map(str, nomenclature.codes))}"
    return [Fault("E-CFG-027", "config", f"{field}.class_weight", text, "give codes of the nomenclature")]


def _layout_faults(config: RunConfig, inventory: Inventory) -> list[Fault]:
    """A network along time needs columns with dates: components have none, and a member of a fusion sees its own only."""
    members = planned_members(config, inventory)
    columns = [member.names for member in members] or [inventory.feature_names]
    kept = None if inventory.kept is None else set(inventory.kept)
    faults: list[Fault] = []
    for names in columns:
        try:
            layout_of([] if config.reduction is not None else [name for name in names if kept is None or name in kept])
        except ConfigError as error:
            faults.extend(error.faults)
    return list(dict.fromkeys(faults))
