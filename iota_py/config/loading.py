"""From a file to a frozen configuration: `extends`, environment variables in paths, and every fault at once."""

from __future__ import annotations

import difflib
import os
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from iota_py.config.schema import PATH_FIELDS, REGISTERED, RunConfig
from iota_py.errors import ConfigError, Fault
from iota_py.io.documents import read_yaml

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_MAX_EXTENDS = 10
_WORDS = {  # pydantic's, and those of YAML
    r" for <class 'pathlib\.Path'>": "",
    r"\btuple\b": "list",
    r"\bdictionary( or instance of \w+)?": "section of keys and values",
}


def load_config(path: str | Path, *, allow_user_code: bool = False, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """Read, merge, resolve and validate a configuration. Raises ConfigError with all the faults found.

    allow_user_code: functions of users may run, if the configuration says so too. changes: laid upon what the file says (`anchored`).
    """
    path = Path(path)
    document = merge(_read(path, ()), dict(changes or {}))
    faults: list[Fault] = []
    document = _resolve(document, "", path, faults)
    try:
        config = RunConfig.model_validate(document)
    except ValidationError as error:
        faults.extend(_merged([_fault(str(path), entry) for entry in error.errors()]))
    faults = faults or user_code_faults(config, path, allow_user_code)
    if faults:
        raise ConfigError(*faults)
    return config


def user_code_faults(config: RunConfig, path: Path, allowed: bool, *, anywhere: bool = False) -> list[Fault]:
    """Why functions of users may not run: not allowed twice, or in a file that lies elsewhere or nowhere. anywhere: it may lie elsewhere."""
    faults = []
    if config.user_features and not config.allow_user_code:
        text = "functions of users are not allowed"
        faults.append(Fault("E-CFG-021", str(path), "allow_user_code", text, "read the code, then set allow_user_code: true"))
    if config.user_features and not allowed:
        text = "this configuration runs code of its own"
        faults.append(Fault("E-CFG-021", str(path), "user_features", text, "read that code, then add --allow-user-code to the command"))
    folder = path.resolve().parent
    for number, one in enumerate(config.user_features):
        where = f"user_features.{number}.file"
        if not anywhere and not one.file.resolve().is_relative_to(folder):
            faults.append(
                Fault("E-CFG-022", str(path), where, f"{one.file} is not in the folder of the configuration", f"move it to {folder}")
            )
        elif not one.file.is_file():
            faults.append(Fault("E-CFG-022", str(path), where, f"no such file: {one.file}", "check the path"))
    return faults


def _read(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """Document of a file merged over the one that it extends; paths are made absolute by the folder of the file that names them."""
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise ConfigError(
            Fault(
                "E-CFG-001", str(path), "", f"expected keys and values, found {'nothing' if document is None else type(document).__name__}"
            )
        )
    here = path.resolve()
    if here in seen or len(seen) >= _MAX_EXTENDS:
        raise ConfigError(Fault("E-CFG-002", str(path), "extends", "files extend each other in a circle", "remove one `extends`"))
    base_name = document.pop("extends", None)
    document = _anchor(document, "", here.parent)
    if base_name is None:
        return document
    if not isinstance(base_name, str):
        raise ConfigError(Fault("E-CFG-002", str(path), "extends", f"expected the path of a configuration, found {base_name!r}"))
    return merge(_read(here.parent / base_name, (*seen, here)), document)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`: sections are merged key by key, everything else is replaced, and so is a model by one of another kind."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        other_model = both and key == "model" and ("from" in value or value.get("kind", merged[key].get("kind")) != merged[key].get("kind"))
        merged[key] = merge(merged[key], value) if both and not other_model else value
    return merged


def anchored(changes: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Changes of a configuration whose paths are relative to a folder."""
    return {key: _anchor(value, key, folder) for key, value in changes.items()}


def _anchor(value: Any, place: str, folder: Path) -> Any:
    """Mark relative paths with the folder of their file, before files are merged."""
    if isinstance(value, dict):
        return {key: _anchor(item, f"{place}.{key}".lstrip("."), folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_anchor(item, f"{place}.{index}", folder) for index, item in enumerate(value)]
    if isinstance(value, str) and value and PATH_FIELDS.match(place) and not value.startswith(REGISTERED):
        return _Anchored(value, folder)
    return value


class _Anchored(str):
    """A path as written, with the folder that it is relative to."""

    folder: Path

    def __new__(cls, text: str, folder: Path) -> _Anchored:
        self = super().__new__(cls, text)
        self.folder = folder
        return self


def _resolve(value: Any, place: str, source: Path, faults: list[Fault]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(item, f"{place}.{key}".lstrip("."), source, faults) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, f"{place}.{index}", source, faults) for index, item in enumerate(value)]
    if isinstance(value, _Anchored):
        text = _VARIABLE.sub(lambda match: _variable(match, place, source, faults), value)
        full = os.path.normpath(value.folder / text)
        if "://" in text or full.lstrip("/").startswith("vsi"):  # GDAL would take it for an address or an archive
            faults.append(Fault("E-CFG-003", str(source), place, f"expected a path on this machine, found `{text}`"))
        return full
    return value


def filled_variables(text: str, source: Path, field: str) -> str:
    """A text with environment variables, `${NAME}` or `${NAME:-default}`, filled in. Raises ConfigError E-CFG-004 where one is not set."""
    faults: list[Fault] = []
    filled = _VARIABLE.sub(lambda match: _variable(match, field, source, faults), text)
    if faults:
        raise ConfigError(*faults)
    return filled


def _variable(match: re.Match[str], place: str, source: Path, faults: list[Fault]) -> str:
    value = os.environ.get(match["name"], match["default"])
    if value is None:
        faults.append(
            Fault("E-CFG-004", str(source), place, f"environment variable {match['name']} is not set", f"export {match['name']}=…")
        )
        return ""
    return value


def _fault(source: str, error: Any) -> Fault:
    """One line from one pydantic error."""
    location = [str(part) for part in error["loc"] if part not in ("random_forest", "lightgbm")]
    field = ".".join(_without_union_tags(location, error))
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _keys_at(RunConfig, error["loc"][:-1])
        near = nearest(str(error["loc"][-1]), known)
        fix = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
        return Fault("E-CFG-010", source, field, "unknown key", fix)
    if kind == "missing":
        return Fault("E-CFG-011", source, field, "this key is required and missing", f"add `{error['loc'][-1]}:` there")
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        kinds = [typing.get_args(m.model_fields["kind"].annotation)[0] for m in _models(RunConfig.model_fields[error["loc"][0]].annotation)]
        return Fault("E-CFG-012", source, f"{field}.kind", f"expected {' or '.join(kinds)}, found {error['ctx'].get('tag', 'none')}")
    if kind == "value_error":
        return Fault("E-CFG-013", source, field, str(error["ctx"]["error"]))
    found = error.get("input")
    shown = f", found `{found}`" if isinstance(found, (str, int, float, bool)) or found is None else ""
    message = error["msg"][0].lower() + error["msg"][1:]
    for theirs, ours in _WORDS.items():
        message = re.sub(theirs, ours, message)
    return Fault("E-CFG-012", source, field, f"{message}{shown}")


def nearest(word: str, known: list[str]) -> list[str]:
    """The known key most like a word: the same letters first (a transposition), then by similarity."""
    same = [key for key in known if sorted(key) == sorted(word)]
    return same or difflib.get_close_matches(word, known, 1, 0.5)


def _merged(faults: list[Fault]) -> list[Fault]:
    """One fault a field: the members of a union each complain of the same value, the one that was meant of a part of it."""
    by_field: dict[tuple[str, str], list[Fault]] = {}
    inner = {fault.field for fault in faults if fault.code == "E-CFG-012"}
    for fault in faults:
        if fault.code == "E-CFG-012" and any(field.startswith(f"{fault.field}.") for field in inner):
            continue
        by_field.setdefault((fault.code, fault.field), []).append(fault)
    merged = []
    for (code, field), group in by_field.items():
        messages = list(dict.fromkeys(fault.message.split(", found")[0] for fault in group))
        found = group[0].message.partition(", found")
        merged.append(Fault(code, group[0].where, field, "; or ".join(messages) + "".join(found[1:]), group[0].fix))
    return merged


def _without_union_tags(location: list[str], error: Any) -> list[str]:
    """Pydantic adds the name of a union's member to the place of an error; a person did not write that."""
    return [
        part
        for part in location
        if not re.match(r"^(literal|tuple|dict|lax-or-strict|function-\w+)\[|^\[key\]$|^constrained-|^(int|float|str)$", part)
    ]


def _keys_at(model: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Keys that are allowed at a place of the schema."""
    current: Any = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            if part in current.model_fields:  # else the key of a mapping, whose sections were found a step earlier
                options = _models(current.model_fields[part].annotation)
                current = options[0] if len(options) == 1 else options
        elif isinstance(current, list):
            kinds = (
                [m for m in current if part in typing.get_args(m.model_fields["kind"].annotation)]
                if all("kind" in m.model_fields for m in current)
                else []
            )
            current = kinds[0] if kinds else current
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The section classes that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[type[BaseModel]] = []
    for argument in typing.get_args(annotation):
        if not isinstance(argument, (str, types.NoneType)):
            found.extend(_models(argument))
    return found
