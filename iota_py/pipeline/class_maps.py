"""Class maps that a command is given: a raster, or the folder of a run with its map and its nomenclature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.windows import Window, split, window_size
from iota_py.io.documents import read_yaml
from iota_py.io.raster import RasterHeader, open_raster, read_header, read_part
from iota_py.nomenclature import NODATA, Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace

PIXELS = 1 << 22  # of a window
_ROWS = 256  # at least, of a window of a raster in strips: fewer would write the blocks of a copy several times


@dataclass(frozen=True)
class ClassMap:
    """name: what messages and pages call it. nomenclature: of the run, or of the file that was given; None where neither is known."""

    name: str
    path: Path
    header: RasterHeader
    nomenclature: Nomenclature | None

    @property
    def grid(self) -> GeoBox:
        """Grid of the raster."""
        return self.header.geobox

    def known(self) -> Nomenclature:
        """The nomenclature. Raises ConfigError E-NOM-016 when none is known."""
        if self.nomenclature is None:
            fix = "give --nomenclature FILE, such as configs/nomenclatures/oso-23.yaml"
            raise ConfigError(Fault("E-NOM-016", str(self.path), "--nomenclature", "what do its codes mean? No nomenclature is given", fix))
        return self.nomenclature


def open_class_map(place: Path, nomenclature: Path | None = None) -> ClassMap:
    """What a command is given as a map. nomenclature: file that says what the codes of a raster mean; a run knows its own.

    Raises InputError or ConfigError: E-NOM-013 neither raster nor run, E-NOM-014 a run without a map of classes, E-NOM-015 no raster of
    uint8; and those of the reading of the files.
    """
    given = None if nomenclature is None else read_nomenclature(nomenclature)
    if place.is_dir():
        path, given = _map_of_run(place, given)
    elif place.is_file():
        path = place
    else:
        raise InputError(Fault("E-NOM-013", str(place), "", "no such file or folder", "name a raster (.tif), or the folder of a run"))
    header = read_header(str(path))
    if header.dtype != "uint8" or header.count != 1:
        text = f"expected one band of uint8 codes, found {header.count} of {header.dtype}"
        raise InputError(Fault("E-NOM-015", str(path), "", text, "give a map of classes"))
    return ClassMap(map_name(place), path, header, given)


def map_name(place: Path) -> str:
    """What a map is called: the folder of a run by its name, a raster by its own, or where all are called alike by that of its run or draw."""
    if place.is_dir():
        return place.resolve().name
    folders = (folder.name for folder in place.resolve().parents)
    return place.stem if place.stem != "classification" else next((name for name in folders if name not in ("", "map")), place.stem)


def read_nomenclature(path: Path) -> Nomenclature:
    """The nomenclature of a file. Raises ConfigError with every fault."""
    return Nomenclature.from_document(read_yaml(path), str(path))


def window_blocks(one: ClassMap, part: Window, pixels: int = PIXELS) -> Iterator[Window]:
    """Windows that cover a part of a map once, in row-major order, relative to that part; they follow the blocks of the file."""
    rows, cols = window_size(part.shape, one.header.block, pixels)
    if one.header.block[1] >= one.grid.shape[1]:
        rows = max(rows, min(_ROWS, part.height))
    yield from split(part.shape, (rows, cols))


class Reader:
    """Reads one part of a map by windows relative to that part, uint8 (row, col). A context: the file is open inside."""

    def __init__(self, one: ClassMap, part: Window) -> None:
        self.path, self.part = str(one.path), part
        self.opened = open_raster(self.path)

    def __enter__(self) -> Reader:
        self.dataset = self.opened.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.opened.__exit__(None, None, None)

    def __call__(self, window: Window) -> np.ndarray:
        """Pixels of a window of the part."""
        place = Window(self.part.row + window.row, self.part.col + window.col, window.height, window.width)
        values: np.ndarray = read_part(self.dataset, self.path, place, 1)
        return values


def stranger_fault(path: Path, values: list[int], nomenclature: Nomenclature) -> Fault:
    """E-NOM-017: a map holds values that its nomenclature does not."""
    shown = ", ".join(map(str, values[:10])) + (", …" if len(values) > 10 else "")
    text = f"values that are not codes of {nomenclature.name}: {shown} (no data is {NODATA})"
    return Fault("E-NOM-017", str(path), "", text, "give the nomenclature of this map with --nomenclature")


def _map_of_run(folder: Path, given: Nomenclature | None) -> tuple[Path, Nomenclature | None]:
    if not (folder / paths.CONFIG).is_file():
        text = "a folder, but not of a run (no config.yaml)"
        raise InputError(Fault("E-NOM-013", str(folder), "", text, "name a raster (.tif), or the folder of a run"))
    path, ws = folder / paths.map_layer("classification"), Workspace(folder.resolve(), "")
    if not path.is_file():
        text = f"a run without a map of classes (no {paths.map_layer('classification')})"
        raise InputError(Fault("E-NOM-014", str(folder), "", text, "finish it: iota-py run CONFIG"))
    return path, given or ws.nomenclature
