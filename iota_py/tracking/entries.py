"""A run record in the form that MLflow accepts. Pure: nothing here imports MLflow, and nothing is cut or dropped in silence.

Values that are too long go whole into a JSON document stored with the run; undefined metrics are named in a tag; names that had to be
changed are listed in a document.
"""

from __future__ import annotations

import hashlib
import json
import math
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iota_py.tracking.provenance import scrub
from iota_py.tracking.record import DatasetRecord, RunRecord

MAX_NAME = 250
MAX_PARAMETER = 6000
MAX_TAG = 5000
MAX_DIGEST = 36
UNDEFINED_TAG = "iota_py.undefined_metrics"
LONG_PARAMETERS = "long_parameters.json"
LONG_TAGS = "long_tags.json"
NAMES = "names.json"

_ALLOWED = re.compile(rf"[\w.\- /]{{1,{MAX_NAME}}}")
_REFUSED = re.compile(r"[^\w.\- ]+")
_MANGLED = re.compile(r"-[0-9a-f]{12}$")


@dataclass(frozen=True)
class Entries:
    """What one run stores. documents: name of an artifact -> its JSON content."""

    metrics: Mapping[str, float]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    documents: Mapping[str, Mapping[str, str]]


def metric_name(text: str) -> str:
    """A name that MLflow allows for a metric, a parameter or a tag; different texts give different names.

    Letters, digits, `_ - . /` and spaces stay, as long as the text is no odd path (`../a`, `a//b`) and has at most MAX_NAME characters.
    Any other text becomes a readable form followed by `-` and 12 hexadecimal digits of its SHA-256; so does a text that already
    ends like that, which keeps the two kinds apart. Colons are changed too: MLflow refuses them on Windows.
    """
    if _ALLOWED.fullmatch(text) and _is_plain_path(text) and not _MANGLED.search(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    readable = _REFUSED.sub("_", text)[: MAX_NAME - 13].strip("._ ") or "name"
    return f"{readable}-{digest}"


def entries_of(record: RunRecord) -> Entries:
    """What to store of a record, its children aside. Metrics that are NaN or infinite are left out and named in UNDEFINED_TAG."""
    defined = {metric_name(key): float(value) for key, value in record.metrics.items() if math.isfinite(value)}
    undefined = sorted(metric_name(key) for key, value in record.metrics.items() if not math.isfinite(value))
    parameters, long_parameters = _shortened(record.parameters, MAX_PARAMETER, LONG_PARAMETERS)
    tags, long_tags = _shortened(record.tags, MAX_TAG, LONG_TAGS)
    changed = {metric_name(key): key for key in (*record.metrics, *record.parameters, *record.tags) if metric_name(key) != key}
    documents = {LONG_PARAMETERS: long_parameters, LONG_TAGS: long_tags, NAMES: changed}
    return Entries(
        defined, parameters, {**tags, **_undefined_tags(undefined)}, {name: content for name, content in documents.items() if content}
    )


def merged_datasets(datasets: Iterable[DatasetRecord]) -> tuple[tuple[DatasetRecord, str], ...]:
    """Each data set once, with its contexts in one text (`learning,validation`).

    MLflow knows a data set by its name and digest and keeps the first tags it sees: the second use of a file would be lost.
    """
    contexts: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], DatasetRecord] = {}
    for dataset in datasets:
        key = (dataset.name, dataset.digest[:MAX_DIGEST])
        first.setdefault(key, dataset)
        contexts.setdefault(key, []).append(dataset.context)
    return tuple((dataset, ",".join(sorted(set(contexts[key])))) for key, dataset in first.items())


def _is_plain_path(text: str) -> bool:
    return posixpath.normpath(text) == text and text != "." and not text.startswith(("..", "/"))


def _shortened(values: Mapping[str, object], limit: int, document: str) -> tuple[dict[str, str], dict[str, str]]:
    """The values as texts of at most `limit` characters, and the whole texts of those that are longer."""
    texts = {metric_name(key): scrub(_text(value)) for key, value in values.items()}
    long = {key: text for key, text in texts.items() if len(text) > limit}
    markers = {key: f"sha256:{_digest(text)} ({len(text)} characters, whole in {document})" for key, text in long.items()}
    return {**texts, **markers}, long


def _undefined_tags(names: list[str]) -> dict[str, str]:
    """Names one per line, in as many tags as their length asks for: `iota_py.undefined_metrics`, then `.2`, `.3`…"""
    chunks: list[str] = []
    for name in names:
        if chunks and len(chunks[-1]) + 1 + len(name) <= MAX_TAG:
            chunks[-1] += f"\n{name}"
        else:
            chunks.append(name)
    return {UNDEFINED_TAG if index == 1 else f"{UNDEFINED_TAG}.{index}": chunk for index, chunk in enumerate(chunks, start=1)}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float, list, tuple, dict)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return str(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
