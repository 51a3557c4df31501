"""What a configuration may name: local files, by keys that are anchored; no way out through links of names, archives, addresses or tags."""

from __future__ import annotations

import os
import types
import typing
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from iota_py.config import load_config
from iota_py.config.schema import PATH_FIELDS, RunConfig
from iota_py.errors import ConfigError
from iota_py.io.documents import MAX_BYTES, parse_yaml, read_yaml
from tests.pipeline.small_years import write_land

SAMPLES = "samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}\n"


def fields(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, object]]:
    """Dotted names and annotations of a section and those below it; a key of a mapping or a place in a list is `0`."""
    for name, field in model.model_fields.items():
        yield from _inside(f"{place}{field.alias or name}", field.annotation)


def _inside(place: str, annotation: object) -> Iterator[tuple[str, object]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from fields(annotation, f"{place}.")
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (dict, tuple, list):
        for one in arguments[-1:] if origin is dict else arguments:
            yield from _inside(f"{place}.0", one)
    elif origin is typing.Annotated:
        yield from _inside(place, arguments[0])
    elif origin is typing.Union or isinstance(annotation, types.UnionType):
        for one in arguments:
            yield from _inside(place, one)
    else:
        yield place, annotation


def test_every_path_of_the_schema_is_anchored_and_so_looked_at() -> None:
    paths = {place for place, annotation in fields(RunConfig) if annotation is Path}
    assert len(paths) > 20
    assert sorted(place for place in paths if not PATH_FIELDS.match(place)) == []


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2023)


HOSTILE = (
    "/vsicurl/http://127.0.0.1:9/a.tif", "/vsizip/a.zip/b.tif", "http://127.0.0.1:9/a.gpkg", "s3://bucket/a", "/vsimem/a", "file:///etc/passwd",
    "../" * 40 + "vsizip/a.zip/b.tif", "/./vsicurl/x", "//vsicurl/http:/x",
)  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
@pytest.mark.parametrize(
    "key", ["nomenclature: {}", "samples: {{polygons: {}, label: code}}", "inputs: {{images: {{path: {}}}}}", "output: {}"]
)
def test_a_path_leads_to_a_file_of_this_machine(key: str, path: str, land: Path) -> None:
    config = land / "hostile.yaml"
    config.write_text(f"extends: base.yaml\n{'' if key.startswith('samples') else SAMPLES}{key.format(repr(path))}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="E-CFG-003"):
        load_config(config)


def test_a_variable_does_not_smuggle_an_address_in(land: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "/vsicurl/http://127.0.0.1:9")
    config = land / "smuggled.yaml"
    config.write_text(f"extends: base.yaml\n{SAMPLES}nomenclature: ${{PLACE}}/a.yaml\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="E-CFG-003"):
        load_config(config)


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", ".hidden", "a b", "", "x" * 65, "a\\nb", "a\\0b"])
@pytest.mark.parametrize("key", ["name: ", "tiles: ["])
def test_names_that_become_folders_are_words(key: str, name: str, land: Path) -> None:
    config = land / "names.yaml"
    config.write_text(f'extends: base.yaml\n{SAMPLES}{key}"{name}"{"]" if key.endswith("[") else ""}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="E-CFG-012"):
        load_config(config)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n", "a: 1\na: 2\n", "a: !!python/object/apply:os.system [true]\n", "a: !!python/name:os.system\n", "[" * 25 + "]" * 25,
        "[" * 20_000, "a: " + "9" * 5000, "? [a]\n: b\n", "a: !!binary x\n", "%YAML 9.9\n---\na: 1\n", "a: 1\n---\nb: 2\n", "\x00", "\ufeff\x07",
    ],
)  # fmt: skip
def test_yaml_that_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match="E-YML-003"):
        parse_yaml(text, "config.yaml")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with open(path, "wb") as stream:
        os.truncate(stream.fileno(), MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="E-YML-002"):
        read_yaml(path)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="a1:-&*!{}[]?|>'\"%@`#,\n\t ~.\\", max_size=60).map(str.encode)))
def test_any_bytes_are_a_document_or_one_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    path.write_bytes(content)
    with suppress(ConfigError):
        read_yaml(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_configuration_with_a_changed_byte_is_read_or_refused(land: Path, data: st.DataObject) -> None:
    content = bytearray((land / "base.yaml").read_bytes() + SAMPLES.encode())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    path = land / "changed.yaml"
    path.write_bytes(bytes(content))
    with suppress(ConfigError):
        load_config(path)
