"""Pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iota_py.io.pictures import write_jpeg


def test_a_picture_is_read_back_and_twice_the_same(tmp_path: Path):
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, :30], picture[:, 30:] = (200, 10, 10), (10, 10, 200)
    for name in ("a.jpg", "b.jpg"):
        write_jpeg(tmp_path / name, picture)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg", "b.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    with Image.open(tmp_path / "a.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))
        found = np.asarray(image).astype(int)
    assert found[20, 5] == pytest.approx([200, 10, 10], abs=12)
    assert found[20, 55] == pytest.approx([10, 10, 200], abs=12)
