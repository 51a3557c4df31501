"""What a package says of itself for programs, as one document: the metadata XML and the catalogue are made from it.

No time of the making is in it, unless the configuration states one: the same inputs and settings give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iota_py.delivery.naming import PackageName
from iota_py.io.publish import json_text
from iota_py.nomenclature.classes import Nomenclature

FORMAT = 1
LEVEL = "L3B"


@dataclass(frozen=True)
class Statement:
    """What the metadata of a package state beside its files. area: what is covered, and of which type. period: first and last day, ISO.
    produced: day of the making, where the configuration states it. accuracy: see `accuracy_of`. languages: of styles and legends."""

    title: str
    area: Mapping[str, str]
    producer: str
    licence: str
    period: tuple[str, str]
    produced: str | None
    accuracy: Mapping[str, Any]
    nomenclature: Nomenclature
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True)
class DeliveredFile:
    """A file of a package. path: relative to the package. role: `data`, `style`, `legend`, `thumbnail` or `metadata`. layer: of the map, for data.
    facts: from the header, `io.inspection`, for data."""

    path: str
    size: int
    sha256: str
    role: str
    layer: str = ""
    facts: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        found = {
            "path": self.path,
            "size": self.size,
            "sha256": self.sha256,
            "role": self.role,
            "layer": self.layer or None,
            "facts": self.facts,
        }
        return {key: value for key, value in found.items() if value is not None}


def package_document(
    name: PackageName,
    statement: Statement,
    files: Sequence[DeliveredFile],
    *,
    fingerprints: Mapping[str, Any],
    software: Mapping[str, str],
) -> dict[str, Any]:
    """The manifest of a package. fingerprints: `code`, `settings`, `inputs` and `reference`, each a name -> value. software: name -> version."""
    layers = sorted({one.layer for one in files if one.layer})
    stated = {**stated_document(statement), "layers": layers}
    data = {one.path: one.sha256 for one in files if one.path.startswith("DATA/")}
    return {
        "format": FORMAT,
        "name": str(name),
        "identifier": name.identifier,
        "kind": name.kind,
        "zone": name.zone or None,
        "year": name.year,
        "version": str(name.version),
        "level": LEVEL,
        "stated": stated,
        "files": [one.document() for one in sorted(files, key=lambda one: one.path)],
        "content": hashlib.sha256(json_text([data, stated]).encode()).hexdigest(),
        "fingerprints": {key: dict(value) for key, value in fingerprints.items()},
        "software": dict(software),
    }


def stated_document(statement: Statement) -> dict[str, Any]:
    """The statement as plain values."""
    classes = [
        {"code": c.code, "alias": c.alias, "names": dict(c.names), "colour": list(c.colour), "group": c.group}
        for c in statement.nomenclature.classes
    ]
    return {
        "title": statement.title,
        "area": dict(statement.area),
        "producer": statement.producer,
        "licence": statement.licence,
        "period": list(statement.period),
        "produced": statement.produced,
        "accuracy": dict(statement.accuracy),
        "languages": list(statement.languages),
        "nomenclature": {"name": statement.nomenclature.name, "classes": classes},
    }


def accuracy_of(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of `assessment/metrics.json` that are delivered: means with half-widths of their 95 % intervals, and F1 of each class by code.

    A score that is undefined is None.
    """
    headline = {
        name: {"mean": metrics[name]["mean"], "half_width": metrics[name]["half_width"]}
        for name in ("overall_accuracy", "kappa", "f1_macro")
        if name in metrics
    }
    classes = {code: {"f1": row["f1"]["mean"], "half_width": row["f1"]["half_width"]} for code, row in metrics.get("per_class", {}).items()}
    return {**headline, "per_class": {code: classes[code] for code in sorted(classes, key=int)}}
