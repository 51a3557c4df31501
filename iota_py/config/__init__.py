"""The configuration of a run: its schema, and loading it with every fault at once."""

from iota_py.config.loading import load_config
from iota_py.config.schema import RunConfig

__all__ = ["RunConfig", "load_config"]
