"""The axes of an experiment and the variants that they span: which choices, which changes, under which names. Nothing is read here."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iota_py.config.experiment import Changes, Experiment, Points
from iota_py.errors import Fault

LIST, GRID, ALONE = "variant", "grid", "base"
LONGEST = 64  # characters of a name
_LONGEST_VALUE = 32
OWN = {  # keys that the experiment sets itself -> what to do in their place
    "name": "variants are named by the experiment",
    "output": "set `output` of the experiment",
    "samples.split.seed": "give `seeds`",
}


@dataclass(frozen=True)
class Choice:
    """A choice of an axis. changes: nested. field: where the document says so."""

    name: str
    changes: Changes
    field: str


@dataclass(frozen=True)
class Axis:
    """An axis with its choices, in the order of the document."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Variant:
    """One choice of every axis. changes: all of theirs together, nested."""

    name: str
    choices: Mapping[str, Choice]
    changes: Changes

    def at(self, axis: str) -> str:
        """Name of its choice on an axis."""
        return self.choices[axis].name


def axes_of(document: Experiment) -> tuple[Axis, ...]:
    """Axes of a document: those written out, then the list of variants, then those of the grid."""
    found = [Axis(name, _choices(f"axes.{name}", choices)) for name, choices in document.axes.items()]
    if document.variants:
        found.append(Axis(LIST, _choices("variants", document.variants)))
    if isinstance(document.grid, tuple):
        found += [Axis(GRID, tuple(_points(document.grid)))] if document.grid else []
    else:
        labels = _labels(document.grid)
        found += [
            Axis(labels[key], tuple(_named((_point({key: value}, labels), {key: value}, f"grid.{key}") for value in values)))
            for key, values in document.grid.items()
        ]
    return tuple(found)


def variants_of(axes: tuple[Axis, ...]) -> tuple[Variant, ...]:
    """Every combination of choices, the last axis running fastest; the one variant `base` where there is no axis."""
    found = []
    for choices in itertools.product(*(axis.choices for axis in axes)):
        changes: Changes = {}
        for choice in choices:
            changes = laid_upon(changes, choice.changes)
        name = "-".join(choice.name for choice in choices) or ALONE
        found.append(Variant(name, {axis.name: choice for axis, choice in zip(axes, choices, strict=True)}, changes))
    return tuple(found)


def run_name(variant: str, seed: int | None) -> str:
    """Folder of a run: the name of its variant, with the seed where there are several."""
    return variant if seed is None else f"{variant}_seed_{seed}"


def nested(changes: Mapping[str, Any]) -> Changes:
    """Changes with their dotted keys unfolded: `model.trees: 9` is `model: {trees: 9}`. Keys inside a section are taken as they are."""
    found: Changes = {}
    for key, value in changes.items():
        inner: Any = value
        for part in reversed(str(key).split(".")):
            inner = {part: inner}
        found = laid_upon(found, inner)
    return found


def laid_upon(under: Changes, over: Mapping[str, Any]) -> Changes:
    """Changes with further ones laid upon them, section by section."""
    found = dict(under)
    for key, value in over.items():
        there = found.get(key)
        found[key] = laid_upon(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return found


def leaves(changes: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted keys of the values that changes set."""
    for key, value in changes.items():
        place = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{place}.")
        else:
            yield place


def axis_faults(source: str, document: Experiment, axes: tuple[Axis, ...]) -> list[Fault]:
    """What is wrong with names and keys: E-EXP-002 names, E-EXP-005 `within`, E-EXP-006 keys set twice or by the experiment itself."""
    return [*_name_faults(source, document, axes), *_within_faults(source, document, axes), *_key_faults(source, document, axes)]


def _name_faults(source: str, document: Experiment, axes: tuple[Axis, ...]) -> Iterator[Fault]:
    twice = False
    for axis in axes:
        for number, choice in enumerate(axis.choices):
            for other in axis.choices[:number]:
                if other.name.lower() == choice.name.lower() or other.changes == choice.changes:
                    text = f"{choice.name} is the same as {other.name}"
                    twice = True
                    yield Fault("E-EXP-002", source, choice.field, text, "leave one of them out, or name them apart")
    seen: set[str] = set()
    for variant in variants_of(axes):
        for seed in document.seeds or (None,):
            name = run_name(variant.name, seed)
            full = f"{document.name}-{name}"
            if len(full) > LONGEST:
                yield Fault("E-EXP-002", source, "", f"the name {full} has {len(full)} characters, {LONGEST} at most", "shorten the names")
            if name.lower() in seen and not twice:
                text = f"two variants are called {name}"
                yield Fault("E-EXP-002", source, "", text, "name the choices of the axes so that they can be told apart")
            seen.add(name.lower())


def _within_faults(source: str, document: Experiment, axes: tuple[Axis, ...]) -> Iterator[Fault]:
    names = [axis.name for axis in axes]
    for name in document.apart:
        if name not in names:
            yield Fault("E-EXP-005", source, "within", f"no axis `{name}`", f"axes: {', '.join(names) or 'none'}")


def _key_faults(source: str, document: Experiment, axes: tuple[Axis, ...]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for axis in axes:
        for key in dict.fromkeys(key for choice in axis.choices for key in leaves(choice.changes)):
            place = next(choice.field for choice in axis.choices if key in leaves(choice.changes))
            if key in OWN and (key != "samples.split.seed" or document.seeds is not None):
                yield Fault("E-EXP-006", source, f"{place}.{key}", "the experiment sets this key itself", OWN[key])
            if key in seen:
                yield Fault("E-EXP-006", source, f"{place}.{key}", f"the axis `{seen[key]}` sets this key too", "leave it to one of them")
            seen[key] = axis.name


def _choices(field: str, given: Mapping[str, Changes | None]) -> tuple[Choice, ...]:
    return tuple(Choice(name, nested(changes or {}), f"{field}.{name}") for name, changes in given.items())


def _points(grids: tuple[Points, ...]) -> Iterator[Choice]:
    """Points of several grids, one choice each."""
    labels = _labels({key: () for grid in grids for key in grid})
    every = []
    for number, grid in enumerate(grids):
        for values in itertools.product(*grid.values()):
            point = dict(zip(grid, values, strict=True))
            every.append((_point(point, labels), point, f"grid.{number}"))
    yield from _named(iter(every))


def _named(points: Iterator[tuple[str, Changes, str]]) -> Iterator[Choice]:
    """Choices of points, a number added where two values look alike."""
    seen: set[str] = set()
    for name, changes, field in points:
        own = next(one for n in itertools.count(1) if (one := name if n == 1 else f"{name}.{n}").lower() not in seen)
        seen.add(own.lower())
        yield Choice(own, nested(changes), field)


def _point(point: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    return "-".join(f"{labels[key]}_{value_name(value)}" for key, value in point.items())


def _labels(grid: Mapping[str, Any]) -> dict[str, str]:
    """A short name for each key: its last word, and as many before as tell it from the others."""
    found = {}
    for key in grid:
        words = key.split(".")
        others = [other.split(".") for other in grid if other != key]
        size = next((n for n in range(1, len(words)) if all(other[-n:] != words[-n:] for other in others)), len(words))
        found[key] = _word("_".join(words[-size:]))
    return found


def value_name(value: Any) -> str:
    """A value as part of a name: letters, digits, points and dashes."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, float):
        return _word(f"{value:g}")
    if isinstance(value, (list, tuple)):
        return _word("_".join(value_name(one) for one in value))
    if isinstance(value, dict):
        return _word("_".join(f"{key}_{value_name(one)}" for key, one in value.items()))
    return _word(str(value))


def _word(text: str) -> str:
    """Letters, digits and `._-` of a text, the rest as dashes; a minus before a number is kept as `m`."""
    text = re.sub(r"^-(?=[\d.])", "m", text)
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-._")[:_LONGEST_VALUE] or "empty"
