"""What the tests of the programme share: an hour, a link, and how a refusal is looked at."""

from datetime import time

import pytest

from trial.audit.models import AuditEntry
from trial.programme.models import Attendance, AttendanceNote, Crossover, Group, Session
from trial.programme.services import ProgrammeRefused

SIX = time(18, 0)
LINK = "https://meet.example.org/room"


def written() -> list[list[dict]]:
    return [list(model.objects.values()) for model in (Group, Session, Attendance, AttendanceNote, Crossover)]


def refused(act) -> tuple[str, str]:
    """Guard and sentence of a refusal, having seen that nothing was written and that the trail names nobody."""
    before = written()
    with pytest.raises(ProgrammeRefused) as refusal:
        act()
    assert written() == before
    entry = AuditEntry.objects.filter(action="programme.refused").latest("pk")
    assert (entry.data["guard"], entry.participant) == (refusal.value.guard, None)
    return refusal.value.guard, str(refusal.value)
