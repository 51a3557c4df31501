"""Which version a delivery needs."""

from __future__ import annotations

from typing import Any

import pytest

from iota_py.delivery.releases import change


def manifest(**changed: Any) -> dict[str, Any]:
    """A delivery of which some parts differ: key `part_name` -> value."""
    fingerprints = {"code": {"train": "a"}, "settings": {"model.trees": 100}, "inputs": {"31TCJ s2": "b"}, "reference": {"polygons": "c"}}
    stated = {"title": "t", "licence": "other"}
    for key, value in changed.items():
        part, name = key.split("__")
        (stated if part == "stated" else fingerprints[part])[name] = value
    return {"fingerprints": fingerprints, "stated": stated}


@pytest.mark.parametrize(
    ("changed", "bump", "words"),
    [
        ({"code__train": "z"}, "major", "method changed (code train): a major version is needed"),
        ({"settings__model": 1}, "major", "method changed (settings model): a major version is needed"),
        ({"inputs__31TDJ": "q"}, "minor", "data changed (inputs 31TDJ): a minor version is needed"),
        ({"reference__polygons": "q"}, "minor", "data changed (reference polygons): a minor version is needed"),
        ({"stated__licence": "MIT"}, "minor", "metadata changed (licence): a minor version is needed"),
        (
            {"code__train": "z", "reference__polygons": "q"},
            "major",
            "method changed (code train); data changed (reference polygons): a major version is needed",
        ),
        ({}, "minor", "neither settings nor inputs differ, so libraries or the computer do: a minor version is needed"),
    ],
)
def test_the_bump_follows_what_changed(changed: dict[str, Any], bump: str, words: str):
    found = change(manifest(), manifest(**changed))
    assert (found.bump, found.words) == (bump, words)


def test_a_key_that_is_gone_is_a_change():
    assert change(manifest(settings__search=1), manifest()).method == ("settings search",)


def test_many_names_are_counted():
    found = change(manifest(), manifest(**{f"settings__k{n}": n for n in range(6)}))
    assert found.words.startswith("method changed (settings k0, settings k1, settings k2, settings k3 and 2 more)")
