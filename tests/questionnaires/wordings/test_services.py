"""Packs are added and never changed; a sitting keeps the wording with which it was made, and answers name it."""

import hashlib
import threading
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from questionnaires import catalogue, clock
from questionnaires import services as answering
from questionnaires.models import Answer, WordingPack
from questionnaires.wordings import services as wordings
from questionnaires.wordings.pack import PackInvalid
from tests import factories
from tests.factories import pack_file, pack_rows


def load(*pairs, text="Frase", name="pack.csv"):
    rows = [row | {"text": row["text"].replace("Frase", text)} for row in pack_rows(*pairs)]
    return wordings.load_pack(data=pack_file(rows), file_name=name)


def test_pack_has_the_next_number_and_the_hash_of_its_file(db):
    packs = [load(("brs_6", "es")), load(("brs_6", "es"), text="Otra"), load(("brs_6", "es"))]

    file = pack_file(pack_rows(("brs_6", "es")))
    assert [pack.number for pack in packs] == [1, 2, 1]
    assert packs[0].sha256 == hashlib.sha256(file).hexdigest()
    assert WordingPack.objects.count() == 2


def test_pack_with_a_mistake_stores_nothing(db):
    rows = pack_rows(("brs_6", "es"))
    rows[3]["text"] = ""
    with pytest.raises(PackInvalid):
        wordings.load_pack(data=pack_file(rows), file_name="pack.csv")
    assert not WordingPack.objects.exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE questionnaires_wordingpack SET texts = '{}'", "DELETE FROM questionnaires_wordingpack"],
)
def test_nobody_changes_a_pack(db, statement):
    load(("brs_6", "es"))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert WordingPack.objects.get().covers == [("brs_6", "es")]


def test_packs_loaded_at_once_get_numbers_without_gap_or_twin(committed_db):
    def one(number: int) -> None:
        load(("brs_6", "es"), text=f"Frase {number}")
        connection.close()

    threads = [threading.Thread(target=one, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(WordingPack.objects.values_list("number", flat=True)) == list(range(1, 9))


def test_pack_taken_up_later_wins_for_what_it_words(db):
    load(("brs_6", "es"), ("phi", "es"))
    load(("brs_6", "es"), ("brs_6", "en"), text="Otra")

    assert wordings.in_force([]) == {}
    assert wordings.in_force([1, 2]) == {"brs_6": {"es": 2, "en": 2}, "phi": {"es": 1}}
    assert wordings.in_force([2, 1]) == {"brs_6": {"es": 1, "en": 2}, "phi": {"es": 1}}


def test_wordings_are_called_by_pack_and_language():
    names = [wordings.name_of(each, "es-mx") for each in ({}, {"en": 3}, {"es": 2})]

    assert names == ["working-es", "working-es", "pack-2-es"]


def test_difference_is_told_text_by_text_beside_what_is_in_force(db):
    load(("brs_6", "es"))
    rows = pack_rows(("brs_6", "es"), ("brs_6", "en"))
    rows[2]["text"] = "Nueva."
    texts = wordings.check_pack(pack_file(rows))
    spanish, english = wordings.what_changes(texts, [1])

    assert (spanish.before, english.before) == ("pack-1-es", "working-en")
    assert [(each.key, each.before, each.after) for each in spanish.changes] == [("2", "Frase 2.", "Nueva.")]
    assert (spanish.same, len(english.changes), english.same) == (11, 12, 0)
    assert english.changes[1].before == catalogue.load("brs_6").items[0].wording.en


@pytest.fixture
def sheet(participant):
    load(("dass_21", "es"))
    respondent = factories.respondent_of(participant)
    return factories.make_sitting(respondent, packs=[1]).sheets.get(instrument="dass_21")


@pytest.fixture
def own(client, participant):
    return factories.open_pages(client, participant)


def answer(own, sheet, item, code):
    at = reverse("questionnaires:answer", args=[sheet.sitting_id, sheet.instrument])
    return own.post(at, {"item": item, "code": code, "key": str(uuid4()), "waited": "0"})


def test_page_shows_the_packs_wording_in_its_language_and_ours_in_the_other(sheet, own, participant):
    at = reverse("questionnaires:sheet", args=[sheet.sitting_id, "dass_21"])
    english = own.get(at).content.decode()
    answer(own, sheet, "1", "2")
    type(participant).objects.update(language="es")
    spanish = own.get(at).content.decode()
    answer(own, sheet, "2", "2")
    own.post(at, {"i-3": "1"})

    shown = [spanish.count(f"Frase {key}.") for key in ("instructions", "1", "21")]
    assert shown == [1, 1, 1]
    assert spanish.count("Frase option 3.") == 21
    assert "Frase" not in english
    assert list(Answer.objects.order_by("item").values_list("item", "wording")) == [
        ("1", "working-en"),
        ("2", "pack-1-es"),
        ("3", "pack-1-es"),
    ]


def test_sitting_keeps_the_wording_it_was_made_with(sheet):
    load(("dass_21", "es"), text="Otra")

    assert sheet.wordings == {"es": 1}
    shown = wordings.as_worded(sheet.definition, sheet.wordings, "es")
    assert shown.items[0].wording.es == "Frase 1."
    assert sheet.sitting.sheets.get(instrument="covid_concern").wordings == {}


def test_scores_do_not_depend_on_the_wording(sheet):
    with clock.fixed(factories.clock.now()):
        answering.save_page(sheet, dict.fromkeys(sheet.definition.by_key, 1), by=sheet.sitting.respondent_id)

    assert answering.scores(sheet) == {"depression": 7, "anxiety": 7, "stress": 7}


def test_unknown_pack_makes_no_sitting(db):
    with pytest.raises(LookupError):
        factories.make_sitting(packs=[9])


def check(*arguments):
    said = StringIO()
    call_command("check_instruments", *arguments, stdout=said)
    return said.getvalue()


def test_shipped_instruments_have_no_problem_and_the_provisional_one_is_named():
    said = check().splitlines()

    assert said[0].startswith("ffmq_20_provisional is provisional: Which 20 of the 39 items")
    assert said[1:] == ["Instruments: 11 checked, no problem found."]


def test_command_tells_every_problem_of_every_file(tmp_path):
    rows = pack_rows(("brs_6", "es"))
    rows[0]["language"] = rows[1]["language"] = "xx"
    (tmp_path / "pack.csv").write_bytes(pack_file(rows))
    (tmp_path / "good.csv").write_bytes(pack_file(pack_rows(("brs_6", "es"))))
    (tmp_path / "new.toml").write_text("slug = 'old'\n")
    files = [str(tmp_path / name) for name in ("pack.csv", "good.csv", "new.toml", "note.txt", "none.csv")]
    (tmp_path / "note.txt").write_text("")
    with pytest.raises(CommandError) as refused:
        check(*files)

    said = str(refused.value).splitlines()
    assert said[1:4] == [
        "  pack.csv, row 2: 'xx' is no language here; write en or es.",
        "  pack.csv, row 3: 'xx' is no language here; write en or es.",
        "  pack.csv, brs_6 in es: no row for instructions, 1. A wording is loaded whole.",
    ]
    assert said[4] == "  new: slug: found 'old'; the file's name says 'new'."
    assert said[0] == f"Problems: {len(said) - 1}."
    assert said[-2:] == [
        f"  {files[3]} is neither an instrument (.toml) nor a wording pack (.csv, .xlsx).",
        f"  {files[4]} cannot be read (No such file or directory).",
    ]
    assert check(files[1]) == "Files: 1 checked, no problem found.\n"


def test_stored_pack_that_fits_no_more_is_told(db):
    pack = load(("brs_6", "es"))
    texts = {"brs_6": {"es": {**pack.texts["brs_6"]["es"]}}, "old_7": {"en": {"1": "Gone."}}}
    del texts["brs_6"]["es"]["4"]
    WordingPack.objects.create(
        number=2, file_name="old.csv", sha256="0" * 64, texts=texts, loaded_at=factories.clock.now()
    )
    with pytest.raises(CommandError) as refused:
        check("--stored")

    assert str(refused.value).splitlines()[1:] == [
        "  pack 2: brs_6 in es has no 4; load a new pack.",
        "  pack 2: there is no instrument 'old_7' any more.",
    ]
