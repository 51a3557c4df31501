"""Rules that call a change implausible: which classes do not become which others between two dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.errors import ConfigError, Fault
from iota_py.nomenclature import Nomenclature

OTHER = "other"
_KEYS = {"name", "nomenclature", "rules"}
_SHAPE = "{from: [classes], to: [classes], why: text}"


@dataclass(frozen=True)
class TransitionRule:
    """Changes that are implausible: from any of `before` to any of `after`, codes in ascending order, but never of a class to itself."""

    number: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    why: str

    def pairs(self) -> np.ndarray:
        """Which pairs the rule means, bool (256, 256), `before` in rows."""
        table = np.zeros((256, 256), bool)
        table[np.ix_(self.before, self.after)] = True
        np.fill_diagonal(table, False)
        return table


def read_rules(document: Any, nomenclature: Nomenclature, where: str) -> tuple[TransitionRule, ...]:
    """Rules of the content of a file: `rules` lists {from, to, why}; `from` and `to` list classes (code, alias, name) and `{group: name}`;
    `to: other` is every class that is not in `from`. `nomenclature` of the file, when given, is the name of that of the maps.

    Raises ConfigError with every fault found: E-CMP-009 to 012 and 015. `where` names the file in messages.
    """
    rules = document.get("rules") if isinstance(document, dict) else None
    if not isinstance(rules, list) or not rules or set(document) - _KEYS:
        text = f"expected name, nomenclature and a list of rules {_SHAPE}"
        raise ConfigError(Fault("E-CMP-009", where, "rules", text, "see configs/transitions/oso-23.yaml"))
    if document.get("nomenclature") not in (None, nomenclature.name):
        text = f"these rules are for {document['nomenclature']}, not for {nomenclature.name}"
        raise ConfigError(Fault("E-CMP-015", where, "nomenclature", text, "give the rules of the nomenclature of the maps"))
    faults: list[Fault] = []
    found = [_read_rule(rule, number, nomenclature, (where, faults)) for number, rule in enumerate(rules, 1)]
    if faults:
        raise ConfigError(*faults)
    return tuple(rule for rule in found if rule is not None)


def implausible_pairs(rules: Sequence[TransitionRule]) -> np.ndarray:
    """Pairs that some rule means, bool (256, 256), `before` in rows."""
    table = np.zeros((256, 256), bool)
    for rule in rules:
        table |= rule.pairs()
    return table


def implausible_table(
    joint: np.ndarray, rules: Sequence[TransitionRule], nomenclature: Nomenclature, pixel_hectares: float
) -> pd.DataFrame:
    """One row for each rule, in the order of the file: rule (from 1), from, to (aliases), why, pixels, hectares, and its largest change.

    joint: int64 (256, 256). A pixel that several rules mean counts for each of them.
    """
    rows = []
    for rule in rules:
        counts = np.where(rule.pairs(), joint, 0)
        pixels = int(counts.sum())
        old, new = np.unravel_index(int(counts.argmax()), counts.shape)
        largest = f"{nomenclature[int(old)].alias} > {nomenclature[int(new)].alias}: {int(counts.max())}" if pixels else ""
        names = (" ".join(nomenclature[code].alias for code in codes) for codes in (rule.before, rule.after))
        rows.append((rule.number, *names, rule.why, pixels, pixels * pixel_hectares, largest))
    return pd.DataFrame(rows, columns=["rule", "from", "to", "why", "pixels", "hectares", "largest"])


def _read_rule(rule: Any, number: int, nomenclature: Nomenclature, report: tuple[str, list[Fault]]) -> TransitionRule | None:
    (where, faults), field = report, f"rules[{number - 1}]"
    if not isinstance(rule, dict) or set(rule) - {"why"} != {"from", "to"} or not isinstance(rule.get("why", ""), str):
        faults.append(Fault("E-CMP-010", where, field, f"expected {_SHAPE}, found {rule!r}"))
        return None
    start = len(faults)
    before = _codes(rule["from"], (), nomenclature, (where, f"{field}.from", faults))
    after = _codes(rule["to"], before, nomenclature, (where, f"{field}.to", faults))
    if len(faults) > start:
        return None
    found = TransitionRule(number, before, after, rule.get("why", ""))
    if not found.pairs().any():
        faults.append(Fault("E-CMP-012", where, field, "means no change: both sides are one class", "name another class under `to`"))
    return found


def _codes(wish: Any, before: tuple[int, ...], nomenclature: Nomenclature, place: tuple[str, str, list[Fault]]) -> tuple[int, ...]:
    where, field, faults = place
    if wish == OTHER and before:
        return tuple(code for code in nomenclature.codes if code not in before)
    if not isinstance(wish, list) or not wish:
        faults.append(Fault("E-CMP-010", where, field, f"expected a list of classes, found {wish!r}"))
        return ()
    codes: set[int] = set()
    for one in wish:
        found = set(_meant(one, nomenclature))
        if not found:
            known = ", ".join(c.alias for c in nomenclature.classes[:6])
            text = f"no class or group `{one}` in {nomenclature.name}"
            faults.append(Fault("E-CMP-011", where, field, text, f"name classes ({known}, …) or {{group: name}}"))
        codes |= found
    return tuple(sorted(codes))


def _meant(one: Any, nomenclature: Nomenclature) -> Iterator[int]:
    """Codes of an entry: a class, or the classes of a group."""
    if isinstance(one, dict):
        yield from (c.code for c in nomenclature.classes if c.group and one == {"group": c.group})
    elif (code := nomenclature.code_of(one)) is not None:
        yield code
