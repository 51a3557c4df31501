"""Parsers fed with damaged bytes: an error of this package or a result, never another exception."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iota_py.config import load_config
from iota_py.errors import IotaError
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.inputs.listing import list_folder
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Task
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.source import Choice, Interval, Source
from tests.conftest import ROOT
from tests.faults import field as land
from tests.faults.mutation import altered, altered_xml, damaged
from tests.products import small, small_landsat, small_safe

CLASSES = b"\n".join((ROOT / "configs" / "nomenclatures" / "oso-23.yaml").read_bytes().splitlines()[:22]) + b"\n"
NOMENCLATURE = ROOT / "configs" / "nomenclatures" / "oso-23.yaml"
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
many = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=CHECKS)
some = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=CHECKS)


def answered(read: Callable[[], Any]) -> Any:
    """The result, or None for an error of this package, whose faults each are one line with a code."""
    try:
        return read()
    except IotaError as error:
        faults = error.faults
    assert faults
    assert all(fault.code.startswith("E-") and "\n" not in fault.line() for fault in faults)
    return None


def as_yaml(value: Any) -> bytes:
    """A document as a file of bytes."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=False).encode()


CONFIGURATION = land.yaml_of(
    land.document(
        NOMENCLATURE,
        features={"s2": {"indices": ["NDVI"]}},
        samples={"regions": {"path": "regions.gpkg", "field": "region"}, "relabel": {"1": "5"}, "selection": {"strategy": "all"}},
        vector={"formats": ["gpkg"]},
        assessment={"cross_validation": {"folds": 3}},
    )
).encode()


@many
@given(st.one_of(damaged(CONFIGURATION), altered(yaml.safe_load(CONFIGURATION)).map(as_yaml)))
def test_configurations(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(content)
    answered(lambda: load_config(path))


def test_the_configuration_that_is_damaged_is_well(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_bytes(CONFIGURATION)
    assert load_config(tmp_path / "run.yaml").samples.regions


@many
@given(st.one_of(damaged(CLASSES), altered(yaml.safe_load(CLASSES)).map(as_yaml)))
def test_nomenclatures(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "classes.yaml"
    path.write_bytes(content)

    def read() -> Nomenclature:
        found = Nomenclature.from_document(read_yaml(path), str(path))
        assert all(1 <= code <= 255 for code in found.codes)
        return found

    answered(read)


NAMES = (
    "SENTINEL2A_20230704-105851-024_L2A_T31TCJ_C_V3-1",
    "S2A_MSIL2A_20230704T105621_N0509_R094_T31TCJ_20230704T170000.SAFE",
    "LC08_L2SP_198030_20230704_20230710_02_T1",
    "SENTINEL2X_20230715-000000-000_L3A_T31TCJ_C_V1-2",
    "s1a_31TCJ_vv_DES_051_20230704t060012.tif",
    "T31TCJ_20230704T105851_snow.zip",
    "VENUS-XS_20230704-105851-000_L2A_SITE_C_V3-1",
    "LANDSAT8-OLITIRS-XS_20230704-105851-024_L2A_T31TCJ_C_V1-0",
)


@some
@given(st.lists(st.one_of([damaged(name.encode()) for name in NAMES]), min_size=5, max_size=20))
def test_names_of_products(tmp_path: Path, names: list[bytes]) -> None:
    folder = tmp_path / "names"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for content in names:
        name = content.decode("utf-8", "surrogateescape").replace("/", "_").replace("\0", "_")[:80]
        if not name.strip(". "):
            continue
        path = folder / name
        if len(name.encode("utf-8", "surrogateescape")) % 2:
            path.mkdir(exist_ok=True)
        elif not path.exists():
            path.write_bytes(b"PK\x03\x04")
    answered(lambda: list_folder(folder))


def product(folder: Path, family: str, name: str) -> tuple[Source, Path]:
    """The one product in a folder, and the file of it that is damaged."""
    described = load_family(family)
    choice = Choice(described.default_bands, next(iter(described.nature), "FRE"))
    (path,) = folder.rglob(name)
    return Source("s2", folder, described, choice, options={"period": (None, None), "tiles": None}), path


WRITERS: dict[str, tuple[str, str, Callable[[Path], Any]]] = {
    "MUSCATE": ("theia-s2-l2a", "*_MTD_ALL.xml", small.write),
    "SAFE": ("sen2cor-l2a", "MTD_MSIL2A.xml", small_safe.write),
    "granule": ("sen2cor-l2a", "MTD_TL.xml", small_safe.write),
    "MTL": ("landsat-c2-l2", "*_MTL.xml", small_landsat.write),
}


@pytest.fixture(scope="module", params=WRITERS)
def metadata(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Path, bytes]:
    """A product, its metadata file, and what that held."""
    family, name, write = WRITERS[request.param]
    folder = tmp_path_factory.mktemp("product")
    write(folder)
    source, path = product(folder, family, name)
    (series,) = discover(source, Interval(), None).values()
    assert series.observations, series.set_aside
    return source, path, path.read_bytes()


@many
@given(st.data())
def test_metadata_of_products(metadata: tuple[Source, Path, bytes], data: st.DataObject) -> None:
    source, path, whole = metadata
    path.write_bytes(data.draw(st.one_of(damaged(whole), altered_xml(whole))))
    try:
        found = answered(lambda: discover(source, Interval(), None))
    finally:
        path.write_bytes(whole)
    for series in (found or {}).values():
        assert all(aside.kind != "bad" or "E-" in aside.reason for aside in series.set_aside)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Task, bytes]:
    """A task that was done, and its marker."""
    root = tmp_path_factory.mktemp("run")
    (root / "a.txt").write_text("made")
    state, task = State(root), Task("train/a", "train", "train", {}, ("samples/a",), ("a.txt",), "key")
    state.record(Task("samples/a", "samples", "samples", {}, (), ("a.txt",), "other"), 1.0)
    state.record(task, 1.0)
    assert state.done(task)
    return state, task, state.marker(task.id).read_bytes()


@many
@given(st.data())
def test_markers(marked: tuple[State, Task, bytes], data: st.DataObject) -> None:
    """A marker that is not what was written speaks for nothing, or says the same."""
    state, task, whole = marked
    content = data.draw(st.one_of(damaged(whole), altered(json.loads(whole)).map(lambda value: json.dumps(value).encode())))
    state.marker(task.id).write_bytes(content)
    try:
        done = state.done(task)
        state.digest(task.id)
        if done:
            kept = json.loads(content)
            assert kept["key"] == "key"
            assert set(kept["outputs"]) == {"a.txt"}
            assert set(kept["files"]) == {"a.txt"}
    finally:
        state.marker(task.id).write_bytes(whole)
    assert state.done(task)


@pytest.mark.parametrize("text", ["inf", "nan", "1e999", "9" * 5000])
def test_a_processing_baseline_that_is_no_number(tmp_path: Path, text: str) -> None:
    """Found by the test above: infinity cannot be rounded."""
    small_safe.write(tmp_path)
    source, path = product(tmp_path, "sen2cor-l2a", "MTD_MSIL2A.xml")
    content = path.read_text()
    path.write_text(re.sub(r"(<PROCESSING_BASELINE>)[^<]*", rf"\g<1>{text}", content))
    assert path.read_text() != content
    (series,) = discover(source, Interval(), None).values()
    (aside,) = series.set_aside
    assert "E-PRD-" in aside.reason
