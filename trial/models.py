"""Re-exports every room's models, so that Django finds them in one app with one migration history."""

from trial.audit.models import AuditEntry
from trial.messages.models import OutgoingMail
from trial.people.models import (
    ContactDetails,
    Membership,
    Participant,
    ParticipantSession,
    PersonalLink,
    User,
)
from trial.protocol.models import ProtocolVersion, Trial

__all__ = [
    "AuditEntry",
    "ContactDetails",
    "Membership",
    "OutgoingMail",
    "Participant",
    "ParticipantSession",
    "PersonalLink",
    "ProtocolVersion",
    "Trial",
    "User",
]
