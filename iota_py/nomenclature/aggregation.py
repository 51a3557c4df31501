"""From the classes of one nomenclature to those of a coarser one: by rules of a file, by equal aliases, or to the upper level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from iota_py.errors import ConfigError, Fault
from iota_py.nomenclature.classes import Nomenclature
from iota_py.nomenclature.entry import NODATA

_KEYS = {"name", "from", "to", "rules"}


@dataclass(frozen=True)
class Aggregation:
    """Where each class goes. codes: code of the target by code of the source, every class of the source."""

    source: Nomenclature
    target: Nomenclature
    codes: Mapping[int, int]

    def table(self) -> np.ndarray:
        """New code by old code, uint8 (256,); 0, no data, for 0 and for codes that are not of the source."""
        found = np.zeros(256, np.uint8)
        for old, new in self.codes.items():
            found[old] = new
        return found


def by_rules(document: Any, source: Nomenclature, target: Nomenclature, where: str) -> Aggregation:
    """Read a file of rules: `rules` lists `{from: [classes], to: class}`, classes by code, alias or name; `from` and `to` of the file, when
    given, are the names of the two nomenclatures. `where` names the file in messages.

    Raises ConfigError with every fault: E-AGG-001 to 004 and 010.
    """
    rules = document.get("rules") if isinstance(document, dict) else None
    if not isinstance(rules, list) or not rules or set(document) - _KEYS:
        text = "expected name, from, to and a list of rules"
        raise ConfigError(Fault("E-AGG-001", where, "rules", text, "see configs/nomenclatures/oso-23-to-17.yaml"))
    faults = list(_name_faults(document, source, target, where))
    codes: dict[int, int] = {}
    for number, rule in enumerate(rules):
        faults.extend(_read_rule(rule, codes, source, target, (where, f"rules[{number}]")))
    faults.extend([] if faults else _left_faults(codes, source, target, where))
    if faults:
        raise ConfigError(*faults)
    return Aggregation(source, target, codes)


def by_alias(source: Nomenclature, target: Nomenclature) -> Aggregation:
    """Each class to the one of the same alias. Raises ConfigError E-AGG-004 where there is none."""
    found = {c.alias: c.code for c in target.classes}
    codes = {c.code: found[c.alias] for c in source.classes if c.alias in found}
    faults = list(_left_faults(codes, source, target, source.name))
    if faults:
        raise ConfigError(*faults)
    return Aggregation(source, target, codes)


def to_upper(source: Nomenclature, where: str) -> Aggregation:
    """Each class to its group. Raises ConfigError E-AGG-008 where classes have none; `where` names the nomenclature."""
    bare = [c.alias for c in source.classes if not c.group]
    if bare:
        text = f"classes without a group: {', '.join(bare[:8])}{', …' if len(bare) > 8 else ''}"
        raise ConfigError(Fault("E-AGG-008", where, "group", text, "give each class its `group`, or aggregate to another nomenclature"))
    target = source.upper(where)
    code_of = {c.names["en"]: c.code for c in target.classes}
    return Aggregation(source, target, {c.code: code_of[c.group] for c in source.classes})


def unknown_codes(counts: np.ndarray, nomenclature: Nomenclature) -> list[int]:
    """Codes that a map holds and its nomenclature does not. counts: pixels by code (256,)."""
    return sorted(set(np.flatnonzero(counts).tolist()) - {NODATA, *nomenclature.codes})


def _name_faults(document: Mapping[str, Any], source: Nomenclature, target: Nomenclature, where: str) -> Iterator[Fault]:
    for key, nomenclature in (("from", source), ("to", target)):
        if document.get(key) not in (None, nomenclature.name):
            text = f"these rules are for {document[key]}, not for {nomenclature.name}"
            yield Fault("E-AGG-010", where, key, text, "give the rules of these two nomenclatures")


def _read_rule(rule: Any, codes: dict[int, int], source: Nomenclature, target: Nomenclature, place: tuple[str, str]) -> Iterator[Fault]:
    where, field = place
    if not isinstance(rule, dict) or set(rule) != {"from", "to"} or not isinstance(rule["from"], list):
        yield Fault("E-AGG-001", where, field, f"expected {{from: [classes], to: class}}, found {rule!r}")
        return
    new = target.code_of(rule["to"])
    if new is None:
        yield Fault("E-AGG-002", where, f"{field}.to", f"no class `{rule['to']}` in {target.name}")
        return
    for label in rule["from"]:
        old = source.code_of(label)
        if old is None:
            yield Fault("E-AGG-002", where, f"{field}.from", f"no class `{label}` in {source.name}")
        elif old in codes:
            yield Fault("E-AGG-003", where, f"{field}.from", f"class `{label}` already goes to {target[codes[old]].alias}")
        else:
            codes[old] = new


def _left_faults(codes: Mapping[int, int], source: Nomenclature, target: Nomenclature, where: str) -> Iterator[Fault]:
    left = [f"{c.code} {c.alias}" for c in source.classes if c.code not in codes]
    if left:
        text = f"classes of {source.name} that go nowhere in {target.name}: {', '.join(left[:12])}{', …' if len(left) > 12 else ''}"
        yield Fault("E-AGG-004", where, "rules", text, "give a file of rules (--rules) that names each class, such as oso-23-to-17.yaml")
