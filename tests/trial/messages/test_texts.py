"""A trial's own words for its mails: linted, versioned, shown as they will be read, and used from the next mail on."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from tests import factories
from tests.crowd import make_crowd
from tests.trial.messages.test_outbox import sent
from trial.audit.models import AuditEntry
from trial.messages import services as messages
from trial.messages.models import PLACEHOLDERS, Kind, MailText
from trial.messages.texts import services as texts
from trial.messages.texts.services import TextRefused
from trial.messages.texts.writing import Mistake, as_page, filled, mistakes
from trial.people.models import Role
from trial.protocol.reading import read_stored
from trial.waves import services as waves

CCT = read_stored((factories.ROOT / "trial" / "protocols" / "cct.toml").read_bytes())
OPEN = {"kind": Kind.WAVE_OPEN, "language": "en", "actor": None}
GOOD = {"subject": "{wave}, until {until}", "body": "Dear all,\n\nabout {minutes}:\n{link}\n\nThe team of {study}"}


@pytest.fixture
def model(db):
    return factories.make_model_trial()


def found(body: str, subject: str = "Hello", kind: Kind = Kind.WAVE_OPEN) -> list[tuple[str, str]]:
    wrong = mistakes(subject, body, known=PLACEHOLDERS[kind], protocol=CCT)
    return [(each.kind, each.found) for each in wrong]


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ("{link} {name}", ("unknown", "name")),
        ("{link} {}", ("unknown", "")),
        ("{link} {Link}", ("unknown", "Link")),
        ("{link} {wave", ("brace", "{")),
        ("Please answer.", ("no_link", "{link}")),
        ("{link} You are on the waiting list.", ("arm", "Waiting list")),
        ("{link} la LISTA de  espera", ("arm", "Lista de espera")),
        ("{link} entrenamiento en el cultivo de la compasion", ("arm", "Entrenamiento en el Cultivo de la Compasión")),
        ("{link} about your stress", ("score", "Stress")),
        ("{link} your DASS-21", ("score", "DASS-21")),
    ],
)
def test_linter_finds_what_must_not_leave(body, mistake):
    assert mistake in found(body)


def test_linter_looks_at_the_subject_too_and_at_whole_words_only():
    assert found("{link}", subject="For the waitlist") == [("arm", "waitlist")]
    assert found("{link} We stressed that a distressing cctv is no arm.") == []


@pytest.mark.parametrize("kind", PLACEHOLDERS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("language", ["en", "es"])
def test_words_of_the_house_pass_the_linter(model, kind, language):
    shown = texts.words_in_force(model, kind, language)

    assert texts.sentences(model.version_in_force(), kind, shown.subject, shown.body) == []
    assert "{link}" in shown.body


def test_text_becomes_paragraphs_with_links_and_no_markup_of_the_writers():
    text = "a <b>\nc\n\nsee https://example.org/l/x-1/. & so on"

    assert as_page(text) == (
        '<p>a &lt;b&gt;<br>\nc</p>\n<p>see <a href="https://example.org/l/x-1/">https://example.org/l/x-1/</a>. '
        "&amp; so on</p>"
    )
    assert filled("{link} {other}", {"link": "x"}) == "x {other}"


def test_own_words_are_used_from_the_next_mail_on(model, mailbox):
    texts.write(trial=model, **OPEN, **GOOD)
    cohort = factories.make_cohort(model)
    factories.amend(model, "quiet_from = 21:00:00", "quiet_from = 08:00:00")
    make_crowd(cohort, 1)
    waves.ask_for_due_mails()

    assert messages.send_due_mail() == 1

    (mail,) = sent(mailbox)
    assert mail["subject"].startswith("First questionnaires, until ")
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.startswith("Dear all,\n\nabout 35 minutes:\nhttp://localhost:8000/l/")
    assert page.startswith('<p>Dear all,</p>\n<p>about 35 minutes:<br>\n<a href="http://localhost:8000/l/')


@pytest.mark.parametrize("own", [False, True])
def test_mail_of_a_simulated_trial_says_so_first_in_subject_text_and_page(db, own):
    trial = factories.make_model_trial()
    trial.is_simulated = True
    if own:
        texts.write(trial=trial, kind="wave_open", language="en", subject="Ready", body="Come: {link}", actor=None)
    words = {"link": "https://example.org/l/x/", "trial": trial, "study": trial.name, "until": "Friday", "minutes": "9"}

    with translation.override("en"):
        subject, text, page = texts.rendered(trial, "wave_open", "en", words)
        told = texts.words_in_force(trial, "wave_open", "en")

    sentence = "Simulated. This trial is made up to look at. None of its people exist."
    assert (subject.startswith("[Simulated] "), text.split("\n")[0]) == (True, sentence)
    assert page.startswith(f"<p>{sentence}</p>")
    assert "imulated" not in told.subject + told.body


def test_versions_are_kept_and_the_words_of_the_house_can_hold_again(model):
    house = texts.words_in_force(model, Kind.WAVE_OPEN, "en")
    texts.write(trial=model, **OPEN, **GOOD)
    texts.write(trial=model, **OPEN, **{**GOOD, "subject": "Second"})
    own = texts.words_in_force(model, Kind.WAVE_OPEN, "en")

    texts.use_house_words(trial=model, **OPEN)

    assert (own.subject, own.number) == ("Second", 2)
    assert texts.words_in_force(model, Kind.WAVE_OPEN, "en") == house
    assert [each.subject for each in MailText.objects.order_by("number")] == [GOOD["subject"], "Second", ""]
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        MailText.objects.filter(number=1).update(subject="Third")


def test_words_that_tell_an_arm_are_refused_and_the_refusal_is_recorded(model):
    with pytest.raises(TextRefused, match="“Waiting list” is a word for a group"):
        texts.write(trial=model, **OPEN, subject="Hello", body="{link} the waiting list")

    assert MailText.objects.count() == 0
    assert AuditEntry.objects.get(action="mail_text.refused").data["guard"] == "words"


def test_words_in_a_language_that_the_protocol_lacks_are_refused(model):
    with pytest.raises(TextRefused) as refusal:
        texts.write(trial=model, **{**OPEN, "language": "fr"}, **GOOD)

    assert refusal.value.guard == "language"


def test_giving_up_words_that_are_not_there_is_refused(model):
    with pytest.raises(TextRefused) as refusal:
        texts.use_house_words(trial=model, **OPEN)

    assert refusal.value.guard == "house"


def test_page_previews_saves_and_shows_what_is_wrong(model, as_staff):
    client = as_staff(factories.make_member(model, Role.PI))
    at = f"/t/{model.slug}/messages/words/wave_open/en/"

    preview = client.post(at, {**GOOD, "preview": "1"})
    wrong = client.post(at, {**GOOD, "body": "{link} {name}", "save": "1"})
    before = MailText.objects.count()
    saved = client.post(at, {**GOOD, "save": "1"}, follow=True)

    assert "First questionnaires, until Wednesday 23 December" in preview.content.decode()
    assert "Nobody fills “{name}” in." in wrong.content.decode()
    assert (before, MailText.objects.get().body) == (0, GOOD["body"])
    assert "These words hold for every mail that leaves from now on." in saved.content.decode()


def test_linter_says_each_mistake_once():
    assert mistakes("{x}", "{x} {link}", known=("link",), protocol=CCT) == (Mistake("unknown", "x"),)
