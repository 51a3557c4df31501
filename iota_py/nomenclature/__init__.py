"""Classes of a map, read from one file: codes, names, colours, groups; and all that is made from that file: palette, styles, attribute table,
legend, classes of the catalogue, aggregation."""

from iota_py.nomenclature.classes import Nomenclature
from iota_py.nomenclature.entry import NODATA, LandCoverClass
from iota_py.nomenclature.labels import label_text
from iota_py.nomenclature.styles import ramp_style

__all__ = ["NODATA", "LandCoverClass", "Nomenclature", "label_text", "ramp_style"]
