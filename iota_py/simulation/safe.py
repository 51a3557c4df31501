"""Sentinel-2 L2A products of Sen2Cor in the SAFE layout of ESA, from arrays: JPEG 2000 images, metadata of product and granule."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.jpeg2000 import write_jpeg2000
from iota_py.io.publish import write_text
from iota_py.io.raster import write_raster
from iota_py.simulation.observation import FINE_BANDS, Observation
from iota_py.simulation.packing import pack_zip

_PSD = "https://psd-14.sentinel2.eo.esa.int/PSD"


@dataclass(frozen=True, eq=False)
class SafeImage:
    """One product to write.

    tile: without the leading T. geobox: 10 m grid, an even number of rows and columns. numbers: uint16 (row, col) by band, those of
    FINE_BANDS at 10 m, others at 20 m. classes: scene classification, uint8 at 20 m. datatake, sensed, processed: UTC. strip: start of
    the data strip. offset: BOA_ADD_OFFSET of every band, None for no list. packing: `folder` or `zip`. form: `jp2`, or `tif` as some
    catalogues convert the images.
    """

    tile: str
    geobox: GeoBox
    numbers: Mapping[str, np.ndarray]
    classes: np.ndarray
    datatake: dt.datetime
    sensed: dt.datetime
    strip: dt.datetime
    processed: dt.datetime
    platform: str = "S2A"
    baseline: str = "0509"
    orbit: int = 51
    offset: int | None = -1000
    packing: str = "folder"
    form: str = "jp2"

    @property
    def name(self) -> str:
        """Name of the product, without `.SAFE`."""
        return f"{self.platform}_MSIL2A_{_stamp(self.datatake)}_N{self.baseline}_R{self.orbit:03d}_T{self.tile}_{_stamp(self.processed)}"


def digital_numbers(reflectance: np.ndarray, outside: np.ndarray, offset: int = -1000) -> np.ndarray:
    """uint16 of reflectances as Sen2Cor stores them: 10,000 × reflectance − offset, at least 1; 0 outside."""
    return np.where(outside, 0, np.clip(np.round(reflectance * 10000.0) - offset, 1, 65534)).astype(np.uint16)


def observed(observation: Observation, baseline: str = "0509", packing: str = "folder") -> SafeImage:
    """What Sen2Cor would deliver of a simulated observation: no offset before baseline 04.00."""
    delivery, weather = observation.delivery, observation.weather
    offset = -1000 if int(baseline) >= 400 else None
    outside = {True: observation.outside, False: observation.outside[::2, ::2]}
    numbers = {band: digital_numbers(seen, outside[band in FINE_BANDS], offset or 0) for band, seen in observation.bands.items()}
    classes = np.full(outside[False].shape, 4, np.uint8)
    shadow = weather.shadow_inside | weather.shadow_outside
    # from the weakest statement to the strongest
    for code, mask in ((6, observation.water), (10, weather.cirrus), (3, shadow), (8, weather.cloud), (9, weather.cloud & weather.bright)):
        classes[mask.reshape(classes.shape[0], 2, classes.shape[1], 2).any(axis=(1, 3))] = code
    classes[observation.saturated] = 1
    classes[outside[False]] = 0
    sensed, tile = delivery.sensed, delivery.tile
    return SafeImage(
        tile=tile.name.removeprefix("T"),
        geobox=tile.geobox,
        numbers=numbers,
        classes=classes,
        datatake=delivery.overflight.sensed - dt.timedelta(minutes=8),
        sensed=sensed,
        strip=sensed - dt.timedelta(seconds=12),
        processed=sensed + dt.timedelta(hours=9),
        platform=delivery.overflight.platform.replace("SENTINEL", "S"),
        baseline=baseline,
        orbit=delivery.overflight.orbit,
        offset=offset,
        packing=packing,
    )


def write_safe(folder: str | Path, image: SafeImage) -> Path:
    """Write a product under `folder`; its `.SAFE` folder, or the archive that holds it."""
    folder = Path(folder)
    if image.packing == "folder":
        _write_files(folder / f"{image.name}.SAFE", image)
        return folder / f"{image.name}.SAFE"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{image.name}.SAFE.zip"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".packing-") as place:
        _write_files(Path(place) / f"{image.name}.SAFE", image)
        pack_zip(place, archive)
    return archive


def _write_files(product: Path, image: SafeImage) -> None:
    granule = product / "GRANULE" / f"L2A_T{image.tile}_A040000_{_stamp(image.strip)}"
    for band, values in image.numbers.items():
        _write(granule, image, f"B{int(band[1:]):02d}" if band[1:].isdigit() else band, 10 if band in FINE_BANDS else 20, values)
    _write(granule, image, "SCL", 20, image.classes)
    write_text(granule / "MTD_TL.xml", _granule_metadata(image))
    write_text(product / "MTD_MSIL2A.xml", _product_metadata(image, granule.name))


def _write(granule: Path, image: SafeImage, layer: str, metres: int, values: np.ndarray) -> None:
    path = granule / "IMG_DATA" / f"R{metres}m" / f"T{image.tile}_{_stamp(image.datatake)}_{layer}_{metres}m.{image.form}"
    grid = image.geobox if metres == 10 else image.geobox.zoom_out(2)
    if image.form == "jp2":
        write_jpeg2000(path, grid, values)
    else:
        write_raster(path, grid, values.dtype.name, [(whole(values.shape), values)])


def _product_metadata(image: SafeImage, granule: str) -> str:
    files = "".join(
        f"<IMAGE_FILE>GRANULE/{granule}/IMG_DATA/R10m/T{image.tile}_{_stamp(image.datatake)}_{band}_10m</IMAGE_FILE>"
        for band in ("B02", "B03", "B04", "B08")
    )
    offsets = ""
    if image.offset is not None:
        listed = "".join(f'<BOA_ADD_OFFSET band_id="{number}">{image.offset}</BOA_ADD_OFFSET>' for number in range(13))
        offsets = f"<BOA_ADD_OFFSET_VALUES_LIST>{listed}</BOA_ADD_OFFSET_VALUES_LIST>"
    cloudy = 100 * float(np.isin(image.classes, (8, 9, 10)).mean())
    spacecraft = f"Sentinel-{image.platform[1:]}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="{_PSD}/User_Product_Level-2A.xsd">
<n1:General_Info><Product_Info>
<PRODUCT_URI>{escape(image.name)}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
<PROCESSING_BASELINE>{image.baseline[:2]}.{image.baseline[2:]}</PROCESSING_BASELINE>
<Datatake><SPACECRAFT_NAME>{spacecraft}</SPACECRAFT_NAME><SENSING_ORBIT_NUMBER>{image.orbit}</SENSING_ORBIT_NUMBER></Datatake>
<Product_Organisation><Granule_List><Granule>{files}</Granule></Granule_List></Product_Organisation>
</Product_Info><Product_Image_Characteristics>
<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>
{offsets}</Product_Image_Characteristics></n1:General_Info>
<n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>{cloudy:.6f}</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:Level-2A_User_Product>
"""


def _granule_metadata(image: SafeImage) -> str:
    t, (rows, cols) = image.geobox.transform, image.geobox.shape
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_Tile_ID xmlns:n1="{_PSD}/S2_PDI_Level-2A_Tile_Metadata.xsd">
<n1:General_Info><SENSING_TIME metadataLevel="Standard">{image.sensed:%Y-%m-%dT%H:%M:%S.%f}Z</SENSING_TIME></n1:General_Info>
<n1:Geometric_Info><Tile_Geocoding><HORIZONTAL_CS_CODE>EPSG:{image.geobox.crs.to_epsg()}</HORIZONTAL_CS_CODE>
<Size resolution="10"><NROWS>{rows}</NROWS><NCOLS>{cols}</NCOLS></Size>
<Geoposition resolution="10"><ULX>{t.c:g}</ULX><ULY>{t.f:g}</ULY><XDIM>10</XDIM><YDIM>-10</YDIM></Geoposition></Tile_Geocoding>
<Tile_Angles><Mean_Sun_Angle><ZENITH_ANGLE unit="deg">30.5</ZENITH_ANGLE><AZIMUTH_ANGLE unit="deg">150.25</AZIMUTH_ANGLE></Mean_Sun_Angle>
<Mean_Viewing_Incidence_Angle_List/></Tile_Angles></n1:Geometric_Info></n1:Level-2A_Tile_ID>
"""


def _stamp(moment: dt.datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"
