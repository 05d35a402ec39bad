"""The texts of the shipped instruments: there in every language, short, and our own labels in place."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from questionnaires.catalogue import all_instruments, load, slugs
from questionnaires.instrument import Instrument, Text

each_instrument = pytest.mark.parametrize("instrument", all_instruments(), ids=slugs())


def _texts(thing: object, place: str) -> Iterator[tuple[str, Text]]:
    if isinstance(thing, Text):
        yield place, thing
    elif isinstance(thing, tuple):
        for number, each in enumerate(thing):
            yield from _texts(each, f"{place}[{number}]")
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _texts(getattr(thing, field.name), f"{place}.{field.name}")


@each_instrument
def test_every_text_is_there_in_both_languages(instrument: Instrument) -> None:
    texts = dict(_texts(instrument, instrument.slug))

    bare = [place for place, text in texts.items() if not (text.en.strip() and text.es.strip())]

    assert len(texts) >= len(instrument.items) + 4
    assert bare == []


# The same in both languages, and rightly so.
SAME = {"No", "Normal"}


@each_instrument
def test_no_text_was_left_untranslated(instrument: Instrument) -> None:
    same = {text.en for _, text in _texts(instrument, "") if text.en == text.es}

    assert same <= SAME


@each_instrument
def test_item_wordings_are_short_and_differ(instrument: Instrument) -> None:
    for language in ("en", "es"):
        wordings = [item.wording.in_language(language) for item in instrument.items]
        assert len(set(wordings)) == len(wordings)
        assert [wording for wording in wordings if len(wording) > 110] == []


@each_instrument
def test_spanish_items_address_nobody_by_gender(instrument: Instrument) -> None:
    gendered = re.compile(r"\w+[oa]/[oa]s?\b|\w+o\(a\)|@")

    assert [item.key for item in instrument.items if gendered.search(item.wording.es)] == []


def test_text_in_a_regional_variant_is_the_languages_own() -> None:
    assert load("phi").items[0].scale.options[0].label.in_language("es-MX") == "Nada de acuerdo"


def test_text_in_a_language_nobody_shipped_is_refused() -> None:
    with pytest.raises(LookupError, match="There is no 'de' text, only en and es"):
        load("phi").title.in_language("de")


LABELLED = {
    "csp_24": {"frequency": [1, 3, 5]},
    "scs_sf": {"frequency": [1, 5]},
    "iri_28": {"description": [1, 5]},
    "dass_21": {"extent": [0, 1, 2, 3]},
    "phi": {"agreement": [0, 10], "yes_no": [0, 1]},
    "ffmq_20_provisional": {"frequency": [1, 2, 3, 4, 5]},
    "mbi_ss_15": {"frequency": [0, 1, 2, 3, 4, 5, 6]},
    "ders_28": {"frequency": [1, 2, 3, 4, 5]},
    "brs_6": {"agreement": [1, 2, 3, 4, 5]},
    "covid_concern": {"extent": [1, 2, 3, 4]},
    "satisfaction": {"rating": [0, 10], "quality": [0, 10], "yes_no": [0, 1], "practice": [0, 10]},
}


@each_instrument
def test_response_scales_are_labelled_where_the_published_ones_are(instrument: Instrument) -> None:
    found = {
        scale.name: [option.code for option in scale.options if option.label]
        for scale in {item.scale.name: item.scale for item in instrument.items}.values()
    }

    assert found == LABELLED[instrument.slug]
