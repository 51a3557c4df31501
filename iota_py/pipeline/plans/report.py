"""The report: in which languages it is written, and what its files are called."""

from __future__ import annotations

from iota_py.assessment.language import spoken
from iota_py.config.schema import RunConfig
from iota_py.pipeline import paths


def pages(config: RunConfig) -> dict[str, str]:
    """Language -> name of the page: `report.html` in the first language of the configuration that pages know, `report.fr.html` in others."""
    languages = spoken(config.languages)
    return dict(zip(languages, paths.in_languages(paths.REPORT, languages), strict=True))


def report_outputs(config: RunConfig) -> list[str]:
    """What the task of the report writes: its pages, and the table of acquisitions where there are any."""
    return [*pages(config).values(), *([paths.ACQUISITIONS] if config.inputs else [])]


def in_spoken(name: str, config: RunConfig) -> dict[str, str]:
    """Language -> name of a picture that a task writes once for each language of the pages."""
    languages = spoken(config.languages)
    return dict(zip(languages, paths.in_languages(name, languages), strict=True))
