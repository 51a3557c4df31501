"""Runs of these tests, made in this process, draw no figures."""

from tests.undrawn import plain  # noqa: F401 - a fixture of every module here
