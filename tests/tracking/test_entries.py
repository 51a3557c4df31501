import datetime as dt
import hashlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.tracking import entries
from iota_py.tracking.entries import (
    LONG_PARAMETERS,
    LONG_TAGS,
    MAX_DIGEST,
    MAX_NAME,
    MAX_PARAMETER,
    MAX_TAG,
    NAMES,
    UNDEFINED_TAG,
    entries_of,
    merged_datasets,
    metric_name,
)
from iota_py.tracking.record import DatasetRecord, RunRecord


@pytest.mark.parametrize("name", ["f1", "f1.Eté", "recall/17 - Conifères", "region_1.overall-accuracy", "a/b/c.d"])
def test_allowed_names_stay(name):
    assert metric_name(name) == name


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("f1 (mean)", "f1 _mean"),
        ("kappa: run=1", "kappa_ run_1"),
        ("50 %", "50"),
        ("a//b", "a_b"),
        ("../up", "up"),
        ("", "name"),
        (".", "name"),
        ("f1\n", "f1"),
    ],
)
def test_other_names_become_readable_ones_with_a_digest(text, readable):
    assert metric_name(text) == f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def test_a_text_that_looks_like_a_changed_name_does_not_meet_it():
    changed = metric_name("f1 (mean)")
    assert metric_name(changed) != changed


def test_long_names_differ_by_their_ends():
    first, second = metric_name("x" * 300 + "a"), metric_name("x" * 300 + "b")
    assert first != second
    assert len(first) == MAX_NAME


@settings(deadline=None)  # the first example imports mlflow
@given(st.lists(st.text(max_size=300), unique=True, max_size=20))
def test_any_texts_become_different_names_that_mlflow_accepts(texts):
    from mlflow.utils.validation import _validate_metric, _validate_param, _validate_tag

    names = [metric_name(text) for text in texts]
    assert len(set(names)) == len(texts)
    for name in names:
        assert len(name) <= MAX_NAME
        _validate_metric(name, 1.0, 0, 0)
        _validate_param(name, "v")
        _validate_tag(name, "v")


def test_limits_are_those_of_the_installed_mlflow():
    from mlflow.utils import validation

    assert validation.MAX_ENTITY_KEY_LENGTH == MAX_NAME
    assert validation.MAX_PARAM_VAL_LENGTH == MAX_PARAMETER
    assert validation.MAX_TAG_VAL_LENGTH >= MAX_TAG
    assert validation.MAX_DATASET_DIGEST_SIZE == MAX_DIGEST


def test_undefined_metrics_are_named_and_not_stored():
    found = entries_of(RunRecord("r", metrics={"f1.9": math.nan, "f1.5": 0.25, "f1.2": math.inf}))
    assert found.metrics == {"f1.5": 0.25}
    assert found.tags == {UNDEFINED_TAG: "f1.2\nf1.9"}


def test_many_undefined_metrics_fill_several_tags():
    names = [f"{i:04d}" + "x" * 195 for i in range(60)]  # 199 characters + line end: 25 to a tag of 5000
    found = entries_of(RunRecord("r", metrics=dict.fromkeys(names, math.nan))).tags
    assert list(found) == [UNDEFINED_TAG, f"{UNDEFINED_TAG}.2", f"{UNDEFINED_TAG}.3"]
    assert [len(text.splitlines()) for text in found.values()] == [25, 25, 10]
    assert "\n".join(found.values()).splitlines() == names
    assert max(map(len, found.values())) <= MAX_TAG


def test_parameters_are_texts():
    parameters = {"a": "linear", "b": True, "c": None, "d": [1, 2.5], "e": {"y": 1, "x": "é"}, "f": dt.date(2023, 1, 1)}
    assert entries_of(RunRecord("r", parameters)).parameters == {
        "a": "linear",
        "b": "true",
        "c": "null",
        "d": "[1, 2.5]",
        "e": '{"x": "é", "y": 1}',
        "f": "2023-01-01",
    }


def test_a_parameter_at_the_limit_stays_and_a_longer_one_goes_whole_into_a_document():
    long = "y" * (MAX_PARAMETER + 1)
    found = entries_of(RunRecord("r", {"at": "x" * MAX_PARAMETER, "over": long}))
    digest = hashlib.sha256(long.encode()).hexdigest()[:16]
    assert found.parameters["at"] == "x" * MAX_PARAMETER
    assert found.parameters["over"] == f"sha256:{digest} (6001 characters, whole in long_parameters.json)"
    assert found.documents == {LONG_PARAMETERS: {"over": long}}


def test_long_tags_go_into_a_document_of_their_own():
    found = entries_of(RunRecord("r", tags={"note": "z" * 5001}))
    assert found.tags["note"].startswith("sha256:")
    assert found.documents == {LONG_TAGS: {"note": "z" * 5001}}


def test_changed_names_can_be_looked_up():
    found = entries_of(RunRecord("r", metrics={"f1 (mean)": 0.5}))
    (name,) = found.metrics
    assert found.documents == {NAMES: {name: "f1 (mean)"}}


def test_secrets_of_uris_are_removed_before_anything_is_stored():
    uri = "postgresql://user:canary@host/db"
    record = RunRecord("r", {"uri": uri, "list": [uri], "long": "k" * 7000 + " " + uri}, tags={"t": uri})
    found = entries_of(record)
    assert "canary" not in json.dumps([dict(found.parameters), dict(found.tags), dict(found.documents)])
    assert found.parameters["uri"] == "postgresql://***@host/db"


def test_a_data_set_used_twice_keeps_both_contexts():
    learning = DatasetRecord("polygons", "/p.gpkg", "ab" * 32, "validation")
    again = DatasetRecord("polygons", "/p.gpkg", "ab" * 32, "learning")
    other = DatasetRecord("polygons", "/q.gpkg", "cd" * 32, "input")
    assert merged_datasets([learning, other, again]) == ((learning, "learning,validation"), (other, "input"))


def test_module_is_pure():
    assert "mlflow" not in vars(entries)
