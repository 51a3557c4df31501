"""What the answers say of the map: accuracy, areas and change with their standard errors, as a document and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iota_py import __version__
from iota_py.assessment.accuracy_document import accuracy_entry, accuracy_table, area_table, change_entry, change_tables, matrix_table
from iota_py.assessment.accuracy_page import render_accuracy
from iota_py.assessment.area import MapAccuracy, area_weighted_accuracy
from iota_py.assessment.change_area import change_accuracy
from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.language import LANGUAGES
from iota_py.assessment.strata import StratifiedSample, stratified_accuracy
from iota_py.errors import ConfigError, Fault
from iota_py.io.publish import write_json, write_text
from iota_py.io.tables import write_csv
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.accuracy.answers import Answers
from iota_py.pipeline.accuracy.pointfile import ALTERNATIVES, LABELS, MAPPED, PointFile

OLOFSSON = "Olofsson et al. 2014"
STEHMAN = "Stehman 2014"
DOCUMENT, PAGE = "accuracy.json", "accuracy.html"
SAMPLED = "a probability sample of the map"


def estimates(file: PointFile, answers: Answers) -> dict[str, Any]:
    """The document: `maps`, one entry for each map with its accuracy and areas by primary labels, and with `either` what counts a point as right where
    the alternative label is the mapped class too; `change` where two maps are compared; `strata`; `notes`."""
    sizes = file.strata["pixels"].to_numpy(np.float64)
    sample = StratifiedSample.of(answers.points["stratum"].to_numpy(np.int64) - 1, sizes)
    hectares = float("nan") if file.about["pixel_hectares"] is None else float(file.about["pixel_hectares"])
    maps = [_of_map(file, answers, sample, number, hectares) for number in range(len(file.about["maps"]))]
    document: dict[str, Any] = {
        "kind": file.about["strata"],
        "from": SAMPLED,
        "estimator": OLOFSSON if file.about["strata"] == "classes" else STEHMAN,
        "level": 0.95,
        "points": answers.drawn,
        "answered": len(answers.points),
        "unanswered": answers.unanswered,
        "pixels": file.about["population"],
        "pixel_hectares": file.about["pixel_hectares"],
        "seed": file.about["wish"]["seed"],
        "maps": maps,
        "strata": _strata(file, sample),
        "notes": [*_notes(file, answers, sample), *_agreeing(maps)],
    }
    if file.change:
        labels = tuple(answers.points[name].to_numpy() for name in LABELS[True])
        mapped = tuple(answers.points[name].to_numpy() for name in MAPPED[True])
        seen = sorted({code for one in maps for code in (entry["code"] for entry in one["per_class"])})
        found = change_accuracy(sample, (labels[0], labels[1]), (mapped[0], mapped[1]), seen)
        document["change"] = change_entry(found, file.nomenclature, float(file.about["population"]), hectares)
    return document


def write_estimates(document: dict[str, Any], folder: Path) -> list[Path]:
    """`accuracy.json`; `matrix.csv`, `accuracy.csv` and `area.csv` of each map (of two, with their number: `accuracy_1.csv`); `change.csv` and
    `class_change.csv`. The files, in this order."""
    files = [folder / DOCUMENT]
    write_json(files[0], document)
    for number, one in enumerate(document["maps"], 1):
        suffix = "" if len(document["maps"]) == 1 else f"_{number}"
        for name, table in (("matrix", matrix_table(one)), ("accuracy", accuracy_table(one)), ("area", area_table(one))):
            files.append(folder / f"{name}{suffix}.csv")
            write_csv(files[-1], table)
    if "change" in document:
        for name, table in zip(("change", "class_change"), change_tables(document["change"])):
            files.append(folder / f"{name}.csv")
            write_csv(files[-1], table)
    return files


def require_language(language: str, where: str) -> None:
    """Raise ConfigError E-ACC-014 for a language without translations."""
    if language not in LANGUAGES:
        text = f"no translation to `{language}`"
        raise ConfigError(Fault("E-ACC-014", where, "--language", text, f"one of {', '.join(LANGUAGES)}"))


def write_page(document: dict[str, Any], classes: Nomenclature, folder: Path, language: str = "en") -> Path:
    """`accuracy.html`; its path."""
    path = folder / PAGE
    write_text(path, render_accuracy(document, classes, {"iota_py": __version__}, language))
    return path


def _of_map(file: PointFile, answers: Answers, sample: StratifiedSample, number: int, hectares: float) -> dict[str, Any]:
    facts = file.about["maps"][number]
    table = answers.points
    primary, other, mapped = (table[names[file.change][number]].to_numpy(np.int64) for names in (LABELS, ALTERNATIVES, MAPPED))
    pixels = {int(code): int(count) for code, count in file.about["classes_in_population"][number].items()}
    classes = file.nomenclature.subset({*pixels, *primary.tolist()})
    either = np.where(other == mapped, mapped, primary)
    found = _accuracy(file, sample, primary, mapped, classes, pixels)
    lenient = accuracy_entry(_accuracy(file, sample, either, mapped, classes, pixels), classes, hectares)
    kept = ("code", "alias", "users_accuracy", "producers_accuracy")
    return {
        "name": facts["name"],
        "path": facts["path"],
        "digest": facts["digest"],
        **accuracy_entry(found, classes, hectares),
        "either": {
            "overall_accuracy": lenient["overall_accuracy"],
            "per_class": [{name: one[name] for name in kept} for one in lenient["per_class"]],
            "points_changed": int(np.count_nonzero(either != primary)),
            "alternatives": int(np.count_nonzero(other)),
        },
    }


def _accuracy(
    file: PointFile, sample: StratifiedSample, reference: np.ndarray, mapped: np.ndarray, classes: Nomenclature, pixels: dict[int, int]
) -> MapAccuracy:
    areas = [pixels.get(code, 0) for code in classes.codes]
    if file.about["strata"] == "classes":
        return area_weighted_accuracy(confusion_matrix(reference, mapped, classes.codes), areas)
    return stratified_accuracy(sample, reference, mapped, classes.codes, areas)


def _strata(file: PointFile, sample: StratifiedSample) -> list[dict[str, Any]]:
    rows = zip(file.strata["name"], file.strata["pixels"], file.strata["points"], sample.points)
    return [{"name": str(n), "pixels": int(p), "drawn": int(d), "answered": int(a)} for n, p, d, a in rows]


def _notes(file: PointFile, answers: Answers, sample: StratifiedSample) -> Iterator[dict[str, Any]]:
    """What must be known beside the numbers: a text with its values, so that pages can say it in another language."""
    if answers.unanswered:
        text = (
            "%(count)s of %(drawn)s points have no label and were left out, as if they had not been drawn: that is right only if they are like "
            "the others of their stratum."
        )
        yield {"text": text, "values": {"count": answers.unanswered, "drawn": answers.drawn}}
    names = file.strata["name"].tolist()
    if sample.unsampled:
        text = "Strata without an answered point, so that all that takes them in is undefined: %(names)s."
        yield {"text": text, "values": {"names": _names(names, sample.unsampled)}}
    if sample.single:
        text = "Strata with a single answered point, so that standard errors that take them in are undefined: %(names)s."
        yield {"text": text, "values": {"names": _names(names, sample.single)}}
    if file.about["pixel_hectares"] is None:
        yield {"text": "The map is not in metres: areas are given in pixels and shares alone.", "values": {}}


def _agreeing(maps: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Says which classes have no margin because none of their points differ."""
    found = [row["name"] for one in maps for row in one["per_class"] if row["users_accuracy"]["standard_error"] == 0]
    if found:
        text = (
            "Classes all of whose points agree, so that these formulas give their user's accuracy a margin of 0, which more points might not "
            "confirm: %(names)s."
        )
        yield {"text": text, "values": {"names": ", ".join(dict.fromkeys(found))}}


def _names(names: Sequence[str], positions: Sequence[int]) -> str:
    return ", ".join(names[k] for k in positions)
