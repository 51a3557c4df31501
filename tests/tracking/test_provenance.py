import hashlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import iota_py
from iota_py.errors import InputError
from iota_py.tracking import provenance
from iota_py.tracking.provenance import FileEntry, RunFacts, environment, file_entry, git_state, lock_digest, manifest, scrub

FACTS = RunFacts(
    name="oso-2023",
    config_text="name: oso-2023\ntracking: {uri: 'postgresql://me:canary@db/x'}\n",
    inputs=(FileEntry("/data/b.zip", 7, "7-12", "fingerprint"), FileEntry("/data/a.gpkg", 3, "ab" * 32)),
    outputs=(FileEntry("map/classification.tif", 9, "cd" * 32),),
    seeds={"split": 1},
    engine={"kind": "dask", "address": "tcp://me:canary@node:8786", "workers": 4},
    started="2024-05-01T10:00:00+00:00",
    ended="2024-05-01T10:30:00Z",
)


def build(facts=FACTS):
    return manifest(facts, environment={"python": "3.11"}, git={"commit": "abc", "dirty": False}, lock="ef" * 32)


def test_manifest_holds_every_fact_and_no_secret():
    text = "name: oso-2023\ntracking: {uri: 'postgresql://***@db/x'}\n"
    assert build() == {
        "schema_version": 1,
        "name": "oso-2023",
        "config": {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()},
        "inputs": [{"path": "/data/a.gpkg", "size": 3, "sha256": "ab" * 32}, {"path": "/data/b.zip", "size": 7, "fingerprint": "7-12"}],
        "outputs": [{"path": "map/classification.tif", "size": 9, "sha256": "cd" * 32}],
        "seeds": {"split": 1},
        "environment": {"python": "3.11"},
        "git": {"commit": "abc", "dirty": False},
        "lock_sha256": "ef" * 32,
        "engine": {"kind": "dask", "address": "tcp://***@node:8786", "workers": 4},
        "started": "2024-05-01T10:00:00+00:00",
        "ended": "2024-05-01T10:30:00Z",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": (FileEntry("/abs.tif", 1, "a"),)}, "relative"),
        ({"outputs": (FileEntry("../other/x.tif", 1, "a"),)}, "relative"),
        ({"started": "2024-05-01T12:00:00+02:00"}, "UTC"),
        ({"started": "2024-05-01T10:00:00"}, "UTC"),
        ({"ended": "2024-05-01T09:59:59+00:00"}, "before its start"),
    ],
)
def test_manifest_refuses_facts_that_cannot_be(change, message):
    with pytest.raises(ValueError, match=message):
        build(replace(FACTS, **change))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgresql://user:pass@host:5432/db", "postgresql://***@host:5432/db"),
        ("https://token@github.com/a/b", "https://***@github.com/a/b"),
        ("see http://u:p@a/x and ftp://u:p@b", "see http://***@a/x and ftp://***@b"),
        ("mysql+pymysql://u:p@ss@h/d", "mysql+pymysql://***@h/d"),
        ("postgresql://u:a/b@h/d", "postgresql://***@h/d"),
        ("{'uri': 'http://u:p@h'}", "{'uri': 'http://***@h'}"),
        ("HTTPS://U:P@H", "HTTPS://***@H"),
        ("https://h/x?token=abc&y=1&sig=q%2F", "https://h/x?token=***&y=1&sig=***"),
        ("https://h:8443/images/a@2x.png", "https://h:8443/images/a@2x.png"),
        ("sqlite:////data/runs/mlflow.db", "sqlite:////data/runs/mlflow.db"),
        ("mail me@host, ratio 3:4@5", "mail me@host, ratio 3:4@5"),
    ],
)
def test_scrub(text, clean):
    assert scrub(text) == clean
    assert scrub(clean) == clean


@given(
    st.text(st.characters(exclude_characters="@/?#\"'<>:", exclude_categories=["Z", "C"]), min_size=1),
    st.text(st.characters(exclude_characters="@\"'<>/?#", exclude_categories=["Z", "C"]), min_size=1),
)
def test_no_password_passes(user, password):
    assert scrub(f"before https://{user}:{password}@host/path after") == "before https://***@host/path after"


def test_file_entries_by_content_and_by_fingerprint(tmp_path):
    path = tmp_path / "map" / "a.bin"
    path.parent.mkdir()
    path.write_bytes(b"abc")
    os.utime(path, ns=(0, 1_500_000_000_000_000_007))
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4 example
    assert file_entry(path, root=tmp_path) == FileEntry("map/a.bin", 3, abc)
    assert file_entry(path, full=False) == FileEntry(str(path), 3, "3-1500000000000000007", "fingerprint")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"E-TRK-007 .*gone\.tif.*cannot be read"):
        file_entry(tmp_path / "gone.tif")


def test_unknown_kind_of_digest_is_refused():
    with pytest.raises(ValueError, match="md5"):
        FileEntry("a", 1, "00", "md5")


def test_environment_reports_this_machine():
    found = environment("3.10.3")
    assert found["gdal"] == "3.10.3"
    assert found["iota_py"] == iota_py.__version__
    assert found["python"].startswith("3.")
    extension = found["packages"].pop("scikit-learn-intelex")  # not a dependency: None where it is not installed
    assert extension is None or extension[0].isdigit()
    optional = {"scikit-image", "imbalanced-learn", "xgboost", "torch", "distributed"}
    needed = {name: version for name, version in found["packages"].items() if name not in optional}
    assert {"numpy", "scipy", "scikit-learn", "lightgbm", "numba", "rasterio", "pyogrio", "pyarrow", "shapely", "skops", "mlflow"} <= set(
        needed
    )
    assert all(needed.values())
    assert found["proj"][0].isdigit()
    assert found["geos"][0].isdigit()
    assert found["cpu_flags"] == sorted(found["cpu_flags"])
    assert 1 <= found["usable_cores"] <= found["cores"]
    assert found["cpu"] is not None


def test_package_that_is_not_installed_is_none(monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGES", ("no-such-package-here",))
    assert environment("")["packages"] == {"no-such-package-here": None}


def test_lock_digest(tmp_path):
    assert lock_digest(tmp_path) is None
    (tmp_path / "requirements.lock").write_bytes(b"abc")
    assert lock_digest(tmp_path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", str(folder), *settings, *words], check=True, capture_output=True, text=True).stdout.strip()


def test_git_state_through_the_life_of_a_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) == {"commit": "", "dirty": None}
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path) == {"commit": "", "dirty": False}
    (tmp_path / "a.py").write_text("a = 1\n")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert git_state(tmp_path) == {"commit": commit, "dirty": False}
    (tmp_path / "a.py").write_text("a = 2\n")
    assert git_state(tmp_path) == {"commit": commit, "dirty": True}
    git(tmp_path, "checkout", "-q", "a.py")
    (tmp_path / "new.py").touch()
    assert git_state(tmp_path) == {"commit": commit, "dirty": True}


def test_git_state_is_that_of_the_folder_even_inside_a_git_hook(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        git(tmp_path / name, "init", "-q")
        git(tmp_path / name, "commit", "-q", "--allow-empty", "-m", name)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "two" / ".git"))
    found = git_state(tmp_path / "one")
    monkeypatch.delenv("GIT_DIR")
    assert found["commit"] == git(tmp_path / "one", "rev-parse", "HEAD")


def test_without_git_everything_is_null(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance.shutil, "which", lambda name: None)
    assert git_state(tmp_path) == {"commit": None, "dirty": None}


def test_a_git_that_hangs_gives_nulls(tmp_path, monkeypatch):
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(provenance.shutil, "which", lambda name: str(slow))
    monkeypatch.setattr(provenance, "_GIT_SECONDS", 0.2)
    assert git_state(tmp_path) == {"commit": None, "dirty": None}
