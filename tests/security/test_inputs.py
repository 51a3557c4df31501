"""Files of others that are not what they seem: each is refused in one line, before it costs memory or reads what it names."""

from __future__ import annotations

import io
import os
import pickle
import resource
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.errors import InputError
from iota_py.io.archives import archive_members, read_member
from iota_py.io.raster import open_dataset
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.products import landsat_metadata, muscate_metadata, safe_metadata
from iota_py.training.bundle import load
from tests.pipeline.small_years import GRID, configured, map_of, write_land

MAP = "samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}\n"


class Canary:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2023)


@pytest.mark.parametrize("suffix", [".pkl", ".joblib", ".pickle", ".npy", ""])
def test_a_pickle_offered_as_a_model_is_refused_and_does_not_run(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Canary(tmp_path / "ran")))
    with pytest.raises(InputError, match=r"E-MOD-00[12]"):
        load(path)
    (tmp_path / "folder").mkdir()
    path.rename(tmp_path / "folder" / f"model{suffix}")
    with pytest.raises(InputError, match=r"E-MOD-00[12]"):
        load(tmp_path / "folder")
    assert not (tmp_path / "ran").exists()


def test_a_pickle_in_a_run_offered_for_its_models_is_refused(land: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    made = configured(land, tmp_path / "run", MAP)
    map_of(made)
    model = next((tmp_path / "run/models").rglob("model.skops"))
    model.write_bytes(pickle.dumps(Canary(tmp_path / "ran")))
    path = land / "reusing.yaml"
    path.write_text(f"extends: base.yaml\noutput: {tmp_path / 'other'}\n{MAP}model: {{from: {tmp_path / 'run'}}}\n", encoding="utf-8")
    done = command("run", str(path))
    assert done.returncode in (1, 2)
    assert "E-MOD-001" in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["image.tif", "image.tiff", "image.jp2"])
def test_a_virtual_raster_behind_the_name_of_another_reads_nothing(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"S3CR" * 64)
    (tmp_path / name).write_text(
        '<VRTDataset rasterXSize="16" rasterYSize="16"><VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
        f"<SourceFilename>{secret}</SourceFilename></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(InputError, match="E-RAS-002"):
        open_dataset(str(tmp_path / name))


@pytest.mark.parametrize(
    "name", ["/vsicurl/http://127.0.0.1:9/a.vrt", "<VRTDataset/>", "GTIFF_RAW:/etc/passwd", "WMS:http://127.0.0.1:9", "a.vrt"]
)
def test_what_is_no_plain_raster_has_no_driver(name: str) -> None:
    with pytest.raises(InputError, match=r"E-RAS-00[12]|E-PRD-05\d"):
        open_dataset(name)


def test_a_raster_that_declares_eighty_gigabytes_costs_nothing(tmp_path: Path) -> None:
    import rasterio

    path = tmp_path / "bomb.tif"
    profile = {
        "driver": "GTiff",
        "width": 200_000,
        "height": 200_000,
        "count": 1,
        "dtype": "uint16",
        "tiled": True,
        "SPARSE_OK": "TRUE",
        "transform": GRID.transform,
        "crs": "EPSG:32631",
    }
    with rasterio.open(path, "w", **profile, BIGTIFF="YES"):
        pass
    assert path.stat().st_size < 20_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=r"E-RAS-003 .*200000 × 200000"):
        open_dataset(str(path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9)
)  # fmt: skip
XML = {
    "bomb": BOMB + "]><a>&j;</a>",
    "external entity": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external document type": '<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "not closed": "<a><b></a>",
    "nothing": "",
}


PARSERS: dict[str, tuple[Callable[[bytes], object], tuple[type[Exception], ...]]] = {
    "MUSCATE": (muscate_metadata.parse_document, muscate_metadata.UNREADABLE),
    "SAFE": (safe_metadata.parse_safe, safe_metadata.UNREADABLE),
    "SAFE granule": (safe_metadata.parse_granule, safe_metadata.UNREADABLE),
    "Landsat": (lambda content: landsat_metadata.parse_scene(content, "MTL.xml"), landsat_metadata.UNREADABLE),
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", XML.values(), ids=XML)
def test_metadata_that_unfold_or_fetch_are_refused(text: str, parser: str) -> None:
    parse, unreadable = PARSERS[parser]
    with pytest.raises(unreadable):
        parse(text.encode())


@pytest.mark.parametrize("parser", PARSERS)
@settings(max_examples=60, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), st.text(alphabet="<>/&;a!?[]\"'= \n", max_size=80).map(str.encode)))
def test_any_bytes_are_metadata_or_unreadable(parser: str, content: bytes) -> None:
    parse, unreadable = PARSERS[parser]
    with suppress(*unreadable):
        parse(content)


def _zip(path: Path, names: list[str], content: bytes = b"x", mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def test_archives_stay_inside_and_within_bounds(tmp_path: Path) -> None:
    for name in ("../evil", "/etc/evil", "a/../../evil", "\\evil"):
        with pytest.raises(InputError, match="E-ZIP-002"):
            archive_members(_zip(tmp_path / "a.zip", [name]))
    with pytest.raises(InputError, match="E-ZIP-002"):
        archive_members(_zip(tmp_path / "link.zip", ["link"], b"/etc/passwd", 0o120777))
    bomb = _zip(tmp_path / "bomb.zip", ["zeros"], bytes(200_000_000))
    assert bomb.stat().st_size < 300_000
    with pytest.raises(InputError, match="E-ZIP-003"):
        read_member(bomb, "zeros")
    with pytest.raises(InputError, match="E-ZIP-003"):
        archive_members(_zip(tmp_path / "many.zip", [f"{k}" for k in range(100_001)], b""))
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(InputError, match="E-ZIP-002"):
        archive_members(tmp_path / "a.tar")


def test_arrays_with_objects_inside_are_not_unpickled(tmp_path: Path) -> None:
    from iota_py.training.storage import npz_arrays

    stream = io.BytesIO()
    np.savez(stream, a=np.array([Canary(tmp_path / "ran")], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        npz_arrays(stream.getvalue())
    assert not (tmp_path / "ran").exists()


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    name=st.sampled_from(("a.gpkg", "a.shp", "a.geojson", "a.zip", "a.parquet", "a.csv", "a.tif", "a.jp2")),
)
def test_any_bytes_under_any_name_are_one_error(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    readers: dict[str, Callable[[], object]] = {
        ".tif": lambda: open_dataset(str(path)), ".jp2": lambda: open_dataset(str(path)), ".csv": lambda: read_table(path),
        ".zip": lambda: archive_members(path),
    }  # fmt: skip
    with suppress(InputError):
        readers.get(path.suffix, lambda: read_vectors(path))()


def test_functions_of_a_user_run_only_when_allowed_twice(land: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    code = land / "mine.py"
    code.write_text(f"import os\nos.mkdir({str(tmp_path / 'ran')!r})\n\ndef f(view):\n    return None\n", encoding="utf-8")
    wish = "user_features:\n  - {file: mine.py, function: f}\n"
    for more, words in (("", ()), ("allow_user_code: true\n", ()), ("", ("--allow-user-code",))):
        path = land / "user.yaml"
        path.write_text(f"extends: base.yaml\noutput: {tmp_path / 'run'}\n{MAP}{wish}{more}", encoding="utf-8")
        done = command("check", str(path), *words)
        assert done.returncode == 1
        assert "E-CFG-021" in done.stderr
    assert not (tmp_path / "ran").exists()
    outside = tmp_path / "outside.py"
    outside.write_text(code.read_text())
    path.write_text(f"extends: base.yaml\noutput: {tmp_path / 'run'}\n{MAP}{wish.replace('mine.py', str(outside))}allow_user_code: true\n")
    assert "E-CFG-022" in command("check", str(path), "--allow-user-code").stderr
    assert not (tmp_path / "ran").exists()


def test_python_in_a_virtual_raster_does_not_run_whatever_the_environment_says(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from iota_py.errors import IotaError
from iota_py.io.raster import open_dataset
from iota_py.io.virtual import mosaic_path
for name in ({str(tmp_path / "a.vrt")!r}, mosaic_path({str(tmp_path / "a.vrt")!r})):
    try:
        open_dataset(name).read(1)
    except IotaError as error:
        print(error.faults[0].code)
"""
    (tmp_path / "a.vrt").write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1" subClass="VRTDerivedRasterBand">'
        "<PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionType>f</PixelFunctionType><PixelFunctionCode><![CDATA[\n"
        f"import os\nos.mkdir({str(tmp_path / 'ran')!r})\ndef f(*a, **k): pass\n]]></PixelFunctionCode></VRTRasterBand></VRTDataset>"
    )
    environment = {**os.environ, "GDAL_VRT_ENABLE_PYTHON": "YES"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["E-RAS-001", "E-PRD-061"]
    assert not (tmp_path / "ran").exists()
