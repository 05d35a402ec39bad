"""The mails of a wave, written when they are sent. None of them knows an arm, and none says a score."""

import dataclasses
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Sitting
from questionnaires.windows import may_open
from trial.audit.services import Refused
from trial.enrolment.guards import version_in_force
from trial.enrolment.models import CohortPlace, Level
from trial.messages.hours import end_of_quiet
from trial.messages.letters import Later, Letter, with_link
from trial.messages.models import OutgoingMail
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema_conduct import Wave
from trial.waves.guards import wave_of
from trial.waves.services import admitted, window_for
from trial.waves.timing import last_moment


@dataclasses.dataclass(frozen=True, slots=True)
class Duty:
    """What somebody still has to do, until when, and how many minutes of it are left."""

    wave: Wave
    until: datetime
    minutes: int


def wave_open(mail: OutgoingMail) -> Letter | Later | None:
    return _while_to_do(mail)


def wave_reminder(mail: OutgoingMail) -> Letter | Later | None:
    return _while_to_do(mail)


def wave_receipt(mail: OutgoingMail) -> Letter | None:
    """Due unless the person has left the questionnaires since."""
    participant = _held(mail)
    sitting = Sitting.objects.filter(respondent=participant.respondent_key, wave=mail.wave).first()
    if sitting is None or sitting.submitted_at is None:
        return None
    if participant.withdrawals.filter(level=Level.QUESTIONNAIRES).exists():
        return None
    with translation.override(participant.language):
        words: dict[str, object] = {
            "wave": sitting.name_in(participant.language),
            "handed_in": date_format(sitting.submitted_at.astimezone(sitting.place), _("j F Y, H:i")),
        }
    return dataclasses.replace(with_link(participant), words=words)


def _while_to_do(mail: OutgoingMail) -> Letter | Later | None:
    """Due while the wave is asked of the person and not handed in; not in the quiet hours."""
    participant = _held(mail)
    try:
        version = version_in_force(participant.trial)
        wave = wave_of(version, mail.wave)
        place = admitted(participant, wave, version)
    except Refused:
        return None
    duty = _duty(place, wave, version)
    if duty is None:
        return None
    later = end_of_quiet(clock.now(), version.protocol.messages, version.zone)
    if later:
        return Later(later)
    return dataclasses.replace(with_link(participant), words=_words(duty, participant.language, version.zone))


def _held(mail: OutgoingMail) -> Participant:
    """The person's row until the mail has left: who leaves, or begins the wave, does so before it or after it."""
    held = Participant.objects.select_for_update(of=("self",), no_key=True).select_related("trial", "contact")
    return held.get(mails=mail)


def _duty(place: CohortPlace, wave: Wave, version: ProtocolVersion) -> Duty | None:
    """What is left of a wave; None when it is handed in or closed. A sitting is held, so that it stays so."""
    now, key = clock.now(), place.participant.respondent_key
    sitting = Sitting.objects.select_for_update().filter(respondent=key, wave=wave.id).first()
    window = sitting.window if sitting else window_for(place, wave, version)
    if window is None:
        return None
    if sitting is None or sitting.opened_at is None:
        return Duty(wave, last_moment(window.ends_at), wave.minutes) if may_open(window, now) else None
    if not sitting.takes_answers(now):
        return None
    until = window.ends_at if now < window.ends_at else window.accepts_until
    return Duty(wave, last_moment(until), answering.progress(sitting).minutes_left or 1)


def _words(duty: Duty, language: str, zone: ZoneInfo) -> dict[str, object]:
    with translation.override(language):
        return {
            "wave": duty.wave.name.in_language(language),
            "until": date_format(duty.until.astimezone(zone), _("l j F")),
            "minutes": ngettext("%(n)d minute", "%(n)d minutes", duty.minutes) % {"n": duty.minutes},
        }
