"""Map accuracy of a run: what interpreted points of a probability sample say of its map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iota_py.assessment.accuracy_document import accuracy_table, area_table, matrix_table
from iota_py.io.publish import write_json
from iota_py.io.tables import write_csv
from iota_py.pipeline import paths
from iota_py.pipeline.accuracy.answers import check_answers, check_map
from iota_py.pipeline.accuracy.estimating import estimates
from iota_py.pipeline.accuracy.pointfile import read_points
from iota_py.pipeline.workspace import Workspace


def write_map_accuracy(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/map_accuracy.json` and its tables. Raises InputError E-ACC-021 when the points were drawn from another map."""
    wish = ws.config.assessment.map_accuracy
    assert wish is not None
    file = read_points(wish.points)
    check_map(file, ws.path(paths.map_layer("classification")))
    own = [{**file.about["maps"][0], "name": ws.config.name, "path": paths.map_layer("classification")}]
    document = estimates(replace(file, about={**file.about, "maps": own}), check_answers(file, wish.unanswered == "drop"))
    name, accuracy, areas, matrix = (ws.path(one) for one in paths.MAP_ACCURACY)
    write_json(name, document)
    one = document["maps"][0]
    for path, table in ((accuracy, accuracy_table(one)), (areas, area_table(one)), (matrix, matrix_table(one))):
        write_csv(path, table)
