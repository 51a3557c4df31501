import pytest

from iota_py.errors import ConfigError
from iota_py.io.documents import MAX_BYTES, parse_yaml, read_yaml, yaml_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("yes", "yes"), ("y", "y"), ("12:30", "12:30"), ("12:30:45", "12:30:45"),
        ("0100", "0100"), ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), ("2023-01-31", "2023-01-31"), ("31TCJ", "31TCJ"),
        ("<<", "<<"), ("=", "="), ("V1-10", "V1-10"), ("1.2.3", "1.2.3"), ("TRUE", "TRUE"), ("NULL", "NULL"), ('"5"', "5"), ("'true'", "true"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-12", -12), ("+3", 3), ("7", 7),
        ("1.5", 1.5), (".5", 0.5), ("-1.", -1.0), ("1e3", 1000.0), ("2.5E-2", 0.025), (".inf", float("inf")), ("-.inf", float("-inf")),
    ],
)  # fmt: skip
def test_plain_scalars_are_what_a_person_wrote(text, value):
    (found,) = parse_yaml(f"- {text}", "x.yaml")
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number():
    found = parse_yaml("nodata: .nan", "x.yaml")["nodata"]
    assert found != found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n\tb: 2", r"E-YML-003 x\.yaml: line 2, column 1: .*Fix: use spaces, not tabs"),
        ("a: 1\nb: 2\na: 3", r"line 3, column 1: key `a` is given twice \(lines 1 and 3\)"),
        ("b: {c: 1, c: 2}", r"line 1, column 11: key `c` is given twice \(lines 1 and 1\)"),
        ("a: &x [1]\nb: *x", r"line 2, column 4: aliases are not allowed \(\*x\)"),
        ("a: !!python/object/apply:os.system ['true']", r"line 1, column 4: .*python/object/apply:os\.system"),
        ("a: !!python/name:os.system", r"line 1, column 4: .*python/name"),
        ("a: !Thing {}", r"line 1, column 4: .*!Thing"),
        ("a: " + "[" * 21 + "]" * 21, r"line 1, column 23: nested deeper than 20"),
        ("[" * 100_000, r"nested deeper than 20"),
        ("a: [1", r"line 1, column 6: expected ',' or '\]'"),
        ("a: 1\n---\nb: 2", r"line 2, column 1"),
        ("? [1, 2]\n: x", r"line 1, column 3: key \[1, 2\] is not a word"),
        ("1.5: x", r"line 1, column 1: key 1\.5 is not a word"),
        ("a: !!bool maybe", r"a value does not fit its tag"),
        ("a: !!timestamp soon", r"a value does not fit its tag"),
        ("a: !!int many", r"E-YML-003 x\.yaml: not YAML"),
        ("a: \x00", r"E-YML-003 x\.yaml: not YAML"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        parse_yaml(text, "x.yaml")
    assert len(str(caught.value).splitlines()) == 1


def test_nesting_up_to_the_limit():
    text = "[" * 19 + "x" + "]" * 19
    found = parse_yaml(text, "x.yaml")
    for _ in range(19):
        (found,) = found
    assert found == "x"
    assert parse_yaml("\n".join(f"- [a{i}, {{b: {i}}}]" for i in range(30)), "x.yaml")[29] == ["a29", {"b": 29}]  # wide is not deep


def test_files(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffa: été\n".encode())
    assert read_yaml(path) == {"a": "été"}
    path.write_bytes(b"a: \xe9t\xe9\n")
    with pytest.raises(ConfigError, match=r"E-YML-001 .*a\.yaml: cannot be read as UTF-8 text"):
        read_yaml(path)
    with pytest.raises(ConfigError, match=r"E-YML-001 .*no such file"):
        read_yaml(tmp_path / "b.yaml")
    with pytest.raises(ConfigError, match=r"E-YML-001 .*cannot be read"):
        read_yaml(tmp_path)
    path.write_text("a: " + "x" * MAX_BYTES)
    with pytest.raises(ConfigError, match=rf"E-YML-002 .*{MAX_BYTES + 3} bytes, expected at most {MAX_BYTES}"):
        read_yaml(path)


def test_what_is_written_is_read_back():
    document = {"b": ["on", "12:30", "0100", 5, 1.5, None, True], "a": {"é": "2023-01-31"}}
    assert parse_yaml(yaml_text(document), "x.yaml") == document
    assert list(parse_yaml(yaml_text(document), "x.yaml")) == ["b", "a"]
