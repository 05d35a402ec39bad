"""Re-exports every room's models, so that Django finds them in one app with one migration history."""

from trial.allocation.models import (
    Allocation,
    AllocationList,
    Draw,
    EnteredInError,
    SealedSlot,
    StoredReceipt,
    Unmasking,
)
from trial.audit.models import AuditEntry
from trial.enrolment.models import (
    Cohort,
    CohortPlace,
    Consent,
    ConsentSignature,
    CriterionJudgement,
    Screening,
    SociodemographicAnswers,
    Withdrawal,
)
from trial.messages.models import MailHour, MailText, OutgoingMail
from trial.people.models import (
    ContactDetails,
    Membership,
    Participant,
    ParticipantSession,
    PersonalLink,
    User,
)
from trial.programme.models import Attendance, AttendanceNote, Crossover, Group, Session
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.wordings.models import AdoptedPack, WordingSignature
from trial.safety.models import ContactAttempt, SafetyCase
from trial.waves.models import CohortWave

__all__ = [
    "AdoptedPack",
    "Allocation",
    "AllocationList",
    "Attendance",
    "AttendanceNote",
    "AuditEntry",
    "Cohort",
    "CohortPlace",
    "CohortWave",
    "Consent",
    "ConsentSignature",
    "ContactAttempt",
    "ContactDetails",
    "CriterionJudgement",
    "Crossover",
    "Draw",
    "EnteredInError",
    "Group",
    "MailHour",
    "MailText",
    "Membership",
    "OutgoingMail",
    "Participant",
    "ParticipantSession",
    "PersonalLink",
    "ProtocolVersion",
    "SafetyCase",
    "Screening",
    "SealedSlot",
    "Session",
    "SociodemographicAnswers",
    "StoredReceipt",
    "Trial",
    "Unmasking",
    "User",
    "Withdrawal",
    "WordingSignature",
]
