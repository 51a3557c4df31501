import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from iota_py.errors import StorageError
from iota_py.io.publish import json_text, published, read_json, sha256, sweep, write_bytes, write_json, write_text


def names(folder) -> list[str]:
    return sorted(p.name for p in folder.rglob("*"))


def fail(path, error: BaseException) -> None:
    """Stop in the middle of writing, when the driver has a file of its own beside the one asked for."""
    with published(path) as part:
        part.write_bytes(b"half")
        part.with_name(f"{part.name}-journal").write_bytes(b"of the driver")
        raise error


def test_a_published_file_takes_its_name_at_the_end(tmp_path):
    path = tmp_path / "a" / "map.tif"
    with published(path) as part:
        assert part.parent == path.parent
        assert part.name.startswith(".map.")
        assert part.suffix == ".tif"
        part.write_bytes(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert names(tmp_path) == ["a", "map.tif"]


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt(), ValueError("bad")])
def test_a_failure_leaves_nothing_and_passes_on(tmp_path, error):
    with pytest.raises(type(error)):
        fail(tmp_path / "map.gpkg", error)
    assert names(tmp_path) == []


def test_a_failure_keeps_the_file_that_was_there(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "first")
    with pytest.raises(RuntimeError):
        fail(path, RuntimeError())
    assert path.read_text() == "first"
    assert names(tmp_path) == ["a.txt"]


def test_failures_of_the_file_system_are_storage_errors(tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "a.txt", tmp_path / "folder"):
        with pytest.raises(StorageError, match=r"E-IO-001 .*could not be written: .*Fix: free disk space") as caught:
            write_text(path, "x")
        assert caught.value.faults[0].where == str(path)
    with pytest.raises(StorageError, match="No such file"), published(tmp_path / "never.txt"):
        pass
    assert names(tmp_path) == ["file", "folder"]


def test_a_full_disk_leaves_no_file(tmp_path):
    code = f"""
import resource, signal
from iota_py.errors import StorageError
from iota_py.io.publish import write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_bytes({str(tmp_path / "big.bin")!r}, bytes(20_000))
except StorageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "E-IO-001" in done.stdout
    assert "big.bin" in done.stdout
    assert names(tmp_path) == []


def test_sweep_removes_what_a_killed_run_left_and_nothing_else(tmp_path):
    code = f"""
import os, signal
from iota_py.io.publish import published
with published({str(tmp_path / "run" / "map.tif")!r}) as part:
    part.write_bytes(b"half")
    part.with_name(part.name + ".ovr").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -9
    left = names(tmp_path / "run")
    assert len(left) == 2
    assert all(name.startswith(".map.") for name in left)
    for kept in (".parts", ".partition.txt", "a.part", ".a.part", ".my.part.txt", "map.tif"):
        (tmp_path / "run" / kept).write_text("mine")
    assert sorted(p.name for p in sweep(tmp_path)) == left
    assert names(tmp_path / "run") == [".a.part", ".my.part.txt", ".partition.txt", ".parts", "a.part", "map.tif"]
    assert sweep(tmp_path) == []
    assert sweep(tmp_path / "nowhere") == []


def test_json_has_one_form():
    value = {"b": [np.float32(1.5), np.int64(2), np.bool_(True)], "a": {1: (float("nan"), float("inf"), -np.inf, np.nan)}, "é": None}
    text = json_text(value)
    assert json.loads(text) == {"a": {"1": [None, None, None, None]}, "b": [1.5, 2, True], "é": None}
    assert text == (
        '{\n  "a": {\n    "1": [\n      null,\n      null,\n      null,\n      null\n    ]\n  },\n'
        '  "b": [\n    1.5,\n    2,\n    true\n  ],\n  "é": null\n}\n'
    )


def test_json_files(tmp_path):
    write_json(tmp_path / "a.json", {"x": np.float64("nan"), "y": [1, 2.5, "é"]})
    assert read_json(tmp_path / "a.json") == {"x": None, "y": [1, 2.5, "é"]}


def test_sha256_of_a_file_larger_than_a_chunk(tmp_path):
    content = bytes(range(256)) * 8192  # 2 MiB
    write_bytes(tmp_path / "a.bin", content)
    assert sha256(tmp_path / "a.bin") == hashlib.sha256(content).hexdigest()
