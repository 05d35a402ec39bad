"""Groups that meet, their sessions, who came, who crosses over. All of it follows the arm: not for masked eyes."""

from datetime import datetime, timedelta

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.enrolment.models import Cohort
from trial.people.encryption import EncryptedTextField
from trial.people.models import Participant
from trial.programme import triggers


class Group(models.Model):
    """Those of a cohort who take a programme together: the arm it is for or, crossing over, the arm that waited.

    Who belongs to it is not stored here: it follows from the allocations, or from the crossovers. `arms` are those
    whose people may come in, and `after_waves` what must be closed for them before, as the protocol had it.
    """

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="groups")
    programme = models.CharField(max_length=40)
    is_crossover = models.BooleanField(default=False)
    arms = models.JSONField(default=list)
    after_waves = models.JSONField(default=list)
    instructor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="groups")
    join_link = EncryptedTextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["cohort", "is_crossover", "programme"]
        constraints = [
            models.UniqueConstraint(name="group_once_a_cohort", fields=["cohort", "programme", "is_crossover"])
        ]
        triggers = [
            triggers.GROUP_AFTER_TELLING,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="group_stays",
                fields=["cohort", "programme", "is_crossover", "arms", "after_waves", "created_at"],
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.pk} of cohort {self.cohort_id}"


class Session(models.Model):
    """One meeting of a group. Moving it moves no wave."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["group", "number"]
        constraints = [
            models.UniqueConstraint(name="session_number_once", fields=["group", "number"]),
            models.CheckConstraint(name="session_counts_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(name="session_lasts", condition=Q(minutes__gte=1)),
        ]
        triggers = [
            triggers.SESSION_AFTER_TELLING,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="session_stays", fields=["group", "number"]),
        ]

    def __str__(self) -> str:
        return f"session {self.number} of group {self.group_id}"

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


class Came(models.TextChoices):
    PRESENT = "present", _("present")
    LATE = "late", _("late")
    ABSENT = "absent", _("absent")
    EXCUSED = "excused", _("excused")
    EXCLUDED = "excluded", _("excluded")


class Attendance(models.Model):
    """Whether somebody came to a session, as the instructor noted it last.

    `reason` is the criterion by which somebody was excluded. Blank in `came`: the note was taken back.
    """

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="attendances")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="attendances")
    came = models.CharField(max_length=8, choices=Came, blank=True)
    reason = models.TextField(blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["session", "participant"]
        verbose_name_plural = "attendance"
        constraints = [
            models.UniqueConstraint(name="attendance_once_a_session", fields=["session", "participant"]),
            models.CheckConstraint(name="attendance_known", condition=Q(came__in=[*Came.values, ""])),
            models.CheckConstraint(
                name="attendance_excluded_with_reason", condition=~Q(came="excluded") | ~Q(reason="")
            ),
        ]
        triggers = [
            triggers.ATTENDANCE_OF_THE_GROUP,
            triggers.ATTENDANCE_AFTER_START,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="attendance_stays", fields=["session", "participant"]),
        ]

    def __str__(self) -> str:
        return f"attendance of {self.participant_id} in session {self.session_id}"


class AttendanceNote(models.Model):
    """Every note of attendance that was ever made, in order. It only grows."""

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="notes")
    came = models.CharField(max_length=8, choices=Came, blank=True)
    reason = models.TextField(blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"note on attendance {self.attendance_id}"


class Crossover(models.Model):
    """Somebody of the arm that waited now takes the programme. Never before the last wave closed for that person."""

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="crossover")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="crossovers")
    crossed_at = models.DateTimeField()

    class Meta:
        ordering = ["participant"]
        triggers = [
            triggers.CROSSOVER_AFTER_WAITING,
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"crossover of {self.participant_id}"
