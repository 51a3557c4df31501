"""Writing configurations, and the faults that loading them gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError

MINIMAL = """
name: small
output: runs/small
nomenclature: classes.yaml
inputs:
  s2: {family: theia-s2-l2a, path: data}
samples: {polygons: reference.gpkg}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., RunConfig]:
    """Load the minimal configuration with text replaced, and lines added."""

    def call(more: str = "", **replaced: str) -> RunConfig:
        text = MINIMAL
        for key, value in replaced.items():
            assert key in text
            text = text.replace(key, value)
        path = tmp_path / "run.yaml"
        path.write_text(f"{text}{more}\n", encoding="utf-8")
        return load_config(path)

    return call


@pytest.fixture
def lines(load: Callable[..., RunConfig], tmp_path: Path) -> Callable[..., list[str]]:
    """The lines of the faults of such a configuration, without the name of the folder."""

    def call(more: str = "", **replaced: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(more, **replaced)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return call
