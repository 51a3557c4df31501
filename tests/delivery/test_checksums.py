"""Lists of checksums, against `sha256sum`, and multihashes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from iota_py.delivery.checksums import checksum_text, multihash, read_checksums

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing, FIPS 180-4


def test_lines_are_sorted_and_read_back():
    digests = {"b/two.tif": "ab" * 32, "a one.xml": "cd" * 32}
    text = checksum_text(digests)
    assert text == f"{'cd' * 32}  a one.xml\n{'ab' * 32}  b/two.tif\n"
    assert read_checksums(text) == digests


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_reads_it(tmp_path: Path):
    (tmp_path / "DATA").mkdir()
    (tmp_path / "DATA" / "a.bin").write_bytes(b"abc")
    digests = {"DATA/a.bin": hashlib.sha256(b"abc").hexdigest()}
    (tmp_path / "CHECKSUMS.sha256").write_text(checksum_text(digests))
    command = ["sha256sum", "-c", "--strict", "CHECKSUMS.sha256"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "DATA" / "a.bin").write_bytes(b"abd")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("abc  file\n", "line 1 is no checksum and path"), (f"{EMPTY}  a\n{EMPTY}  a\n", "line 2 is about a file that is listed twice")],
)
def test_what_is_no_list(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        read_checksums(text)


def test_multihash_of_nothing():
    """Code 0x12 and length 0x20, then the digest: the example of the multihash specification has the same first bytes."""
    assert multihash(EMPTY) == f"1220{EMPTY}"
