"""The staff's pages of instruments and wordings; refusals first."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from questionnaires.models import WordingPack
from questionnaires.wordings.pack import COLUMNS
from questionnaires.wordings.services import load_pack
from questionnaires.wordings.texts import texts_of
from tests import factories
from tests.factories import pack_file, pack_rows
from trial.audit.models import AuditEntry
from trial.people.models import Role
from trial.protocol.wordings import services

BASE = "/t/alpha/wordings/"


@pytest.fixture
def lead(as_staff, pi):
    return as_staff(pi)


def send(client, data: bytes, button: str, name: str = "pack.csv"):
    return client.post(f"{BASE}load/", {"upload": SimpleUploadedFile(name, data), button: "1"})


def load(*pairs, text="Frase") -> WordingPack:
    rows = [row | {"text": row["text"].replace("Frase", text)} for row in pack_rows(*pairs)]
    return load_pack(data=pack_file(rows), file_name="pack.csv")


@pytest.mark.parametrize("button", ["check", "store"])
def test_file_with_mistakes_is_refused_with_each_of_them(lead, button):
    rows = pack_rows(("brs_6", "es"))
    rows[1]["text"], rows[2]["item"] = "", "99"
    text = send(lead, pack_file(rows), button).content.decode()

    assert "row 3: the text of brs_6, 1 in es is empty." in text
    assert "row 4: brs_6 has no item &#x27;99&#x27;" in text
    assert "Nothing was stored." in text
    assert not WordingPack.objects.exists()


def test_no_file_an_empty_one_and_20_megabytes_are_refused(lead):
    nothing = lead.post(f"{BASE}load/", {"store": "1"}).content.decode()
    empty = send(lead, b"", "store").content.decode()
    large = send(lead, b"x" * 20_000_000, "store")

    assert "Choose a file." in nothing
    assert "The file is empty." in empty
    assert (large.status_code, large.content) == (413, b"What was sent is larger than 2 MB. Nothing was changed.\n")
    assert not WordingPack.objects.exists()


def test_checking_shows_what_would_change_and_stores_nothing(lead):
    text = send(lead, pack_file(pack_rows(("dass_21", "es"))), "check").content.decode()

    assert text.count("Frase 21.") == 1
    assert "26 texts differ from what is in force here (working-es)." in text
    assert not WordingPack.objects.exists()


def test_pack_is_stored_looked_at_and_used_with_a_reason(lead, trial, pi):
    stored = send(lead, pack_file(pack_rows(("dass_21", "es"))), "store")
    before = services.packs_of(trial)
    refused = lead.post(f"{BASE}1/use/", {"reason": ""})
    used = lead.post(f"{BASE}1/use/", {"reason": "The licence came."})

    assert (stored["Location"], used["Location"]) == (f"{BASE}1/", "/t/alpha/instruments/")
    assert "Give the reason why its wordings change." in refused.content.decode()
    assert (before, services.packs_of(trial)) == ([], [1])
    assert list(
        AuditEntry.objects.filter(action__startswith="wordings").order_by("pk").values_list("action", "actor", "reason")
    ) == [("wordings.pack_loaded", pi.pk, ""), ("wordings.pack_adopted", pi.pk, "The licence came.")]


def test_signing_needs_the_tick_and_the_reason(lead, trial):
    for wrong in ({"reason": "A pilot."}, {"is_signed": "on"}, {"reason": " ", "is_signed": "on"}):
        assert lead.post(f"{BASE}sign/", wrong).status_code == 200
    assert not services.wordings_are_settled(trial)
    lead.post(f"{BASE}sign/", {"reason": "A pilot.", "is_signed": "on"})

    assert services.wordings_are_settled(trial)
    assert "There is nothing to sign for." in lead.get(f"{BASE}sign/").content.decode()
    assert "A pilot." in lead.get("/t/alpha/instruments/").content.decode()


def test_card_shows_the_wording_in_force_with_its_hash(lead, trial):
    pack = load(("dass_21", "es"))
    services.adopt_pack(trial=trial, pack=pack, actor=None, reason="licensed")
    text = lead.get("/t/alpha/instruments/dass_21/").content.decode()

    assert [text.count(each) for each in ("pack-1-es", "working-en", pack.sha256[:8], "Frase 21.")] == [1, 1, 1, 1]
    assert "3 5 10 13 16 17 21" in text
    assert "Somebody should look from 14 on" in text


@pytest.mark.parametrize("slug", [each.slug for each in factories.catalogue.all_instruments()])
def test_every_card_names_every_text_score_and_source(lead, slug):
    instrument = factories.catalogue.load(slug)
    text = lead.get(f"/t/alpha/instruments/{slug}/").content.decode()

    keys = [f'<span class="mono small">{key}</span></th>' for key in texts_of(instrument)]
    assert [text.count(key) for key in keys] == [1] * len(keys)
    assert [score.name for score in instrument.scores if score.name not in text] == []
    assert text.count("doi.org/") == sum(bool(source.doi) for source in instrument.sources)


def test_those_who_do_not_lead_see_no_button(trial, as_staff, member):
    load(("dass_21", "es"))
    client = as_staff(member(Role.DATA_MANAGER))

    for address in ("/t/alpha/instruments/", f"{BASE}1/"):
        text = client.get(address).content.decode()
        assert [word for word in ("wordings/load/", "wordings/sign/", "/use/") if word in text] == []


def test_template_has_a_row_for_every_text_of_the_trials_instruments(lead, trial):
    answer = lead.get(f"{BASE}template/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    asked = services.instruments_of(trial.latest_version().protocol)

    assert answer["Content-Disposition"] == 'attachment; filename="alpha-wordings.csv"'
    assert list(rows[0]) == [*COLUMNS, "working"]
    assert len(rows) == 2 * sum(len(texts_of(factories.catalogue.load(slug))) for slug in asked)


def test_list_costs_the_same_for_1_3_and_30_packs(lead, trial, pi):
    counts = []
    for size in (1, 3, 30):
        for number in range(WordingPack.objects.count(), size):
            pack = load(("brs_6", "es"), text=f"Frase {number}")
            services.adopt_pack(trial=trial, pack=pack, actor=pi, reason="licensed")
        with CaptureQueriesContext(connection) as queries:
            assert lead.get("/t/alpha/instruments/").status_code == 200
        counts.append(len(queries))

    assert counts == [counts[0]] * 3
