"""Promotion on polygons whose scores are known: what passes, what is refused and why, and what the version says of it."""

from pathlib import Path

import pandas as pd
import pytest

from iota_py.errors import ConfigError, InputError
from iota_py.pipeline import paths
from iota_py.pipeline.promotion import Rule, promote, refusal
from iota_py.tracking.location import default_uri
from iota_py.tracking.mlflow_store import MlflowTracker, client_of
from iota_py.tracking.record import Artifact, RunRecord
from iota_py.tracking.registry import register_run

POLYGONS = 40
NAME = "oso-test"


def scores(right: float, polygons: range = range(POLYGONS), sliding: int = 0) -> pd.DataFrame:
    """Polygons of 10 pixels of class 1 or 2; a share `right` of each is mapped as it is, the rest as the other class."""
    rows = []
    for polygon in polygons:
        code = 1 + polygon % 2
        good = round(10 * right) - (sliding if polygon % 5 == 0 else 0)
        rows += [(0, polygon, "31TCJ", "1", code, code, good), (0, polygon, "31TCJ", "1", code, 3 - code, 10 - good)]
    frame = pd.DataFrame(rows, columns=["run", "polygon", "tile", "region", "code", "mapped", "pixels"])
    return frame[frame.pixels > 0]


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return default_uri(tmp_path_factory.mktemp("promotion"))


@pytest.fixture
def recorded(uri, tmp_path):
    """Maker of a run with scores of polygons and models, registered under a name of this test: its version."""

    def make(table: pd.DataFrame | None, name: str = NAME, register: bool = True, **tags: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "model").mkdir(parents=True)
        (folder / "model" / "MLmodel").write_text("flavors: {}\n")
        artifacts = [Artifact(folder / "model", "model")]
        if table is not None:
            path = folder / Path(paths.POLYGON_SCORES).name
            table.to_parquet(path)
            artifacts.append(Artifact(path, "tables"))
        tags = {"reference_sha256": "aa", "regions": "1,2", **tags}
        run = MlflowTracker(uri, "promotion").log(RunRecord("r", metrics={"f1_macro": 0.5}, tags=tags, artifacts=tuple(artifacts)))
        return register_run(uri, run, name) if register else run

    return make


def alias_of(uri: str, name: str, alias: str = "champion") -> str:
    return str(client_of(uri).get_model_version_by_alias(name, alias).version)


def tags_of(uri: str, name: str, version: str) -> dict[str, str]:
    return {key.removeprefix("promotion."): value for key, value in client_of(uri).get_model_version(name, version).tags.items()}


def test_the_first_champion_needs_no_test(uri, recorded):
    version = recorded(scores(0.8), "first")
    decision = promote(uri, "first", version)
    assert (decision.done, decision.difference) == (True, None)
    assert "first champion" in decision.reason
    assert alias_of(uri, "first") == version
    tags = tags_of(uri, "first", version)
    assert (tags["outcome"], tags["alias"]) == ("promoted", "champion")
    assert tags["at"].endswith("+00:00")
    assert tags["by"]


def test_a_better_challenger_takes_its_place_and_the_numbers_are_kept(uri, recorded):
    first, second = recorded(scores(0.8), "better"), recorded(scores(0.9), "better")
    promote(uri, "better", first)
    decision = promote(uri, "better", second, rule=Rule("overall_accuracy"))
    assert decision.done
    assert decision.difference.difference == pytest.approx(0.1)
    assert (decision.difference.low, decision.difference.high) == (pytest.approx(0.1), pytest.approx(0.1)), "every polygon gains as much"
    assert alias_of(uri, "better") == second
    tags = tags_of(uri, "better", second)
    assert tags["difference"] == "0.100000"
    assert tags["polygons"] == "40"
    assert tags["against"] == "version 1"
    assert tags["test"] == "better in overall_accuracy: 95 % interval of the paired difference, 2000 draws of polygons, above 0"


def test_one_that_is_not_shown_to_be_better_is_refused(uri, recorded):
    first, second = recorded(scores(0.9), "same"), recorded(scores(0.9, sliding=1), "same")
    promote(uri, "same", first)
    decision = promote(uri, "same", second)
    assert not decision.done
    with pytest.raises(
        ConfigError, match=r"E-PRO-001 same version 2: champion: not shown to be better than the champion, version 1: f1_macro -0\.0"
    ):
        raise refusal(decision)
    assert alias_of(uri, "same") == first
    assert tags_of(uri, "same", second)["outcome"] == "refused"
    equal = promote(uri, "same", recorded(scores(0.9), "same"))
    assert not equal.done, "as good is not better"


def test_a_margin_lets_pass_what_is_not_worse_by_more(uri, recorded):
    first, second = recorded(scores(0.9), "margin"), recorded(scores(0.9, sliding=1), "margin")
    promote(uri, "margin", first)
    assert not promote(uri, "margin", second, rule=Rule("overall_accuracy", margin=0.01)).done
    decision = promote(uri, "margin", second, rule=Rule("overall_accuracy", margin=0.1))
    assert decision.done
    assert "not worse by 0.1 than the champion" in decision.reason
    assert alias_of(uri, "margin") == second


def test_a_reason_sets_the_test_aside_and_is_kept(uri, recorded):
    first, second = recorded(scores(0.9), "forced"), recorded(scores(0.7), "forced")
    promote(uri, "forced", first)
    decision = promote(uri, "forced", second, rule=Rule(force="the nomenclature of the champion is wrong"))
    assert (decision.done, decision.passed, decision.forced) == (True, False, True)
    tags = tags_of(uri, "forced", second)
    assert (tags["outcome"], tags["force"]) == ("forced", "the nomenclature of the champion is wrong")
    assert float(tags["difference"]) == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("table", "tags", "line"),
    [
        (scores(0.9), {"reference_sha256": "bb"}, r"E-PRO-003 .*reference data or nomenclature are not those of the champion"),
        (scores(0.9), {"regions": "1,3"}, r"E-PRO-004 .*regions are not those of the champion: 1,2 and 1,3"),
        (scores(0.9, range(100, 140)), {}, r"E-PRO-005 .*no run and polygon in common"),
        (None, {}, r"E-PRO-002 .*holds no tables/polygon_scores\.parquet"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason_and_can_be_forced(uri, recorded, table, tags, line):
    name = f"apart-{line[:9]}"
    promote(uri, name, recorded(scores(0.8), name))
    other = recorded(table, name, **tags)
    with pytest.raises(InputError, match=line):
        promote(uri, name, other)
    assert alias_of(uri, name) == "1"
    assert promote(uri, name, other, rule=Rule(force="new reference")).forced
    assert alias_of(uri, name) == other
    assert tags_of(uri, name, other)["reason"].startswith("no test: ")


def test_a_challenger_asks_for_no_test_and_a_run_is_registered_on_the_way(uri, recorded):
    promote(uri, "way", recorded(scores(0.9), "way"))
    run = recorded(scores(0.5), "way", register=False)
    decision = promote(uri, "way", run, alias="challenger")
    assert (decision.done, decision.version.number) == (True, "2")
    assert (alias_of(uri, "way"), alias_of(uri, "way", "challenger")) == ("1", "2")
    assert promote(uri, "way", run, alias="challenger").reason == "it is the challenger already"


def test_a_run_that_a_version_stands_for_is_kept_when_it_is_recorded_anew(uri, recorded, tmp_path):
    """`mlflow gc` removes the files of deleted runs: those of a champion must not be among them."""
    version = recorded(scores(0.9), "kept")
    run = client_of(uri).get_model_version("kept", version).run_id
    again = MlflowTracker(uri, "promotion").log(RunRecord("r"), replace=run)
    kept = client_of(uri).get_run(run)
    assert (kept.info.lifecycle_stage, kept.data.tags["iota_py.superseded_by"]) == ("active", again)


def test_a_folder_that_was_not_recorded_is_told(uri, tmp_path):
    with pytest.raises(InputError, match=r"E-PRO-006 .*not recorded in MLflow"):
        promote(uri, NAME, str(tmp_path))


def test_a_run_without_models_is_not_registered(uri):
    run = MlflowTracker(uri, "promotion").log(RunRecord("bare"))
    with pytest.raises(InputError, match=r"E-PRO-011 .*holds no models"):
        register_run(uri, run, "bare")


def test_commands_say_what_was_decided(uri, recorded, command):
    first, second = recorded(scores(0.9), "words"), recorded(scores(0.8), "words")
    done = command("promote", "words", "--run", first, "--store", uri)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "words version 1 is the champion: the first champion: there is none to be compared with",
    )
    done = command("promote", "words", "--run", second, "--store", uri)
    assert done.returncode == 1
    assert done.stderr.startswith("E-PRO-001 words version 2: champion: not shown to be better")
    assert len(done.stderr.splitlines()) == 1
    done = command("promote", "words", "--run", second, "--store", uri, "--test", "luck")
    assert (done.returncode, "E-PRO-008" in done.stderr) == (1, True)
    done = command("promote", "words", "--run", second, "--store", uri, "--force", "a reason")
    assert (done.returncode, "in spite of the test (a reason)" in done.stdout) == (0, True)
