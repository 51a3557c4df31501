"""The plan of `iota-py train`: models and their scores on validation samples, without a map."""

from __future__ import annotations

from collections.abc import Mapping

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plan import Plan, ordered, reading_tasks
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.plans.drift import drift_tasks
from iota_py.pipeline.plans.importance import importance_tasks
from iota_py.pipeline.plans.learning import learning_tasks
from iota_py.pipeline.plans.object_faults import refuse_scores
from iota_py.pipeline.plans.probabilities import probability_results, probability_tasks
from iota_py.pipeline.plans.table import sample_score_tasks, table_tasks
from iota_py.pipeline.plans.target import value_score_tasks


def make_train_plan(config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> Plan:
    """The tasks up to the models and their scores; the same tasks, with the same keys, as those of the whole run.

    Raises ConfigError E-TBL-016 where models are fused, which is done on maps only; E-OBJ-010 for objects.
    """
    build = Builder()
    if not inventory.tiles:
        table_tasks(build, config, inventory, external, report=False)
        return ordered(build)
    if config.fusion is not None:
        text = "the members of a fusion answer together on a map only, so there is nothing to score without one"
        raise ConfigError(Fault("E-TBL-016", config.name, "train", text, "use iota-py run"))
    refuse_scores(config)
    footprints = reading_tasks(build, inventory)
    if config.samples.target is not None:
        value_score_tasks(build, config, inventory, external, footprints)
        return ordered(build)
    trains = learning_tasks(build, config, inventory, external, footprints)
    drift_tasks(build, config, inventory, external, footprints, trains)
    sample_score_tasks(build, config, inventory, trains, external)
    importance_tasks(build, config, inventory, external, trains)
    probability_tasks(build, config, inventory, trains)
    probability_results(build, config, inventory, external)
    return ordered(build)
