"""The task that draws the legend of the map, and what is wrong with the languages asked for."""

from __future__ import annotations

from collections.abc import Mapping

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.plans.builder import Builder


def legend_task(build: Builder, config: RunConfig, external: Mapping[str, str]) -> str:
    """The task that draws the legend, once in each language."""
    params = {"nomenclature": external["nomenclature"], "languages": list(config.languages)}
    return build.add("legend", paths.in_languages(paths.LEGEND, config.languages), params)


def language_faults(config: RunConfig, nomenclature: Nomenclature | None) -> list[Fault]:
    """E-NOM-012: languages in which no class has a name, E-NOM-018: one given twice."""
    wish, where = config.languages, str(config.nomenclature or config.name)
    twice = sorted({language for language in wish if wish.count(language) > 1})
    faults = [Fault("E-NOM-018", where, "languages", f"`{language}` is given twice", "name each language once") for language in twice]
    return faults if nomenclature is None else [*faults, *unnamed_faults(nomenclature, wish, where, "languages")]


def unnamed_faults(nomenclature: Nomenclature, languages: tuple[str, ...], where: str, field: str) -> list[Fault]:
    """E-NOM-012: languages in which no class has a name."""
    known = {"en"} | {language for c in nomenclature.classes for language in c.names}
    return [
        Fault("E-NOM-012", where, field, f"no class has a name in `{language}`", f"languages: {', '.join(sorted(known))}")
        for language in languages
        if language not in known
    ]
