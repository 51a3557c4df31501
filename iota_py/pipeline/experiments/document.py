"""From `experiment.yaml` to the configurations of its runs, with every fault at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from iota_py.config.axes import ALONE, Axis, Variant, axes_of, axis_faults, leaves, run_name, variants_of
from iota_py.config.experiment import Experiment
from iota_py.config.loading import anchored, load_config, nearest
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault
from iota_py.io.documents import read_yaml
from iota_py.io.publish import read_json
from iota_py.pipeline import paths

STORE, RECORD = "store", "experiment.json"
PAGE, TABLE, NUMBERS = "compare.html", "compare.csv", "compare.json"
_TAKEN = (STORE, RECORD, PAGE, TABLE, NUMBERS)
_PATHS = ("base", "output")


@dataclass(frozen=True)
class VariantRun:
    """One run of an experiment. name: of its folder. seed: None where the experiment gives no seeds."""

    name: str
    variant: Variant
    seed: int | None
    config: RunConfig


@dataclass(frozen=True)
class Study:
    """An experiment that was read. variants: in the order of the document. baselines: of each group of variants (`group`), its baseline."""

    path: Path
    document: Experiment
    axes: tuple[Axis, ...]
    variants: tuple[Variant, ...]
    runs: tuple[VariantRun, ...]
    baselines: Mapping[tuple[str, ...], str]

    def group(self, variant: Variant) -> tuple[str, ...]:
        """Its choices on the axes along which variants are not set against each other."""
        return tuple(variant.at(axis) for axis in self.document.apart)

    def runs_of(self, variant: str) -> tuple[VariantRun, ...]:
        """Runs of a variant, one for each seed."""
        return tuple(run for run in self.runs if run.variant.name == variant)


def read_study(path: Path, *, allow_user_code: bool = False) -> Study:
    """Read an experiment and the configuration of each of its runs.

    Raises ConfigError with all the faults: E-EXP-001 of the document, 002 names, 003 changes that no configuration takes, 004 baseline, 005
    `within`, 006 keys set twice, 007 outputs that clash; and those of the base itself.
    """
    source = str(path)
    document = read_document(path)
    axes = axes_of(document)
    faults = axis_faults(source, document, axes)
    if faults:
        raise ConfigError(*faults)
    variants = variants_of(axes)
    runs, faults = _runs(path, document, variants, allow_user_code)
    baselines, missing = _baselines(source, document, axes, variants)
    faults = list(dict.fromkeys([*missing, *faults, *_output_faults(source, document, runs)]))
    if faults:
        raise ConfigError(*faults)
    return Study(path, document, axes, variants, tuple(runs), baselines)


def read_document(path: Path) -> Experiment:
    """The document of an experiment, its paths absolute. Raises ConfigError E-EXP-001."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        found = "nothing" if content is None else type(content).__name__
        raise ConfigError(Fault("E-EXP-001", str(path), "", f"expected keys and values, found {found}"))
    folder = path.resolve().parent
    absolute = {key: _absolute(content[key], folder) for key in _PATHS if key in content}
    share = content.get("share")
    if isinstance(share, dict) and isinstance(share.get("runs"), list):
        absolute["share"] = {**share, "runs": [_absolute(one, folder) for one in share["runs"]]}
    try:
        return Experiment.model_validate({**content, **absolute})
    except ValidationError as error:
        raise ConfigError.of(dict.fromkeys(_document_fault(str(path), entry) for entry in error.errors())) from None


def folders_of(study: Study) -> tuple[Path, ...]:
    """Folders of all the runs of an experiment, then those of others that it may take results from."""
    return (*(run.config.output for run in study.runs), *study.document.share.runs)


def _runs(path: Path, document: Experiment, variants: tuple[Variant, ...], allowed: bool) -> tuple[list[VariantRun], list[Fault]]:
    runs: list[VariantRun] = []
    faults: list[Fault] = []
    for variant in variants:
        for seed in document.seeds or (None,):
            try:
                config = _config(path, document, variant, seed, allowed)
            except ConfigError as error:
                faults += [_placed(fault, str(path), variant) for fault in error.faults]
                break
            runs.append(VariantRun(run_name(variant.name, seed), variant, seed, config))
    return runs, faults


def _config(path: Path, document: Experiment, variant: Variant, seed: int | None, allowed: bool) -> RunConfig:
    name = run_name(variant.name, seed)
    own: dict[str, Any] = {"name": f"{document.name}-{name}", "output": str(document.output / name)}
    changes = anchored(variant.changes, path.resolve().parent) | own
    if seed is not None:
        samples = changes.get("samples") or {}
        changes["samples"] = {**samples, "split": {**(samples.get("split") or {}), "seed": seed}}
    return load_config(document.base, allow_user_code=allowed, changes=changes)


def _placed(fault: Fault, source: str, variant: Variant) -> Fault:
    """A fault of a configuration at the place of the experiment that brought it about; one of the base stays there."""
    for choice in variant.choices.values():
        keys = list(leaves(choice.changes))
        if any(fault.field == key or fault.field.startswith(f"{key}.") or key.startswith(f"{fault.field}.") for key in keys if fault.field):
            place = choice.field if choice.field.endswith(f".{fault.field}") else f"{choice.field}.{fault.field}"
            return Fault("E-EXP-003", source, place, f"{fault.message} ({fault.code})", fault.fix)
    return fault


def _baselines(
    source: str, document: Experiment, axes: tuple[Axis, ...], variants: tuple[Variant, ...]
) -> tuple[dict[tuple[str, ...], str], list[Fault]]:
    """The baseline of each group of variants, and what is wrong with the wish."""
    free = [axis for axis in axes if axis.name not in document.apart]
    wish, faults = document.baseline, []
    wanted = {axis.name: axis.choices[0].name for axis in free}
    if isinstance(wish, dict):
        for name, choice in wish.items():
            known = next(([one.name for one in axis.choices] for axis in free if axis.name == name), None)
            if known is None or choice not in known:
                text = f"no axis `{name}` to choose from" if known is None else f"no choice `{choice}`"
                faults.append(
                    Fault("E-EXP-004", source, f"baseline.{name}", text, _near(choice if known else name, known or [a.name for a in free]))
                )
        wanted |= wish
    elif wish is not None:
        short = {"-".join(variant.at(axis.name) for axis in free) or ALONE: variant for variant in variants}
        found = short.get(wish) or next((variant for variant in variants if variant.name == wish), None)
        if found is None:
            faults.append(Fault("E-EXP-004", source, "baseline", f"no variant `{wish}`", _near(wish, list(short))))
        else:
            wanted = {axis.name: found.at(axis.name) for axis in free}
    groups: dict[tuple[str, ...], str] = {}
    for variant in variants:
        if all(variant.at(axis) == choice for axis, choice in wanted.items() if axis in variant.choices):
            groups.setdefault(tuple(variant.at(axis) for axis in document.apart), variant.name)
    return groups, faults


def _output_faults(source: str, document: Experiment, runs: list[VariantRun]) -> Iterator[Fault]:
    """E-EXP-007: results that would be written over others."""
    output = document.output
    if (output / paths.CONFIG).is_file():
        text = f"{output} is the folder of a run"
        yield Fault("E-EXP-007", source, "output", text, "give the experiment a folder of its own")
    other = _recorded_name(output / RECORD)
    if other is not None and other != document.name:
        text = f"{output} holds the experiment {other}, this is {document.name}"
        yield Fault("E-EXP-007", source, "output", text, "choose another folder, or the same name")
    for run in runs:
        if run.name.lower() in _TAKEN:
            yield Fault("E-EXP-007", source, "", f"a variant may not be called {run.name}: the experiment writes a file of that name")
        if run.config.output in document.share.runs:
            text = f"{run.config.output} is a run of this experiment"
            yield Fault("E-EXP-007", source, "share.runs", text, "leave it out: variants share in any case")


def _recorded_name(path: Path) -> str | None:
    try:
        return str(read_json(path)["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _document_fault(source: str, error: Any) -> Fault:
    field = ".".join(str(part) for part in error["loc"] if not str(part).startswith(("tuple[", "dict[", "constrained-", "lax-or-strict")))
    kind = error["type"]
    if kind == "extra_forbidden":
        known = ["store", "runs"] if field.startswith("share.") else list(Experiment.model_fields)
        return Fault("E-EXP-001", source, field, "unknown key", _near(str(error["loc"][-1]), known))
    if kind == "missing":
        return Fault("E-EXP-001", source, field, "this key is required and missing", f"add `{error['loc'][-1]}:` there")
    if kind == "value_error":
        return Fault("E-EXP-001", source, field, str(error["ctx"]["error"]))
    if error["loc"][-1] == "[key]":
        return Fault("E-EXP-001", source, field.removesuffix(".[key]"), "expected a name of letters, digits, `_`, `.` and `-`, 64 at most")
    shown = f", found `{error['input']}`" if isinstance(error["input"], (str, int, float, bool)) or error["input"] is None else ""
    return Fault("E-EXP-001", source, field, error["msg"][0].lower() + error["msg"][1:] + shown)


def _near(word: str, known: list[str]) -> str:
    near = nearest(word, known)
    return f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known[:20])}"


def _absolute(value: Any, folder: Path) -> Any:
    """A path by the folder of its file, environment variables as in configurations left alone: an experiment names few places."""
    return os.path.normpath(folder / value) if isinstance(value, str) and value else value
