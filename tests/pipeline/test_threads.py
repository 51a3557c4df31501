"""Threads of a task: what is left of the workers, and no byte more or less."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.pipeline.run import run
from iota_py.pipeline.threads import allowed, given
from tests.end_to_end.products import digests


def test_a_task_has_one_thread_unless_it_is_given_more() -> None:
    assert allowed() == 1
    with given(3):
        assert allowed() == 3
        with given(0):
            assert allowed() == 1
    assert allowed() == 1


@pytest.mark.slow
def test_models_do_not_depend_on_threads(light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    roots = []
    for name, workers in (("one", 1), ("many", 3)):
        more = f"samples: {{split: {{runs: 1}}}}\nengine: {{workers: {workers}}}\n"
        config = load_config(light_config(tmp_path / name, more))
        run(config)
        roots.append(config.output)
    assert digests(roots[0]) == digests(roots[1])
