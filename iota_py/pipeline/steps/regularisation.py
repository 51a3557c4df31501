"""The regular map: small patches merged, in larger pixels where wished, with a table of what that changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox

from iota_py.assessment.areas import class_areas
from iota_py.grid.windows import Window, whole
from iota_py.io.raster import count_values, open_raster, read_part
from iota_py.io.tables import write_csv
from iota_py.mapping.regularisation.chain import frame_of, regularise
from iota_py.mapping.regularisation.recode import change_classes
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.class_rasters import write_class_map
from iota_py.pipeline.plans.regularisation import chain_of, changes_of
from iota_py.pipeline.threads import allowed
from iota_py.pipeline.workspace import Workspace


def write_regularised(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`map/regularised.tif` with its style, and `assessment/regularisation.csv`."""
    wish = ws.config.regularisation
    assert wish is not None
    classes, source, target = ws.nomenclature, str(ws.path(paths.map_layer("classification"))), ws.path(paths.REGULARISED)
    frame = frame_of(ws.grid, wish.resolution)
    chain = replace(chain_of(wish, ws.grid, classes), threads=allowed())
    changes = changes_of(wish, ws.grid, classes)
    with open_raster(source) as dataset:

        def read(window: Window) -> np.ndarray:
            return read_part(dataset, source, window, 1)

        made = regularise(read, whole(ws.grid.shape).shape, frame, chain, target)
        blocks = change_classes(made, frame.grid, changes)
        after = write_class_map(target, frame.grid, classes, blocks, ws.config.languages)
    before = count_values(source)
    write_csv(ws.path(paths.REGULARISATION), change_table((before, ws.grid), (after, frame.grid), classes))


def change_table(before: tuple[np.ndarray, GeoBox], after: tuple[np.ndarray, GeoBox], classes: Nomenclature) -> pd.DataFrame:
    """One row for each class of the nomenclature: code, name, pixels and hectares before and after, and the change in percent of before.

    before, after: pixels of each value, int64 (256,), and the grid that they are counted on.
    """
    columns = {}
    for when, (counts, grid) in (("before", before), ("after", after)):
        found = class_areas(counts, abs(grid.transform.a * grid.transform.e), classes).set_index("code")
        for column in ("pixels", "hectares"):
            columns[f"{column}_{when}"] = found[column]
        columns["name"] = found["name"]
    table = pd.DataFrame(columns).reset_index()
    hectares = table.hectares_before.where(table.hectares_before > 0)
    table["change_percent"] = 100 * (table.hectares_after - table.hectares_before) / hectares
    return table[["code", "name", "pixels_before", "pixels_after", "hectares_before", "hectares_after", "change_percent"]]
