import os
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.loading import merge
from iota_py.errors import ConfigError
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import Nomenclature
from iota_py.training.options import OPTIONS

KINDS = " or ".join(OPTIONS)
CONFIGS = Path(__file__).resolve().parents[2] / "configs"

AGGREGATIONS = sorted((CONFIGS / "nomenclatures").glob("*-to-*.yaml"))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.name)
def test_every_configuration_of_the_project_loads(path):
    config = load_config(path)
    assert config.name == path.stem
    assert config.nomenclature.is_file()


@pytest.mark.parametrize("path", sorted(set((CONFIGS / "nomenclatures").glob("*.yaml")) - {*AGGREGATIONS}), ids=lambda p: p.name)
def test_every_nomenclature_of_the_project_loads(path):
    assert len(Nomenclature.from_document(read_yaml(path), str(path)).classes) > 1


def test_there_are_configurations_to_load():
    assert {p.name for p in CONFIGS.glob("*.yaml")} >= {"demo.yaml"}
    assert {p.name for p in (CONFIGS / "nomenclatures").glob("*.yaml")} >= {"oso-17.yaml", "oso-23.yaml"}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("preiod: {}", "E-CFG-010 run.yaml: preiod: unknown key. Fix: did you mean `period`?"),
        ("period: {stop: 3}", "E-CFG-010 run.yaml: period.stop: unknown key. Fix: did you mean `step`?"),
        ("engine: {wrokers: 3}", "E-CFG-010 run.yaml: engine.wrokers: unknown key. Fix: did you mean `workers`?"),
        ("model: {kind: lightgbm, round: 3}", "E-CFG-010 run.yaml: model.round: unknown key. Fix: did you mean `rounds`?"),
        ("model: {kind: random_forest, max_depht: 3}", "E-CFG-010 run.yaml: model.max_depht: unknown key. Fix: did you mean `max_depth`?"),
        (
            "limits: {zzz: 1}",
            "E-CFG-010 run.yaml: limits.zzz: unknown key. Fix: known keys: max_bad_dates, min_dates",
        ),
        (
            "model: {kind: random_forest, trees: many}",
            "E-CFG-012 run.yaml: model.trees: input should be a valid integer, unable to parse string as an integer, found `many`",
        ),
        ("model: {kind: oracle}", f"E-CFG-012 run.yaml: model.kind: expected {KINDS}, found oracle"),
        ("model: {trees: 5}", f"E-CFG-012 run.yaml: model.kind: expected {KINDS}, found none"),
        ("engine: 5", "E-CFG-012 run.yaml: engine: input should be a valid section of keys and values, found `5`"),
        (
            "engine: {workers: few}",
            "E-CFG-012 run.yaml: engine.workers: input should be a valid integer, unable to parse string as an integer; or input should be 'all', found `few`",
        ),
        ("period: {start: 2023-02-30}", "E-CFG-013 run.yaml: period.start: `2023-02-30` is not a date; write it as 2023-01-31"),
        ("period: {start: 20230230}", "E-CFG-013 run.yaml: period.start: `20230230` is not a date; write it as 2023-01-31"),
        ("period: {start: 2023}", "E-CFG-013 run.yaml: period.start: `2023` is not a date; write it as 2023-01-31"),
        ("period: {start: 2023-03-01, end: 2023-02-01}", "E-CFG-013 run.yaml: period: start 2023-03-01 is after end 2023-02-01"),
        ("tiles: [../../x]", "E-CFG-012 run.yaml: tiles.0: string should match pattern"),
        ("tiles: []", "E-CFG-013 run.yaml: tiles: expected at least one tile; leave the key out for all"),
        ("tiles: [31TCJ, 31TCJ]", "tiles: a tile is named twice"),
        ("features: {s3: {}}", "features.s3: no input has that name; inputs are s2"),
        ("5: x", "E-CFG-012 run.yaml: 5: keys should be strings"),
        ("\t- x", "E-YML-003 run.yaml: line 8, column 1: found character '\\t' that cannot start any token. Fix: use spaces"),
        ("name: again", "E-YML-003 run.yaml: line 8, column 1: key `name` is given twice (lines 2 and 8)"),
        ("title: *anchor", "E-YML-003 run.yaml: line 8, column 8: aliases are not allowed (*anchor)"),
        ("title: !!python/object/apply:os.system ['true']", "E-YML-003 run.yaml: line 8, column 8: could not determine a constructor"),
    ],
)
def test_a_fault_is_one_line_with_the_field_and_the_way_out(lines, more, line):
    (found,) = lines(more)
    assert line in found


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("path: data, pth: x", "inputs.s2.pth: unknown key. Fix: did you mean `path`?"),
        ("path: data, valid: {clouds: strict}", "inputs.s2.valid.clouds: unknown key. Fix: did you mean `cloud`?"),
        (
            "path: data, valid: {cloud: loose}",
            "inputs.s2.valid.cloud: input should be 'strict', 'summary' or 'none'; or input should be a valid list, found `loose`",
        ),
        ("path: data, valid: {cloud: [1, 16]}", "inputs.s2.valid.cloud.1: input should be less than or equal to 15, found `16`"),
        ("path: data, valid: {saturation: 12:30}", "inputs.s2.valid.saturation: input should be a valid boolean"),
        ("path: data, bands: []", "inputs.s2.bands: input should be 'all'; or list should have at least 1 item"),
        ("path: data, exclude_dates: [2023-01-01, never]", "inputs.s2.exclude_dates.1: `never` is not a date; write it as 2023-01-31"),
        ("path: http://data", "E-CFG-003 run.yaml: inputs.s2.path: expected a path on this machine, found `http://data`"),
        ("path: /vsicurl/x", "E-CFG-003 run.yaml: inputs.s2.path: expected a path on this machine, found `/vsicurl/x`"),
    ],
)
def test_faults_of_an_input(lines, entry, line):
    (found,) = lines(**{"path: data": entry})
    assert line in found


def test_the_name_of_an_input_is_a_word(lines):
    (found,) = lines(**{"s2:": "Sentinel 2:"})
    assert "E-CFG-012 run.yaml: inputs.Sentinel 2: string should match pattern" in found


def test_all_faults_at_once(lines):
    more = "model: {kind: random_forest, trees: many, tres: 1}\nperiod: {start: 2023-02-30}\nlimits: 7"
    found = lines(more, **{"path: data": "pth: '${IOTA_PY_NOT_SET}'", "name: small": "nmae: small"})
    fields = ["name", "nmae", "inputs.s2.pth", "period.start", "model.trees", "model.tres", "limits"]
    assert len(found) == len(fields)
    for field in fields:
        assert sum(f"run.yaml: {field}: " in line for line in found) == 1, field


def test_missing_keys(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("title: x\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert [f.field for f in caught.value.faults] == ["name", "output", "nomenclature", "samples"]
    assert all(f.line().endswith(f"this key is required and missing. Fix: add `{f.field}:` there") for f in caught.value.faults)


@pytest.mark.parametrize(("text", "found"), [("", "nothing"), ("# nothing\n", "nothing"), ("- a\n", "list"), ("word\n", "str")])
def test_files_without_keys(tmp_path, text, found):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"E-CFG-001 .*run.yaml: expected keys and values, found {found}"):
        load_config(path)


def test_a_file_that_is_missing_or_too_large(tmp_path):
    with pytest.raises(ConfigError, match=r"E-YML-001 .*none\.yaml: no such file"):
        load_config(tmp_path / "none.yaml")
    (tmp_path / "large.yaml").write_text("# " + "x" * 1_000_000)
    with pytest.raises(ConfigError, match=r"E-YML-002 .*1000002 bytes, expected at most 1000000"):
        load_config(tmp_path / "large.yaml")


def test_environment_variables_in_paths(load, lines, monkeypatch, tmp_path):
    monkeypatch.setenv("IOTA_PY_DATA", "/archive")
    monkeypatch.delenv("IOTA_PY_NOT_SET", raising=False)
    path = {"path: data": "path: '${IOTA_PY_DATA}/s2'"}
    assert load(**path).inputs["s2"].path == Path("/archive/s2")
    assert load(**{"path: data": "path: '${IOTA_PY_NOT_SET:-data/s2}'"}).inputs["s2"].path == tmp_path / "data" / "s2"
    assert load(**{"path: data": "path: '${IOTA_PY_DATA:-other}/${IOTA_PY_NOT_SET:-}x'"}).inputs["s2"].path == Path("/archive/x")
    assert lines(**{"path: data": "path: '${IOTA_PY_NOT_SET}/s2'"}) == [
        "E-CFG-004 run.yaml: inputs.s2.path: environment variable IOTA_PY_NOT_SET is not set. Fix: export IOTA_PY_NOT_SET=…"
    ]


def test_paths_are_relative_to_the_file_that_names_them(load, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    config = load()
    assert config.output == tmp_path / "runs" / "small"
    assert config.inputs["s2"].path == tmp_path / "data"
    base, over = tmp_path / "base", tmp_path / "over"
    base.mkdir()
    over.mkdir()
    (tmp_path / "run.yaml").rename(base / "base.yaml")
    (over / "mine.yaml").write_text(
        "extends: ../base/base.yaml\noutput: here\nsamples: {label: name, regions: {path: ../regions.gpkg, field: f}}\n"
    )
    config = load_config(Path(os.path.relpath(over / "mine.yaml", "/")))
    assert config.output == over / "here"
    assert config.nomenclature == base / "classes.yaml"
    assert config.inputs["s2"].path == base / "data"
    assert config.samples.polygons == base / "reference.gpkg"
    assert (config.samples.label, config.samples.regions.path) == ("name", tmp_path / "regions.gpkg")


def test_sections_are_merged_and_the_rest_replaced(load, tmp_path):
    load("model: {kind: random_forest, trees: 7}\ntiles: [31TCJ, 31TDJ]\nperiod: {step: 5, start: 2023-01-01}")
    over = tmp_path / "over.yaml"
    over.write_text("extends: run.yaml\nmodel: {max_depth: 3}\ntiles: [30TYP]\nperiod: {start: null}\nlimits: {min_dates: 2}\n")
    config = load_config(over)
    assert (config.model.trees, config.model.max_depth) == (7, 3)
    assert config.tiles == ("30TYP",)
    assert (config.period.step, config.period.start, config.limits.min_dates) == (5, None, 2)


def test_a_model_of_another_kind_replaces_the_model(load, tmp_path):
    load("model: {kind: random_forest, trees: 7}\n")
    over = tmp_path / "over.yaml"
    over.write_text("extends: run.yaml\nmodel: {kind: lightgbm, leaves: 9}\n")
    assert load_config(over).model.leaves == 9
    over.write_text("extends: run.yaml\nmodel: {kind: random_forest, max_depth: 2}\n")
    assert load_config(over).model.trees == 7


def test_merge_does_not_change_its_arguments():
    base, over = {"a": {"b": 1}, "c": [1]}, {"a": {"d": 2}, "c": [2]}
    assert merge(base, over) == {"a": {"b": 1, "d": 2}, "c": [2]}
    assert (base, over) == ({"a": {"b": 1}, "c": [1]}, {"a": {"d": 2}, "c": [2]})


def test_files_that_extend_each_other(tmp_path):
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(ConfigError, match=r"E-CFG-002 .*a\.yaml: extends: files extend each other in a circle"):
        load_config(tmp_path / "a.yaml")
    (tmp_path / "c.yaml").write_text("extends: c.yaml\n")
    with pytest.raises(ConfigError, match=r"E-CFG-002 .*c\.yaml"):
        load_config(tmp_path / "c.yaml")


def test_extending_what_is_no_file(tmp_path):
    (tmp_path / "a.yaml").write_text("extends: [b.yaml]\n")
    with pytest.raises(ConfigError, match=r"E-CFG-002 .*a\.yaml: extends: expected the path of a configuration"):
        load_config(tmp_path / "a.yaml")
    (tmp_path / "a.yaml").write_text("extends: none.yaml\n")
    with pytest.raises(ConfigError, match=r"E-YML-001 .*none\.yaml: no such file"):
        load_config(tmp_path / "a.yaml")
