"""Re-exports every room's models, so that Django finds them in one app with one migration history."""

from trial.audit.models import AuditEntry
from trial.enrolment.models import (
    Consent,
    ConsentSignature,
    CriterionJudgement,
    Screening,
    SociodemographicAnswers,
    Withdrawal,
)
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
    "Consent",
    "ConsentSignature",
    "ContactDetails",
    "CriterionJudgement",
    "Membership",
    "OutgoingMail",
    "Participant",
    "ParticipantSession",
    "PersonalLink",
    "ProtocolVersion",
    "Screening",
    "SociodemographicAnswers",
    "Trial",
    "User",
    "Withdrawal",
]
