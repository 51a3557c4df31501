"""The bill of materials of a release: valid, whole, and the same each time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.util
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT

SHA_A, SHA_B, SHA_C = "a" * 64, "b" * 64, "c" * 64
# two libraries of every Python, one of which has two versions, and one that only developers need
SMALL = f"""\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{SHA_B} \\
    --hash=sha256:{SHA_A}
    # via rasterio
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:{SHA_C}
    # via rasterio
pytest==9.1.1 \\
    --hash=sha256:{SHA_C}
    # via iota-py (pyproject.toml)
rasterio==1.4.4 ; python_full_version < '3.12' \\
    --hash=sha256:{SHA_A}
    # via
    #   iota-py (pyproject.toml)
    #   Rio.Tiler
rasterio==1.5.2 ; python_full_version >= '3.12' \\
    --hash=sha256:{SHA_B}
    # via
    #   iota-py (pyproject.toml)
    #   Rio.Tiler
rio-tiler==9.4.0 \\
    --hash=sha256:{SHA_C}
    # via iota-py (pyproject.toml)
"""


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    """The script of `make sbom`."""
    spec = importlib.util.spec_from_file_location("iota_py_sbom", ROOT / ".ci" / "sbom.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def release(sbom: ModuleType) -> Any:
    time = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
    wishes = {"needed": frozenset({"rasterio"}), "offered": frozenset({"rio-tiler"})}
    return sbom.Release(name="iota-py", version="9.8.7", licence="Apache-2.0", commit="f" * 40, time=time, changed=False, **wishes)


def lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_it_holds_every_line_of_the_lock_file(sbom: ModuleType, release: Any) -> None:
    """`document` itself ends with the validator of the library; the lines are counted here in another way than the script reads them."""
    found = json.loads(sbom.document(release, sbom.read_lock(lock())))
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    wanted = {f"{name.lower()}@{number}" for name, number in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock(), re.MULTILINE)}
    assert {f"{one['name']}@{one['version']}" for one in found["components"]} == wanted
    assert all(one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}" for one in found["components"])
    hashes = [one["content"] for component in found["components"] for one in component["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock()))
    refs = {one["bom-ref"] for one in found["components"]} | {"iota-py@9.8.7"}
    assert {one["ref"] for one in found["dependencies"]} == refs
    needed = {other for one in found["dependencies"] for other in one.get("dependsOn", [])}
    assert needed == refs - {"iota-py@9.8.7"}, "each library has somebody who needs it"


def test_the_program_is_its_root(sbom: ModuleType, release: Any) -> None:
    about = json.loads(sbom.document(release, sbom.read_lock(SMALL)))["metadata"]
    root = about["component"]
    assert (root["type"], root["name"], root["version"]) == ("application", "iota-py", "9.8.7")
    assert root["pedigree"]["commits"] == [{"uid": "f" * 40}]
    assert root["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert about["timestamp"] == "2026-11-23T09:00:00+00:00"
    assert "properties" not in root
    changed = json.loads(sbom.document(dataclasses.replace(release, changed=True), sbom.read_lock(SMALL)))
    assert changed["metadata"]["component"]["properties"] == [{"name": "iota_py:changed_since_commit", "value": "true"}]


def test_who_needs_whom(sbom: ModuleType, release: Any) -> None:
    """Versions for older and newer Pythons are not joined."""
    found = json.loads(sbom.document(release, sbom.read_lock(SMALL)))
    graph = {
        one["ref"].removeprefix("pkg:pypi/"): [other.removeprefix("pkg:pypi/") for other in one.get("dependsOn", [])]
        for one in found["dependencies"]
    }
    assert graph == {
        "iota-py@9.8.7": ["pytest@9.1.1", "rasterio@1.4.4", "rasterio@1.5.2", "rio-tiler@9.4.0"],
        "numpy@2.4.6": [],
        "numpy@2.5.5": [],
        "pytest@9.1.1": [],
        "rasterio@1.4.4": ["numpy@2.4.6"],
        "rasterio@1.5.2": ["numpy@2.5.5"],
        "rio-tiler@9.4.0": ["rasterio@1.4.4", "rasterio@1.5.2"],
    }
    scopes = {one["name"]: one["scope"] for one in found["components"]}
    assert scopes == {"numpy": "required", "pytest": "excluded", "rasterio": "required", "rio-tiler": "optional"}
    (older,) = (one for one in found["components"] if one["version"] == "2.4.6")
    assert older["properties"] == [{"name": "iota_py:marker", "value": 'python_full_version < "3.12"'}]
    assert [one["content"] for one in older["hashes"]] == [SHA_A, SHA_B]


def test_it_is_the_same_twice(sbom: ModuleType, release: Any) -> None:
    first, again = (sbom.document(release, sbom.read_lock(SMALL)) for _ in range(2))
    assert first == again
    assert sbom.document(release, sbom.read_lock(SMALL)[::-1]) == first, "in any order of the lines"
    others = [dataclasses.replace(release, commit="e" * 40), dataclasses.replace(release, version="9.8.8")]
    serials = {json.loads(sbom.document(one, sbom.read_lock(SMALL)))["serialNumber"] for one in (release, *others)}
    assert len(serials) == 3, "another content has another serial number"


def test_licences_are_those_of_the_installed_version(sbom: ModuleType) -> None:
    def said(name: str, number: str) -> Any:
        return sbom.licence(sbom.Pin(name, number, "", (), ()))

    assert said("numpy", "0.0.1") is None
    assert said("surely-not-installed", "1") is None
    assert said("packaging", version("packaging")).value == "Apache-2.0 OR BSD-2-Clause"
    assert said("jinja2", version("jinja2")).name == "BSD License", "a classifier where nothing better is there"


@pytest.mark.parametrize("line", ["--index-url https://example.org", "numpy>=2", "    --hash=md5:0123", "numpy"])
def test_another_line_is_refused(sbom: ModuleType, line: str) -> None:
    with pytest.raises(ValueError):
        sbom.read_lock(f"{SMALL}{line}\n")


def test_the_command(sbom: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("requirements.lock", SMALL), ("pyproject.toml", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert sbom.main(tmp_path) == 1
    assert "no repository" in capsys.readouterr().err
    (tmp_path / ".gitignore").write_text("dist/\n", encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)
    assert sbom.main(tmp_path) == 0
    (written,) = (tmp_path / "dist").glob("iota_py-*.cdx.json")
    first = written.read_bytes()
    assert sbom.main(tmp_path) == 0
    assert written.read_bytes() == first
    assert "changed_since_commit" not in first.decode()
    (tmp_path / "requirements.lock").write_text(f"{SMALL}# changed\n", encoding="utf-8")
    assert sbom.main(tmp_path) == 0
    assert "files changed since" in capsys.readouterr().out
