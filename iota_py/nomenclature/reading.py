"""A nomenclature file: what it must hold, and every fault found in it."""

from __future__ import annotations

from typing import Any

from iota_py.errors import ConfigError, Fault
from iota_py.nomenclature.entry import LandCoverClass

_CLASS_KEYS = {"code", "alias", "name", "colour", "group"}


def read_classes(document: Any, source: str) -> tuple[LandCoverClass, ...]:
    """Classes of the content of a nomenclature file, by code; `source` names it in messages. Raises ConfigError with every fault found."""
    if not isinstance(document, dict) or not isinstance(document.get("classes"), list) or not document["classes"]:
        raise ConfigError(
            Fault("E-NOM-001", source, "classes", "expected a list of classes, found none", "see configs/nomenclatures/oso-23.yaml")
        )
    faults: list[Fault] = []
    classes = [_read_class(entry, index, source, faults) for index, entry in enumerate(document["classes"])]
    known = [c for c in classes if c is not None]
    for what in ("code", "alias"):
        values = [getattr(c, what) for c in known]
        for value in sorted({v for v in values if values.count(v) > 1}, key=str):
            faults.append(Fault("E-NOM-003", source, "classes", f"{what} `{value}` is given to several classes", "give each class its own"))
    if faults:
        raise ConfigError(*faults)
    return tuple(sorted(known))


def read_groups(document: Any, classes: tuple[LandCoverClass, ...], source: str) -> dict[str, dict[str, str]]:
    """Names of the groups in other languages, from the optional key `groups`: {group: {language: name}}.

    Raises ConfigError for a group that no class has, and for names that are no texts by language.
    """
    groups = document.get("groups")
    if groups is None:
        return {}
    if not isinstance(groups, dict):
        text = f"expected names by group, found {groups!r}"
        raise ConfigError(Fault("E-NOM-010", source, "groups", text, "groups: {forest: {fr: forêt}}"))
    known = {c.group for c in classes if c.group}
    faults = []
    for group, names in groups.items():
        if group not in known:
            faults.append(Fault("E-NOM-011", source, f"groups.{group}", "no class has this group", f"groups: {', '.join(sorted(known))}"))
        elif not isinstance(names, dict) or not all(isinstance(text, str) for pair in names.items() for text in pair):
            text = f"expected names by language, found {names!r}"
            faults.append(Fault("E-NOM-010", source, f"groups.{group}", text, f"{group}: {{fr: …}}"))
    if faults:
        raise ConfigError(*faults)
    return {group: dict(names) for group, names in groups.items()}


def _read_class(entry: Any, index: int, source: str, faults: list[Fault]) -> LandCoverClass | None:
    place = f"classes[{index}]"
    if not isinstance(entry, dict):
        faults.append(Fault("E-NOM-002", source, place, f"expected code, alias, name and colour, found {entry!r}"))
        return None
    start = len(faults)
    code, alias, name, colour = (entry.get(key) for key in ("code", "alias", "name", "colour"))
    if not isinstance(code, int) or isinstance(code, bool) or not 1 <= code <= 255:
        faults.append(Fault("E-NOM-002", source, f"{place}.code", f"expected a whole number from 1 to 255, found {code!r}"))
    if not isinstance(alias, str) or not alias.isidentifier():
        faults.append(Fault("E-NOM-002", source, f"{place}.alias", f"expected a short word of letters and digits, found {alias!r}"))
    if not isinstance(name, dict) or not all(isinstance(v, str) for v in name.values()) or "en" not in name:
        faults.append(Fault("E-NOM-002", source, f"{place}.name", f"expected names by language, `en` among them, found {name!r}"))
    if not isinstance(colour, list) or len(colour) != 3 or not all(isinstance(v, int) and 0 <= v <= 255 for v in colour):
        faults.append(Fault("E-NOM-002", source, f"{place}.colour", f"expected [red, green, blue] from 0 to 255, found {colour!r}"))
    for key in sorted(set(entry) - _CLASS_KEYS, key=str):
        faults.append(Fault("E-NOM-002", source, f"{place}.{key}", "unknown key", "known keys: " + ", ".join(sorted(_CLASS_KEYS))))
    if len(faults) > start:
        return None
    red, green, blue = entry["colour"]
    return LandCoverClass(entry["code"], entry["alias"], dict(entry["name"]), (red, green, blue), str(entry.get("group") or ""))
