"""The comparison of an experiment, or of runs that are named: collected, computed, written as a page, a table and a document."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iota_py import __version__
from iota_py.assessment.experiment.contrasts import DRAWS, adjusted, by_region, confusion, contrast, effects, spreads, wanted_pairs
from iota_py.assessment.experiment.documents import comparison_document, comparison_table
from iota_py.assessment.experiment.page import render_comparison
from iota_py.assessment.experiment.values import Comparison, Contrast, Entrant, Standing
from iota_py.assessment.metrics import scores
from iota_py.errors import ConfigError, Fault
from iota_py.io.publish import sha256, write_json, write_text
from iota_py.io.tables import write_csv
from iota_py.pipeline.experiments.collection import Collected, collect, entries_of, entries_of_folders
from iota_py.pipeline.experiments.document import NUMBERS, PAGE, TABLE, Study
from iota_py.pipeline.experiments.places import maps_of, spots
from iota_py.pipeline.records.manifest import SOURCE
from iota_py.tracking.provenance import git_state

_ALONE = "Samples are drawn again one by one. Those that lie near each other are alike, so the intervals are too narrow."

_DRAWS_PER_PAIR = 100  # the smallest p value is about 2 / draws: corrected for all pairs it must still be able to fall below 0.05


@dataclass(frozen=True)
class Wish:
    """What is compared and how. axes: axis -> choice that others are set against. baselines: group -> name of its baseline."""

    title: str
    question: str
    score: str
    apart: tuple[str, ...]
    axes: Mapping[str, str]
    baselines: Mapping[tuple[str, ...], str]
    places: int
    provenance: Mapping[str, str]


def compare_study(study: Study) -> Comparison:
    """The comparison of an experiment. Raises InputError E-EXP-010 when fewer than two variants are whole; E-EXP-011."""
    document = study.document
    first = next(variant for variant in study.variants if variant.name in study.baselines.values())
    axes = {axis.name: axis.choices[0].name if axis.name in document.apart else first.at(axis.name) for axis in study.axes}
    given = {"experiment": str(study.path), "SHA-256 of the experiment": sha256(study.path), "base": str(document.base)}
    title = document.title or document.name
    wish = Wish(title, document.question, document.score, document.apart, axes, study.baselines, document.places, given)
    return compared(collect(entries_of(study)), wish)


def compare_runs(folders: Sequence[Path], baseline: str | None = None, score: str = "overall_accuracy") -> Comparison:
    """The comparison of runs. baseline: name of the folder of one of them, default the first. Raises as `compare_study`, and E-EXP-004."""
    entries = entries_of_folders(folders)
    names = [entry.name for entry in entries]
    if baseline is not None and baseline not in names:
        raise ConfigError(Fault("E-EXP-004", "compare", "--baseline", f"no run `{baseline}`", f"there are: {', '.join(names)}"))
    chosen = baseline or names[0]
    title = f"{names[0]} and {names[1]}" if len(names) == 2 else f"{len(names)} runs"
    return compared(collect(entries), Wish(f"{title} compared", "", score, (), {"run": chosen}, {(): chosen}, 6, {}))


def compared(found: Collected, wish: Wish) -> Comparison:
    """Differences, effects, regions and places of what was collected."""
    codes = found.classes.codes
    pairs = wanted_pairs(found.entrants, wish.axes, wish.baselines)
    draws = max(DRAWS, _DRAWS_PER_PAIR * len(pairs))
    contrasts = {(a.name, b.name): contrast(a, b, codes, codes, draws) for a, b in pairs}
    standings = _standings(found.entrants, codes, wish, contrasts)
    several = len(wish.axes) > 1
    changed = effects(found.entrants, wish.axes, wish.apart, contrasts) if several else []
    sure = adjusted([one.contrast for one in changed], wish.score)
    changed = [replace(one, contrast=value) for one, value in zip(changed, sure, strict=True)]
    maps, notes = maps_of(found.folders)
    units = {one.unit for one in found.entrants}
    narrow = (_ALONE,) if units == {"samples"} else ()
    git = git_state(SOURCE)
    commit = f"{git.get('commit')}{' with changes' if git.get('dirty') else ''}" if git.get("commit") else "unknown"
    return Comparison(
        title=wish.title,
        question=wish.question,
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        score=wish.score,
        apart=wish.apart,
        nomenclature=found.classes,
        standings=standings,
        effects=tuple(changed),
        regions=by_region(found.entrants, codes),
        spots=spots(maps, wish.places),
        notes=(*narrow, *_no_baseline(found.entrants, wish), *notes),
        missing=found.missing,
        provenance={**wish.provenance, "iota_py": __version__, "commit": commit},
    )


def write_comparison(data: Comparison, folder: Path) -> Path:
    """`compare.html`, `compare.csv` and `compare.json` in a folder; the page."""
    write_json(folder / NUMBERS, comparison_document(data))
    write_csv(folder / TABLE, comparison_table(data))
    write_text(folder / PAGE, render_comparison(data))
    return folder / PAGE


def _standings(
    entrants: Sequence[Entrant], codes: Sequence[int], wish: Wish, contrasts: Mapping[tuple[str, str], Contrast]
) -> tuple[Standing, ...]:
    """Every entrant with its scores; p values are corrected inside each group."""
    against: dict[str, Contrast] = {}
    for group in dict.fromkeys(one.group for one in entrants):
        base = wish.baselines.get(group, "")
        others = [contrasts[base, one.name] for one in entrants if one.group == group and (base, one.name) in contrasts]
        against |= {one.other: one for one in adjusted(others, wish.score)}
    found = []
    for one in entrants:
        matrix = confusion(one.skill, codes)
        found.append(Standing(one, spreads(one.skill, codes), matrix, scores(matrix).f1, against.get(one.name)))
    return tuple(found)


def _no_baseline(entrants: Sequence[Entrant], wish: Wish) -> list[str]:
    names = {one.name for one in entrants}
    lost = [base for base in wish.baselines.values() if base not in names]
    return [f"The baseline {base} is not finished, so nothing is set against it." for base in lost]


def tracked_values(data: Comparison) -> dict[str, float]:
    """What is recorded of a comparison as numbers: mean and deviation of the deciding measure of each variant, and its difference."""
    values: dict[str, float] = {}
    for one in data.standings:
        spread, name = one.spreads[data.score], one.entrant.name
        values[f"{name}/{data.score}"] = spread.mean
        values[f"{name}/{data.score}_std"] = spread.std
        if one.against is not None and one.against.differences:
            values[f"{name}/difference"] = one.against.differences[data.score].difference
    return {key: value for key, value in values.items() if not math.isnan(value)}
