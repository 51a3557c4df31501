"""From a finished map to its packages and catalogue, checked from the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config.schema import RunConfig
from tests.conftest import Command
from tests.delivery.stac.rules import faults

PRODUCT = 'product: {{year: 2023, version: "{version}", zone: Somewhere, producer: us, licence: {licence}}}\n'
Writer = Callable[[Path, str], Path]


@pytest.fixture(scope="module")
def place(light_run: RunConfig, light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the light run, to whose configuration a product is added."""
    folder = tmp_path_factory.mktemp("delivery")
    write(folder, light_config)
    shutil.copytree(light_run.output, folder / "run")
    return folder


def write(folder: Path, light_config: Writer, version: str = "1-0", licence: str = "CC-BY-4.0") -> Path:
    return light_config(folder, PRODUCT.format(version=version, licence=licence))


def test_from_the_map_to_the_catalogue(place: Path, light_config: Writer, command: Command):
    config, root = write(place, light_config), place / "run"
    done = command("run", str(config))
    assert done.returncode == 0, done.stderr
    assert "packages" in done.stdout
    assert "predict" not in done.stdout  # what was there stays
    assert "catalog " in done.stdout
    checked = command("verify", str(root))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "no fault" in checked.stdout
    documents = {path.name: json.loads(path.read_text()) for path in (root / "catalog").rglob("*.json")}
    assert {name: found for name, document in documents.items() if (found := faults(document))} == {}
    assert "OSO_20230101_RASTER_V1-0.json" in documents
    assert len([name for name in documents if name.startswith("region_")]) == 4
    assert "nothing to do" in command("run", str(config)).stdout
    assert command("verify", str(root), "--quick").returncode == 0


def test_other_metadata_need_another_version(place: Path, light_config: Writer, command: Command):
    assert command("run", str(write(place, light_config))).returncode == 0
    done = command("run", str(write(place, light_config, licence="MIT")))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "E-PKG-005 product/OSO_20230101_RASTER_V1-0: product.version: was delivered with other content; metadata changed (licence): a minor version is "
        'needed. Fix: set product.version: "1-1", then iota-py run CONFIG; only the packages and the catalogue are made; '
        "or delete product/OSO_20230101_RASTER_V1-0, if nobody was given it"
    ]
    assert command("verify", str(place / "run")).stderr.startswith("E-VFY-001")  # what was begun is not handed over before it is finished
    done = command("run", str(write(place, light_config, "1-1", "MIT")))
    assert done.returncode == 0, done.stderr
    assert command("verify", str(place / "run")).returncode == 0
    names = sorted(p.name for p in (place / "run/product").iterdir())
    assert names == ["OSO_20230101_RASTER_V1-0", "OSO_20230101_RASTER_V1-1"]


def test_a_damaged_delivery_is_said_and_made_again(place: Path, light_config: Writer, command: Command):
    config = write(place, light_config, "1-1", "MIT")
    assert command("run", str(config)).returncode == 0
    path = place / "run/product/OSO_20230101_RASTER_V1-1/DATA/OCS_2023.tif"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    done = command("verify", str(place / "run"))
    assert done.returncode == 1
    assert [line[:81] for line in done.stderr.splitlines()] == [
        "E-VFY-005 product/OSO_20230101_RASTER_V1-1/DATA/OCS_2023.tif: other bytes than we"
    ]
    assert "1 fault, " in done.stdout
    assert command("run", str(config)).returncode == 0
    assert command("verify", str(place / "run")).returncode == 0


def test_a_report_written_anew_is_no_fault(place: Path, light_config: Writer, command: Command):
    assert command("run", str(write(place, light_config, "1-1", "MIT"))).returncode == 0
    assert command("report", str(place / "run")).returncode == 0
    assert command("verify", str(place / "run")).returncode == 0


def test_a_folder_that_is_no_run(tmp_path: Path, command: Command):
    done = command("verify", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith(f"E-VFY-001 {tmp_path}/manifest.json: no manifest of what was handed over")
    assert len(done.stderr.splitlines()) == 1
