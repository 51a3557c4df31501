"""French: every text of the pages has its own, with the same names in it, and no table holds a text that no page shows."""

from __future__ import annotations

import re

import pytest

from iota_py.assessment.chapters import CHAPTERS, TITLES
from iota_py.assessment.language import LANGUAGES, catalogue, said, spoken, translator
from iota_py.assessment.metrics import interval_sentence
from iota_py.assessment.wording import bytes_text, count, decimal, duration, hectares, moment, percent, score, signed, spread
from iota_py.pipeline.topics.all import TOPICS

from .texts import is_used, literals, of_sources, of_templates

PLACES = re.compile(r"%\(\w+\)s")


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return of_sources() | of_templates()


def test_every_text_of_the_pages_has_its_french(shown: dict[str, str]) -> None:
    assert len(shown) > 250
    table = catalogue("fr")
    assert [f"{place}: {text}" for text, place in shown.items() if text not in table] == []


def test_french_texts_have_the_same_gaps() -> None:
    for english, french in catalogue("fr").items():
        assert set(PLACES.findall(english)) == set(PLACES.findall(french)), english
        assert [c for c in english if c in "#…"] == [c for c in french if c in "#…"], english


def test_texts_of_templates_can_be_filled() -> None:
    """A percent sign that is none of a gap is written twice there."""
    for english in of_templates():
        for text in (english, catalogue("fr")[english]):
            assert "%" not in PLACES.sub("", text).replace("%%", ""), text


def test_no_table_holds_a_text_that_is_not_shown(shown: dict[str, str]) -> None:
    known = literals()
    assert [text for text in catalogue("fr") if text not in shown and not is_used(text, known)] == []


def test_french_is_set_as_french_is() -> None:
    """A space before double punctuation, none before a full stop or a comma; no straight quotation marks around words."""
    for english, french in catalogue("fr").items():
        words = re.sub(r"`[^`]*`|https?://\S+", "", french)
        assert not re.search(r"\w[;!?]|\w:", words), french
        assert not re.search(r"\s[.,](?:\s|$)", french), french
        assert french.strip(), english


def test_every_topic_has_its_chapter() -> None:
    named = [name for names in CHAPTERS.values() for name in names]
    assert len(named) == len(set(named))
    assert set(TOPICS) <= set(named)
    assert set(TITLES) | set(TOPICS) == set(named)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("3 draws of polygons", "3 tirages de polygones"),
        ("5 folds of blocks of 2500 m", "5 plis de blocs de 2500 m"),
        ("the roles of `set`", "les rôles de `set`"),
        ("the held-out tiles 31TCJ, 31TDJ", "les tuiles mises de côté 31TCJ, 31TDJ"),
        ("vanished inside a border of 20 m", "disparu dans une bordure de 20 m"),
        ("2018: learning pixels selected", "2018 : learning pixels selected"),
        ("older version than S2B_20230520", "version plus ancienne que S2B_20230520"),
        ("something that no table holds", "something that no table holds"),
    ],
)
def test_sentences_with_values_in_them(english: str, french: str) -> None:
    assert said(english, "fr") == french
    assert said(english, "en") == english


@pytest.mark.parametrize("runs", [1, 3])
def test_the_sentence_on_intervals_is_known(runs: int) -> None:
    french = said(interval_sentence(runs, "polygons"), "fr")
    assert french.startswith(
        "Intervalles de Student à 95 % sur 3 tirages (polygons), 2 degrés" if runs == 3 else "Un seul tirage (polygons)"
    )


def test_languages_of_pages() -> None:
    assert spoken(("fr", "de", "en")) == ("fr", "en")
    assert spoken(("de",)) == ("en",)
    assert set(LANGUAGES) == {"en", "fr"}
    assert translator("en")("Contents") == "Contents"
    assert translator("fr")("Contents") == "Sommaire"
    with pytest.raises(KeyError):
        translator("de")


def test_numbers_in_french() -> None:
    entry = {"mean": 0.912, "half_width": 0.0114, "undefined": 1, "n": 2}
    assert spread(entry, "fr") == "0,912 ± 0,011 (2 sur 3 tirages)"
    assert score(None, "fr") == "indéfini"
    assert signed(-0.0123, "fr") == "−0,012"
    assert signed(0.0001, "fr") == "0,000"
    assert percent(0.1234, "fr") == "12,3\u202f%"
    assert count(1234567, "fr") == "1\u202f234\u202f567"
    assert hectares(12.34, "fr") == "12,3"
    assert duration(1.25, "fr") == "1,2 s"
    assert bytes_text(2.5e9, "fr") == "2,5 Go"
    assert bytes_text(2.5e9) == "2.5 GB"
    assert decimal("9.99479 × 9.99745 m", "fr") == "9,99479 × 9,99745 m"
    assert moment("2026-01-05 08:03 UTC", "fr") == "05/01/2026 à 8 h 03 (UTC)"
    assert moment("2026-01-05 08:03 UTC") == "2026-01-05 08:03 UTC"
    assert moment("yesterday", "fr") == "yesterday"
