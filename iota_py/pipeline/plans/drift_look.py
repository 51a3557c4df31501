"""The plan of `iota-py drift`: what has to be read to compare a year with that of the models, and nothing of the map."""

from __future__ import annotations

from collections.abc import Mapping

from iota_py.config.drift import Drift
from iota_py.config.schema import RunConfig
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.reuse import reuse_tasks
from iota_py.pipeline.plan import Plan, ordered, reading_tasks
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.plans.drift import drift_tasks


def asked_for_drift(config: RunConfig) -> RunConfig:
    """The configuration with the section `assessment.drift`, by default where it has none; regions out of range stop nothing here."""
    wish = config.assessment.drift or Drift()
    return config.model_copy(update={"assessment": config.assessment.model_copy(update={"drift": wish.model_copy(update={"stop": False})})})


def make_drift_plan(config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> Plan:
    """The tasks up to the table of the drift; the same tasks, with the same keys, as those of the whole run."""
    build = Builder()
    footprints = reading_tasks(build, inventory)
    trains = reuse_tasks(build, inventory)
    drift_tasks(build, config, inventory, external, footprints, trains)
    return ordered(build)
