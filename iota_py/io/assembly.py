"""A map from its parts: a VRT of those that are there, with their overviews, copied to a cloud-optimised GeoTIFF.

Where there is no part nothing is decoded, compressed or stored. A block that is missing from the result must be one without data in the
parts: this is looked at before the file takes its name, so that a block that was never written is found as in a map without gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
import rasterio.dtypes
import rasterio.errors
import rasterio.shutil
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling

from iota_py.errors import Fault, StorageError
from iota_py.grid.parts import REDUCED, padded, part_windows
from iota_py.grid.windows import Window, crs_text
from iota_py.io.parts import Filler, Layout, part_writer
from iota_py.io.publish import published
from iota_py.io.raster import COG_BLOCK, ENV, unwritable, write_cog

Finish = Callable[[Any], None]
Counted = Callable[[np.ndarray], None]  # int64 (256,)
Pieces = Sequence[tuple[Window, Path]]  # parts of a map and the file of each


def assemble_cog(
    path: str | Path, grid: GeoBox, layout: Layout, pieces: Pieces, finish: Finish | None = None, counted: Counted | None = None
) -> None:
    """Publish the map that these parts make: a cloud-optimised GeoTIFF, sparse where the grid has several parts.

    pieces: parts as part_writer makes them, with overviews where the grid has several; the others have no data. finish: called with the open
    VRT for colours, tags, names. counted: called before the file takes its name, with the pixels of each value of a uint8 raster.
    Raises StorageError when it cannot be written whole.
    """
    with published(path) as part, ExitStack() as made:
        counts = _assemble((part, path), grid, layout, pieces, finish, _beside(part, made))
        if counted is not None:
            counted(counts)


def write_map(
    path: str | Path, grid: GeoBox, layout: Layout, blocks: Iterable[tuple[Window, np.ndarray]], finish: Finish | None = None
) -> None:
    """Publish a cloud-optimised GeoTIFF of any size from blocks of pixels, in row-major order, that cover the grid once.

    A grid of one part goes through io.raster.write_cog. Else the parts that hold data pass through temporary files beside the product.
    """
    if not of_several_parts(grid):
        write_cog(path, grid, layout.dtype, blocks, overviews=layout.overviews, nodata=layout.nodata, finish=finish)
        return
    with published(path) as part, ExitStack() as made:
        name = _beside(part, made)
        _assemble((part, path), grid, layout, _spilled(grid, layout, blocks, name), finish, name)


def of_several_parts(grid: GeoBox) -> bool:
    """True when a map on this grid is made of several parts, and sparse."""
    return len(part_windows(grid.shape)) > 1


def _beside(part: Path, made: ExitStack) -> Callable[[str], Path]:
    """Names of temporary files beside a product, which go with the block."""

    def name(text: str) -> Path:
        place = part.with_name(f"{part.name}.{text}")
        made.callback(place.unlink, missing_ok=True)
        return place

    return name


def _spilled(grid: GeoBox, layout: Layout, blocks: Iterable[tuple[Window, np.ndarray]], name: Callable[[str], Path]) -> Pieces:
    """Parts of a map that hold data, in temporary files. Open at a time: those that a row of blocks meets."""
    parts = part_windows(grid.shape)
    left, found = [part.pixels for part in parts], []
    taking: dict[int, tuple[ExitStack, Filler]] = {}
    with ExitStack() as stack:
        for window, values in blocks:
            for number, piece in _cut(window, parts, grid):
                inside = values[..., piece.row - window.row :, piece.col - window.col :][..., : piece.height, : piece.width]
                if number not in taking and not layout.is_empty(inside):
                    own, file = stack.enter_context(ExitStack()), name(f"part{number}.tif")
                    found.append((parts[number], file))
                    put = own.enter_context(part_writer(file, grid, parts[number], layout, reduced=True))
                    put.given = parts[number].pixels - left[number]  # what came before is without data
                    taking[number] = own, put
                if number in taking:
                    taking[number][1](piece, inside)
                left[number] -= piece.pixels
                if number in taking and left[number] == 0:
                    taking.pop(number)[0].close()
    if any(left):
        raise ValueError(f"{sum(left)} pixels of {grid.shape[0]} × {grid.shape[1]} were not given, or others twice")
    return found


def _cut(window: Window, parts: Sequence[Window], grid: GeoBox) -> Iterator[tuple[int, Window]]:
    """The parts that a window meets, by number, and what it shares with each."""
    height, width = parts[0].shape
    across = -(-int(grid.shape[1]) // width)
    for i in range(window.row // height, -(-(window.row + window.height) // height)):
        for j in range(window.col // width, -(-(window.col + window.width) // width)):
            top, left = max(window.row, i * height), max(window.col, j * width)
            bottom, right = min(window.row + window.height, (i + 1) * height), min(window.col + window.width, (j + 1) * width)
            yield i * across + j, Window(top, left, bottom - top, right - left)


def _assemble(
    to: tuple[Path, str | Path], grid: GeoBox, layout: Layout, pieces: Pieces, finish: Finish | None, name: Callable[[str], Path]
) -> np.ndarray:
    """Pixels of each value, int64 (256,), of a uint8 raster. to: the temporary file, and the name that messages give it."""
    several = of_several_parts(grid)
    options = {
        "BLOCKSIZE": layout.block, "COMPRESS": "DEFLATE", "PREDICTOR": "NO", "OVERVIEW_RESAMPLING": layout.overviews.upper(),
        "BIGTIFF": "IF_SAFER", **({"SPARSE_OK": "TRUE"} if several else {}),
    }  # fmt: skip
    try:
        with rasterio.Env(**ENV):
            virtual = name("whole.vrt")
            levels = _levels(grid, layout, pieces, name) if several else []
            whole = [_Source(file, None, _sides(padded(window, grid)), window) for window, file in pieces]
            _write_document(virtual, grid, layout, whole, levels)
            if finish is not None:
                with rasterio.open(virtual, "r+", driver="VRT") as dataset:
                    finish(dataset)
            with rasterio.open(virtual, driver="VRT") as dataset:
                _copy(dataset, to, options)
                return _verify(to, dataset, layout, [window for window, _ in pieces], several)
    except rasterio.errors.RasterioError as error:
        raise unwritable(to[1], error) from error


def _copy(dataset: Any, to: tuple[Path, str | Path], options: Mapping[str, Any]) -> None:
    try:
        rasterio.shutil.copy(dataset, to[0], driver="COG", **options)
    except Exception as error:  # the COG driver raises classes outside rasterio's and the system's trees
        raise unwritable(to[1], error) from error


def _verify(to: tuple[Path, str | Path], source: Any, layout: Layout, parts: Sequence[Window], sparse: bool) -> np.ndarray:
    """Read the file back: each of its blocks decodes; one that is not stored has no data in the parts either, if the file may be sparse.

    Pixels of each value, int64 (256,), of a uint8 raster.
    """
    counts = np.zeros(256, np.int64)
    with rasterio.open(to[0], driver="GTiff") as dataset:
        wanted, found = (source.shape, layout.count, layout.dtype), (dataset.shape, dataset.count, dataset.dtypes[0])
        if found != wanted:
            raise StorageError(Fault("E-IO-002", str(to[1]), "", f"read back as {found}, expected {wanted}", "run again"))
        meet = _meeting(parts, layout.block)
        for (i, j), where in dataset.block_windows(1):
            stored = all(dataset.get_tag_item(f"BLOCK_OFFSET_{j}_{i}", "TIFF", bidx=band + 1) is not None for band in range(layout.count))
            if stored:
                values = dataset.read(window=where)
                if layout.dtype == "uint8":
                    counts += np.bincount(values.ravel(), minlength=256)
            elif not sparse or ((i, j) in meet and not layout.is_empty(source.read(window=where))):
                raise StorageError(Fault("E-IO-002", str(to[1]), "", f"block {i}, {j} was never written", "run again"))
            elif layout.dtype == "uint8":
                counts[int(layout.empty)] += int(where.width * where.height) * layout.count
    return counts


def _meeting(parts: Sequence[Window], side: int) -> set[tuple[int, int]]:
    """Blocks of a map that parts cover."""
    return {
        (i, j)
        for part in parts
        for i in range(part.row // side, -(-(part.row + part.height) // side))
        for j in range(part.col // side, -(-(part.col + part.width) // side))
    }


@dataclass(frozen=True)
class _Source:
    """A raster in a VRT, or one of its overviews. shape: its rows and columns. window: what it fills from its upper left corner."""

    file: Path
    level: int | None
    shape: tuple[int, int]
    window: Window


def _levels(grid: GeoBox, layout: Layout, pieces: Pieces, name: Callable[[str], Path]) -> list[Path]:
    """A VRT of each overview of the map, halved until it is one block: from those of the parts, and of the last of them put together."""
    factors, sides = [], _sides(grid)
    while max(sides) > COG_BLOCK * (factors[-1] if factors else 1):
        factors.append(2 * factors[-1] if factors else 2)
    found = []
    for k, factor in enumerate(f for f in factors if f <= REDUCED):
        sources = [
            _Source(
                file, k, _reduced(_sides(padded(w, grid)), factor), Window(w.row // factor, w.col // factor, *_reduced(w.shape, factor))
            )
            for w, file in pieces
        ]
        found.append(name(f"level{factor}.vrt"))
        _write_document(found[-1], _zoomed(grid, factor), layout, sources)
    further = [factor // REDUCED for factor in factors if factor > REDUCED]
    if not further:
        return found
    coarse, shape = name("coarse.tif"), _reduced(sides, REDUCED)
    with rasterio.open(found[-1], driver="VRT") as dataset:
        rasterio.shutil.copy(
            dataset, coarse, driver="GTiff", tiled=True, blockxsize=layout.block, blockysize=layout.block, interleave="pixel",
            compress="zstd", zstd_level=1, SPARSE_OK="TRUE", BIGTIFF="IF_SAFER",
        )  # fmt: skip
    with rasterio.open(coarse, "r+", driver="GTiff") as dataset:
        dataset.build_overviews(further, Resampling[layout.overviews])
    for k, factor in enumerate(further):
        sides = _reduced(shape, factor)
        found.append(name(f"level{factor * REDUCED}.vrt"))
        reduced = GeoBox(sides, _zoomed(grid, factor * REDUCED).transform, grid.crs)
        _write_document(found[-1], reduced, layout, [_Source(coarse, k, sides, Window(0, 0, *sides))])
    return found


def _sides(grid: GeoBox) -> tuple[int, int]:
    return int(grid.shape[0]), int(grid.shape[1])


def _zoomed(grid: GeoBox, factor: int) -> GeoBox:
    """Grid of the pixels that are so many times larger."""
    return GeoBox(_reduced(_sides(grid), factor), grid.transform @ Affine.scale(factor), grid.crs)


def _reduced(shape: tuple[int, int], factor: int) -> tuple[int, int]:
    return -(-shape[0] // factor), -(-shape[1] // factor)


def _write_document(path: Path, grid: GeoBox, layout: Layout, sources: Sequence[_Source], levels: Sequence[Path] = ()) -> None:
    """A VRT of our own files; io.virtual reads those of others."""
    shape, t = _sides(grid), grid.transform
    root = ET.Element("VRTDataset", {"rasterXSize": str(shape[1]), "rasterYSize": str(shape[0])})
    ET.SubElement(root, "SRS").text = crs_text(grid)
    ET.SubElement(root, "GeoTransform").text = ", ".join(repr(float(v)) for v in (t.c, t.a, t.b, t.f, t.d, t.e))
    kind, side = rasterio.dtypes.typename_fwd[rasterio.dtypes.dtype_rev[layout.dtype]], str(layout.block)
    for number in range(1, layout.count + 1):
        band = ET.SubElement(
            root, "VRTRasterBand", {"dataType": kind, "band": str(number), "blockXSize": side, "blockYSize": side}
        )  # fmt: skip
        if layout.nodata is not None:
            ET.SubElement(band, "NoDataValue").text = repr(float(layout.nodata))
        for source in sources:
            _add_source(band, number, source, {"DataType": kind, "BlockXSize": side, "BlockYSize": side})
        for level in levels:
            _add_file(ET.SubElement(band, "Overview"), level, number)
    path.write_text(ET.tostring(root, encoding="unicode"), encoding="utf-8")


def _add_source(band: ET.Element, number: int, source: _Source, known: Mapping[str, str]) -> None:
    entry = ET.SubElement(band, "SimpleSource")
    _add_file(entry, source.file, number)
    if source.level is not None:
        ET.SubElement(ET.SubElement(entry, "OpenOptions"), "OOI", {"key": "OVERVIEW_LEVEL"}).text = str(source.level)
    ET.SubElement(entry, "SourceProperties", {"RasterXSize": str(source.shape[1]), "RasterYSize": str(source.shape[0]), **known})
    size = {"xSize": str(source.window.width), "ySize": str(source.window.height)}
    ET.SubElement(entry, "SrcRect", {"xOff": "0", "yOff": "0", **size})
    ET.SubElement(entry, "DstRect", {"xOff": str(source.window.col), "yOff": str(source.window.row), **size})


def _add_file(entry: ET.Element, file: Path, number: int) -> None:
    ET.SubElement(entry, "SourceFilename", {"relativeToVRT": "0"}).text = str(file.absolute())
    ET.SubElement(entry, "SourceBand").text = str(number)
