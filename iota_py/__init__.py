"""Land-cover maps from satellite image time series: from products to an assessed national map."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("iota-py")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+source"
