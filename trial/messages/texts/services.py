"""The words of a mail: a trial's own, in their newest version, or those of the house."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import Refused, record, recording_refusals
from trial.messages.models import PLACEHOLDERS, Kind, MailText
from trial.messages.texts.writing import Mistake, as_page, filled, mistakes
from trial.people.models import User
from trial.protocol.models import ProtocolVersion, Trial


class TextRefused(Refused):
    """A guard of the mails' words held."""


refusals_recorded = recording_refusals("mail_text")


@dataclass(frozen=True, slots=True)
class Words:
    """A subject and a body. `number` is the version of the trial's own; 0 for those of the house."""

    subject: str
    body: str
    number: int = 0


def rendered(trial: Trial, kind: str, language: str, words: Mapping[str, object]) -> tuple[str, str, str]:
    """Subject, text and page of a mail, in the language that is active."""
    own = own_words(trial, kind, language)
    if own:
        text = filled(own.body, words)
        subject, page = " ".join(filled(own.subject, words).split()), as_page(text)
    else:
        subject, text, page = _of_the_house(kind, words)
    if not trial.is_simulated:
        return subject, text, page
    told = _("Simulated. This trial is made up to look at. None of its people exist.")
    return f"[{_('Simulated')}] {subject}", f"{told}\n\n{text.lstrip()}", f"{as_page(told)}\n{page}"


def _of_the_house(kind: str, words: Mapping[str, object]) -> tuple[str, str, str]:
    template = f"emails/{kind}"
    parts = [render_to_string(f"{template}-{part}", dict(words)) for part in ("subject.txt", "body.txt", "body.html")]
    return parts[0].strip(), parts[1], parts[2]


def own_words(trial: Trial, kind: str, language: str) -> Words | None:
    """The trial's own words in force, if it has any."""
    newest = MailText.objects.filter(trial=trial, kind=kind, language=language.split("-")[0]).first()
    return Words(newest.subject, newest.body, newest.number) if newest and newest.body else None


def words_in_force(trial: Trial, kind: str, language: str) -> Words:
    """The trial's own words, or those of the house, with their placeholders in braces."""
    own = own_words(trial, kind, language)
    if own:
        return own
    with translation.override(language):
        subject, body, _page = _of_the_house(kind, _braces(kind))
    return Words(subject, body.strip())


def _braces(kind: str) -> dict[str, object]:
    return {name: f"{{{name}}}" for name in PLACEHOLDERS[Kind(kind)]}


def example(version: ProtocolVersion, kind: str, language: str, words: Words) -> tuple[str, str]:
    """Subject and page of a mail with these words, as somebody could receive it."""
    with translation.override(language):
        said = {
            "study": version.protocol.short_name.in_language(language),
            "wave": version.protocol.waves[0].name.in_language(language),
            "until": _("Wednesday 23 December"),
            "minutes": _("22 minutes"),
            "handed_in": _("16 December 2026, 18:20"),
            "link": f"{settings.SITE_URL}/l/{_('personal-link')}/",
        }
    known = {name: said[name] for name in PLACEHOLDERS[Kind(kind)]}
    return filled(words.subject, known), as_page(filled(words.body, known))


def sentences(version: ProtocolVersion, kind: str, subject: str, body: str) -> list[str]:
    """What is wrong with the words, a sentence each."""
    known = PLACEHOLDERS[Kind(kind)]
    return [_sentence(each) for each in mistakes(subject, body, known=known, protocol=version.protocol)]


def _sentence(mistake: Mistake) -> str:
    words = {
        "unknown": _("Nobody fills “{%(found)s}” in. The words in braces that we fill in stand below."),
        "brace": _("A brace “%(found)s” stands alone. Write both, with a word between them."),
        "no_link": _("The link is missing. Write %(found)s where it shall stand."),
        "arm": _("“%(found)s” is a word for a group. The same mail goes to everybody: leave it out."),
        "score": _("“%(found)s” is what a questionnaire measures. A mail must not tell it: leave it out."),
    }
    return words[mistake.kind] % {"found": mistake.found}


@refusals_recorded
def write(*, trial: Trial, kind: str, language: str, subject: str, body: str, actor: User | None) -> MailText:
    """Put a trial's own words in force. Earlier versions are kept."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    version = trial.version_in_force() or trial.draft()
    if version is None or language not in version.protocol.languages:
        raise TextRefused("language", _("The protocol does not have this language."))
    wrong = sentences(version, kind, subject, body)
    if wrong:
        raise TextRefused("words", " ".join(wrong))
    return _next_version(trial, kind, language, subject.strip(), body.strip(), actor)


@refusals_recorded
def use_house_words(*, trial: Trial, kind: str, language: str, actor: User | None) -> MailText:
    """Let the words of the house hold again. The trial's own are kept."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if own_words(trial, kind, language) is None:
        raise TextRefused("house", _("Our words hold already. Nothing was changed."))
    return _next_version(trial, kind, language, "", "", actor)


def _next_version(trial: Trial, kind: str, language: str, subject: str, body: str, actor: User | None) -> MailText:
    number = trial.mail_texts.filter(kind=kind, language=language).count() + 1
    record("mail_text.written" if body else "mail_text.house", trial=trial, actor=actor, mail=kind, language=language)
    return MailText.objects.create(
        trial=trial,
        kind=kind,
        language=language,
        number=number,
        subject=subject,
        body=body,
        written_at=clock.now(),
        written_by=actor,
    )
