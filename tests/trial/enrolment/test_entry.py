"""Signing up and signing: what is stored, what is mailed, and that nobody learns who takes part."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test import Client

from questionnaires import clock
from tests import factories
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.enrolment.models import Consent, ConsentSignature, Screening, Withdrawal
from trial.enrolment.pdf import SignatureChanged, consent_copy
from trial.messages import services as messages
from trial.messages.models import OutgoingMail
from trial.people.models import ContactDetails, Participant
from trial.protocol import services as protocols
from trial.protocol.models import Stage


def form(trial, **other) -> dict[str, str]:
    shown = factories.signed(trial)
    ticks = {f"tick_{id}": "on" for id in shown.statements}
    fields = {"name": "Ada Vega", "email": "ada@example.org", "text_sha256": shown.text_sha256}
    return {**fields, "document": shown.document, **ticks, **other}


def sign_up(trial, **other):
    return Client().post(f"/study/{trial.slug}/take-part/", form(trial, **other), follow=True)


def without_token(answer) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def kinds() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize("path", ["", "information/", "take-part/", "take-part/done/"])
def test_draft_has_no_public_page(db, path):
    factories.make_trial("draft", recruiting=False)

    assert Client().get(f"/study/draft/{path}").status_code == 404
    assert Client().get(f"/study/nothing/{path}").status_code == 404


def test_closed_trial_says_so_and_takes_nobody(trial):
    protocols.move_to(trial=trial, stage=Stage.CLOSED, actor=None)

    page = Client().get(f"/study/{trial.slug}/").content.decode()

    assert "Closed: nobody new is taken up" in page
    assert "take-part" not in page
    assert Client().get(f"/study/{trial.slug}/take-part/").headers["Location"] == f"/study/{trial.slug}/"


def test_public_page_says_each_public_criterion_of_the_protocol(trial):
    page = Client().get(f"/study/{trial.slug}/").content.decode()
    public = [each.public.in_language("en") for each in trial.version_in_force().protocol.criteria if each.public]

    assert [words for words in public if words not in page] == []
    assert len(public) == 9


def test_sign_up_without_a_tick_keeps_what_was_typed_and_says_what_to_do(trial):
    page = sign_up(trial, tick_chance="").content.decode()

    assert page.count("Tick this sentence if you agree. You may also leave without agreeing.") == 2
    assert 'value="ada@example.org"' in page
    assert Participant.objects.count() == 0


def test_sign_up_stores_a_signed_consent_and_queues_link_and_copy(trial):
    sign_up(trial, tick_results="")
    consent = Consent.objects.get()

    assert (consent.participant.code, consent.document, consent.version) == ("P-001", "participation", "1.0")
    assert consent.statements == ["understood", "chance", "safety", "leaving", "taking_part"]
    assert (consent.signature.name, consent.signature.is_the_signed_one) == ("Ada Vega", True)
    assert sorted(kinds()) == ["consent_copy", "personal_link"]
    assert ContactDetails.objects.get().email == "ada@example.org"


def test_hash_is_that_of_title_version_text_and_statements_in_the_language_read(trial):
    shown = enrolment.wording_in_force(trial.version_in_force())
    document = trial.version_in_force().protocol.consent_documents[0]
    parts = [document.title, document.text, *(each.text for each in document.statements)]
    title, text, *statements = [part.in_language("en").strip() for part in parts]

    sign_up(trial)

    expected = hashlib.sha256("\n\n".join([title, "1.0", text, *statements]).encode()).hexdigest()
    assert (shown.sha256, Consent.objects.get().text_sha256) == (expected, expected)


def test_consent_read_in_spanish_is_kept_in_spanish(trial):
    client = Client(headers={"accept-language": "es"})
    page = client.get(f"/study/{trial.slug}/take-part/").content.decode()
    digest = re.search(r'name="text_sha256" value="(\w+)"', page).group(1)
    client.post(f"/study/{trial.slug}/take-part/", form(trial, text_sha256=digest))

    consent = Consent.objects.get()
    assert (consent.language, consent.wording.title) == ("es", "Información y consentimiento")
    assert consent.text_sha256 == digest != factories.signed(trial).text_sha256


def test_second_sign_up_with_an_address_looks_the_same_and_mails_the_link_only(trial):
    first = sign_up(trial)
    OutgoingMail.objects.update(sent_at=clock.now())
    second = sign_up(trial, email=" ADA@example.org", name="Somebody Else")

    assert without_token(first) == without_token(second)
    assert (Participant.objects.count(), Consent.objects.count()) == (1, 1)
    assert kinds()[2:] == ["personal_link"]


def test_ten_sign_ups_with_one_address_mail_at_most_three_links(trial, participant):
    for _ in range(10):
        sign_up(trial, email="first@example.org")
        OutgoingMail.objects.update(sent_at=clock.now())

    assert kinds() == ["personal_link"] * 3


def test_name_rests_encrypted_and_apart_from_the_consent(trial, consented):
    raw = ConsentSignature.objects.extra(select={"stored": "name"}).get()

    assert "Ada" not in raw.stored
    assert consented.consents.get().signature.name == "Ada Vega"


def test_consent_is_in_the_trail_without_the_name(consented):
    entry = AuditEntry.objects.get(action="consent.given")

    assert set(entry.data) == {"document", "version", "text_sha256"}
    assert (entry.participant, entry.actor_kind) == (consented, "participant")


def test_signing_twice_is_signing_once(participant):
    first = factories.give_consent(participant)

    assert factories.give_consent(participant, name="Another") == first
    assert kinds() == ["consent_copy"]


def test_changed_document_is_the_only_thing_open_until_decided(trial, eligible):
    factories.amend(trial, 'version = "1.0"', 'version = "1.1"')
    client = factories.open_pages(Client(), eligible)

    home = client.get("/me/").content.decode()
    assert "The consent text has changed" in home
    assert client.get("/me/about-you/").headers["Location"] == "/me/"

    client.post("/me/consent/", form(trial))
    assert "The consent text has changed" not in client.get("/me/").content.decode()
    assert client.get("/me/about-you/").status_code == 200
    assert [consent.version for consent in eligible.consents.all()] == ["1.0", "1.1"]


# The copy.
def test_copy_has_the_same_bytes_each_time(consented):
    consent = consented.consents.get()

    assert consent_copy(consent) == consent_copy(Consent.objects.get())
    assert consent_copy(consent)[:5] == b"%PDF-"


def test_copy_of_another_consent_differs(trial, consented):
    other = factories.make_participant(trial, "second@example.org")

    assert consent_copy(consented.consents.get()) != consent_copy(factories.give_consent(other))


def test_copy_under_a_name_that_was_not_signed_is_refused(consented):
    ConsentSignature.objects.update(salt="0" * 64)

    with pytest.raises(SignatureChanged):
        consent_copy(consented.consents.get())


def test_copy_is_mailed_as_pdf_in_the_language_that_was_signed(consented):
    messages.send_due_mail()
    (message,) = outbox.outbox
    ((name, content, kind),) = message.attachments

    assert message.subject == "Your copy of what you signed: Compassion study"
    assert (name, kind, content) == ("cct-P-001.pdf", "application/pdf", consent_copy(consented.consents.get()))


def test_copy_is_dropped_when_the_name_was_erased_before(consented):
    ConsentSignature.objects.all().delete()

    assert messages.send_due_mail() == 0
    assert OutgoingMail.objects.get().dropped_at is not None
    assert messages.send_due_mail() == 0


def test_own_copy_can_be_fetched_and_nobody_elses(trial, consented):
    address = f"/me/consent/{consented.consents.get().pk}/copy/"
    stranger = factories.make_participant(trial, "second@example.org")

    answer = factories.open_pages(Client(), consented).get(address)
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert factories.open_pages(Client(), stranger).get(address).status_code == 404


def test_20_sign_ups_at_once_with_one_address_are_one_participant(committed_db):
    trial = factories.make_model_trial()
    signed = factories.signed(trial)

    def work(number: int) -> None:
        try:
            enrolment.sign_up(trial=trial, email="ada@example.org", signed=signed, asked_from=f"192.0.2.{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as workers:
        list(workers.map(work, range(20)))

    assert (Participant.objects.count(), Consent.objects.count()) == (1, 1)
    assert sorted(kinds()) == ["consent_copy", "personal_link"]


def test_20_races_of_screening_and_leaving_end_wholly_before_or_after(committed_db):
    trial = factories.make_model_trial()
    people = [factories.make_participant(trial, f"{number}@example.org") for number in range(20)]
    for person in people:
        factories.give_consent(person)

    def screen(person) -> str:
        try:
            return enrolment.submit_screening(participant=person, answers=factories.SUITABLE).outcome
        except enrolment.EnrolmentRefused as refusal:
            return refusal.guard
        finally:
            connection.close()

    def leave(person) -> None:
        try:
            enrolment.withdraw(participant=person, choice=enrolment.Choice.STUDY)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        leaving = [workers.submit(leave, person) for person in people[:10]]
        answered = [workers.submit(screen, person) for person in people]
        leaving += [workers.submit(leave, person) for person in people[10:]]
        outcomes = [each.result() for each in answered]
        [each.result() for each in leaving]

    assert set(outcomes) <= {"passed", "withdrawn"}
    assert Screening.objects.count() == outcomes.count("passed")
    assert AuditEntry.objects.filter(action="enrolment.refused").count() == outcomes.count("withdrawn")
    assert Withdrawal.objects.count() == 40
