"""Writing of JPEG 2000, the format of the images of ESA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, StorageError
from iota_py.io.publish import published


def write_jpeg2000(path: str | Path, geobox: GeoBox, values: np.ndarray) -> None:
    """Publish one band (row, col), uint8 or uint16, without loss, and read it back before it takes its name.

    Raises StorageError when it cannot be written whole.
    """
    height, width = geobox.shape
    if values.shape != (height, width) or values.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"expected {height} × {width} uint8 or uint16, found {values.shape} {values.dtype}")
    profile = {"driver": "JP2OpenJPEG", "height": height, "width": width, "count": 1, "dtype": values.dtype.name}
    place = {"crs": geobox.crs.to_wkt(), "transform": geobox.transform}
    with published(path) as part:
        try:
            with rasterio.open(part, "w", **profile, **place, QUALITY="100", REVERSIBLE="YES") as dataset:
                dataset.write(values, 1)
            with rasterio.open(part, driver="JP2OpenJPEG") as dataset:
                same = np.array_equal(dataset.read(1), values)
        except rasterio.errors.RasterioError as error:
            raise StorageError(Fault("E-IO-001", str(path), "", f"could not be written whole ({error})", "free disk space")) from error
        if not same:
            raise StorageError(Fault("E-IO-002", str(path), "", "other pixels were read back than written", "run again"))
