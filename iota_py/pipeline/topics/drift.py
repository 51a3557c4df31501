"""Drift: the features of this year beside those of the year of the models, in the report."""

from __future__ import annotations

from iota_py.assessment.drift import BEYOND_MANY, BEYOND_SOME, LARGE, SHARE
from iota_py.assessment.drift_figures import drift_figure
from iota_py.assessment.drift_words import ADVICE, warned, worst_words
from iota_py.assessment.language import marked
from iota_py.assessment.topic import Topic
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace

TITLE = marked("Drift against the year of the models")
ALTERNATIVE = marked(
    "Heat map of the drift of each band and date, one panel for each region and input; assessment/drift.csv holds the numbers."
)


def topic(ws: Workspace) -> Topic | None:
    """A verdict for each region, and the heat maps; None where drift was not asked for."""
    if ws.config.assessment.drift is None or ws.config.reuse is None:
        return None
    document = read_json(ws.path(paths.DRIFT))
    rows = [{**one, "worst_words": worst_words(one), "advice": ADVICE[one["verdict"]]} for one in document["regions"]]
    values = {
        "rows": rows,
        "models": document["models"],
        "years": abs(document["years"] or 0),
        "pixels": all(one["against"] == "pixels" for one in rows),
        "equal": any(one["weights"] == "equal" for one in rows),
        "limits": {"large": LARGE, "share": SHARE, "some": BEYOND_SOME, "many": BEYOND_MANY},
    }
    table = read_table(ws.path(paths.DRIFT_TABLE))
    return Topic(TITLE, values, {"drift": lambda language: drift_figure(table, language)}, {"drift": ALTERNATIVE})


def drift_sentences(ws: Workspace) -> list[str]:
    """What the reader must know of regions that drifted."""
    if ws.config.assessment.drift is None or ws.config.reuse is None:
        return []
    return warned(read_json(ws.path(paths.DRIFT)))
