"""Section `regularisation`: what it means, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from iota_py.config.schema import RunConfig, dump


def section(text: str) -> str:
    return f"regularisation: {text}"


def test_nothing_is_regularised_unless_asked_for(load) -> None:
    assert load().regularisation is None


def test_larger_pixels_are_sieved_again_unless_told_otherwise(load) -> None:
    assert [load(section(text)).regularisation.sieves for text in ("{resolution: 20}", "{resolution: 20, passes: 1}", "{passes: 2}")] == [
        2,
        1,
        2,
    ]


def test_an_empty_section_is_ten_pixels_by_groups(load) -> None:
    wish = load(section("{}")).regularisation
    assert (wish.minimum_size, wish.by_group, wish.connectivity, wish.resolution, wish.sieves, wish.recode) == (
        10,
        True,
        (8, 4),
        None,
        1,
        (),
    )
    assert wish.square_metres is None


@pytest.mark.parametrize(("text", "square_metres"), [("1000 m2", 1000), ("1000m²", 1000), ("0.1 ha", 1000), ("2.5 ha", 25_000)])
def test_an_area_is_read_with_its_unit(load, text: str, square_metres: float) -> None:
    assert load(section(f"{{minimum_size: {text}}}")).regularisation.square_metres == pytest.approx(square_metres)


def test_one_recoding_is_a_list_of_one_and_its_path_is_that_of_the_configuration(load, tmp_path: Path) -> None:
    one = "{polygons: sea.gpkg, from: Eau, to: 0, where: outside}"
    for text in (one, f"[{one}]"):
        (found,) = load(section(f"{{recode: {text}}}")).regularisation.recode
        assert (found.polygons, found.source, found.to, found.where) == (tmp_path / "sea.gpkg", "Eau", 0, "outside")


def test_what_is_written_down_is_read_back(load) -> None:
    config = load(section("{minimum_size: 0.1 ha, resolution: 20, passes: 2, recode: {polygons: a.gpkg, from: 23, to: Prairie}}"))
    assert dump(config)["regularisation"]["recode"][0]["from"] == 23
    assert RunConfig.model_validate(dump(config)) == config


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{minimum_size: 0}", "E-CFG-012 run.yaml: regularisation.minimum_size: "),
        ("{minimum_size: 3 acres}", "E-CFG-012 run.yaml: regularisation.minimum_size: "),
        ("{connectivity: [6]}", "E-CFG-012 run.yaml: regularisation.connectivity.0: "),
        ("{connectivity: []}", "E-CFG-012 run.yaml: regularisation.connectivity: "),
        ("{passes: 3}", "E-CFG-012 run.yaml: regularisation.passes: "),
        ("{resolution: -20}", "E-CFG-012 run.yaml: regularisation.resolution: "),
        ("{group: true}", "E-CFG-010 run.yaml: regularisation.group: unknown key. Fix: did you mean `by_group`?"),
        ("{recode: {polygons: a.gpkg, to: 3}}", "E-CFG-011 run.yaml: regularisation.recode.0.from: this key is required and missing"),
        ("{recode: {polygons: a.gpkg, from: 2, to: 3, where: near}}", "E-CFG-012 run.yaml: regularisation.recode.0.where: "),
    ],
)
def test_what_is_refused(lines, text: str, line: str) -> None:
    (found,) = lines(section(text))
    assert found.startswith(line), found
