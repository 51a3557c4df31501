"""Which version of a registered model is the champion: changed by a stated test on polygons that both versions were validated on."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from iota_py.assessment.paired import Difference, paired_bootstrap
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.tracking.location import with_credentials
from iota_py.tracking.provenance import person
from iota_py.tracking.registry import REGISTRY, Version, fetch, register_run, resolve, run_tags, set_alias, version_of

CHAMPION, CHALLENGER = "champion", "challenger"
TAG = "promotion."
SCORES = f"tables/{Path(paths.POLYGON_SCORES).name}"
DRAWS = 2000
Measure = Literal["f1_macro", "overall_accuracy", "kappa"]
_SAME = {"reference_sha256": ("E-PRO-003", "reference data or nomenclature"), "regions": ("E-PRO-004", "regions")}


@dataclass(frozen=True)
class Rule:
    """When a challenger takes the place of the champion: the lower end of the 95 % interval of the difference of `measure`, challenger less
    champion, is above -margin. margin 0: it must be better. force: the reason for which the test is set aside, "" for none."""

    measure: Measure = "f1_macro"
    margin: float = 0.0
    force: str = ""

    def __str__(self) -> str:
        wanted = "better" if self.margin == 0 else f"not worse by {self.margin:g}"
        return f"{wanted} in {self.measure}: 95 % interval of the paired difference, {DRAWS} draws of polygons, above {-self.margin or 0:g}"


@dataclass(frozen=True)
class Decision:
    """What became of a promotion. before: the champion until then. difference: None where no test was asked for or could be made.

    passed: by the test, or because there was none to pass; forced: in spite of it. reason: one sentence.
    """

    version: Version
    alias: str
    before: Version | None
    difference: Difference | None
    passed: bool
    forced: bool
    reason: str

    @property
    def done(self) -> bool:
        """Whether the alias was given."""
        return self.passed or self.forced


def promote(uri: str, name: str, run: str, alias: str = CHAMPION, rule: Rule | None = None) -> Decision:
    """Give an alias of a registered model to a version, if the rule allows it, and tag the version with the decision, either way.

    run: number of a version, identifier of an MLflow run, which is registered if it was not, or the folder of a run. Only the champion is
    tested; where there is none, the first version becomes it. Raises InputError: E-PRO-002 a run without scores of polygons, E-PRO-003 and
    E-PRO-004 other reference data or regions, E-PRO-005 no polygon in common, E-PRO-006 no such run; unless it is forced.
    """
    rule = rule or Rule()
    version = _version(uri, name, run)
    before = version_of(uri, name, alias)
    decision = _decide(uri, version, alias, before, rule)
    if before is None or before.number != version.number:
        set_alias(uri, version, alias if decision.done else "", _tags(decision, rule))
    return decision


def refusal(decision: Decision) -> ConfigError:
    """The error of a decision that did not go through."""
    fix = "validate it on more polygons, allow a margin with --not-worse, or give a reason with --force"
    return ConfigError(Fault("E-PRO-001", str(decision.version), decision.alias, decision.reason, fix))


def _decide(uri: str, version: Version, alias: str, before: Version | None, rule: Rule) -> Decision:
    if before is not None and before.number == version.number:
        return Decision(version, alias, before, None, True, False, f"it is the {alias} already")
    if alias != CHAMPION:
        return Decision(version, alias, before, None, True, False, f"the alias {alias} asks for no test")
    if before is None:
        return Decision(version, alias, None, None, True, False, f"the first {alias}: there is none to be compared with")
    try:
        difference = _compared(uri, before, version, rule)
    except InputError as error:
        if not rule.force:
            raise
        return Decision(version, alias, before, None, False, True, f"no test: {error.faults[0].message}")
    passed = difference.low > -rule.margin
    return Decision(
        version, alias, before, difference, passed, bool(rule.force) and not passed, _sentence(difference, before, rule, passed)
    )


def _sentence(found: Difference, before: Version, rule: Rule, passed: bool) -> str:
    verdict = "better than" if rule.margin == 0 else f"not worse by {rule.margin:g} than"
    numbers = f"{found.difference:+.4f} (95 % interval {found.low:+.4f} to {found.high:+.4f}, {found.polygons} polygons)"
    return f"{'' if passed else 'not shown to be '}{verdict} the {CHAMPION}, version {before.number}: {rule.measure} {numbers}"


def _compared(uri: str, before: Version, version: Version, rule: Rule) -> Difference:
    _require_same(version, run_tags(uri, before.run), run_tags(uri, version.run))
    with tempfile.TemporaryDirectory() as folder:
        tables = [_scores(uri, one, Path(folder) / one.number) for one in (before, version)]
    codes = sorted({int(code) for table in tables for code in table.code.unique()})
    try:
        (found,) = paired_bootstrap(tables[0], tables[1], codes, (rule.measure,), DRAWS)
    except ValueError as error:
        fix = "validate both on the same polygons, as runs of one reference and one split are"
        raise InputError(
            Fault("E-PRO-005", str(version), "run", f"cannot be compared with version {before.number}: {error}", fix)
        ) from error
    return found


def _require_same(version: Version, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    for tag, (code, words) in _SAME.items():
        if before.get(tag) != now.get(tag):
            shown = f": {before.get(tag, 'unknown')} and {now.get(tag, 'unknown')}" if tag == "regions" else ""
            text = f"its {words} are not those of the {CHAMPION}{shown}; scores on other polygons are not compared"
            raise InputError(Fault(code, str(version), tag, text, "run both on the same ones, or give a reason with --force"))


def _scores(uri: str, version: Version, folder: Path) -> pd.DataFrame:
    folder.mkdir(parents=True)
    path = fetch(uri, version.run, SCORES, folder)
    if path is None:
        text = f"its run {version.run} holds no {SCORES}"
        raise InputError(
            Fault("E-PRO-002", str(version), "run", text, "record the run again with this version of iota_py: iota-py run CONFIG")
        )
    return read_table(path)


def _version(uri: str, name: str, run: str) -> Version:
    """The version that is meant; a run that is not registered becomes the next one."""
    if run.isdigit():
        return resolve(uri, f"{REGISTRY}{name}/{run}", "run")
    identifier = recorded_run(Path(run)) if Path(run).is_dir() else run
    return Version(name, register_run(uri, identifier, name), identifier)


def recorded_run(root: Path) -> str:
    """MLflow run of the folder of a run. InputError E-PRO-006 where it was not recorded."""
    path = root / paths.TRACKING
    run = read_json(path).get("run") if path.exists() else None
    if not run:
        raise InputError(Fault("E-PRO-006", str(root), "run", "is not recorded in MLflow", "iota-py run CONFIG, or iota-py track sync"))
    return str(run)


def recorded_store(root: Path) -> str:
    """URI of the store that a run is recorded in, its secrets taken from the environment. InputError and ConfigError as `recorded_run`."""
    recorded_run(root)
    return with_credentials(str(read_json(root / paths.TRACKING)["uri"]))


def _tags(decision: Decision, rule: Rule) -> dict[str, str]:
    found = decision.difference
    tags = {
        "alias": decision.alias,
        "outcome": "forced" if decision.forced else "promoted" if decision.passed else "refused",
        "reason": decision.reason,
        "test": str(rule) if decision.alias == CHAMPION else "none",
        "against": "" if decision.before is None else f"version {decision.before.number}",
        "by": person(),
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "force": rule.force if decision.forced else "",
    }
    if found is not None:
        tags |= {
            "champion_score": f"{found.baseline:.6f}",
            "challenger_score": f"{found.other:.6f}",
            "difference": f"{found.difference:.6f}",
            "interval": f"{found.low:.6f} to {found.high:.6f}",
            "p_value": f"{found.p_value:.4f}",
            "polygons": str(found.polygons),
        }
    return {f"{TAG}{key}": value for key, value in tags.items() if value}
