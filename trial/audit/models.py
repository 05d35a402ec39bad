"""The audit trail: one row for each act that matters, which nobody can change or remove."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ActorKind(models.TextChoices):
    STAFF = "staff", _("staff")
    PARTICIPANT = "participant", _("participant")
    SYSTEM = "system", _("the program")


class AuditEntry(models.Model):
    """Who did what to whom, when and why. `happened_at` is the trial's clock, `stored_at` the database's own.

    The application's role may only insert and read (see trial.audit.grants); a trigger refuses everybody else too.
    No entry ever holds an arm, a score, an answer or a contact detail.
    """

    trial = models.ForeignKey("trial.Trial", on_delete=models.PROTECT, null=True, related_name="audit_entries")
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=12, choices=ActorKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_roles = models.JSONField(default=list)
    participant = models.ForeignKey("trial.Participant", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    stored_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-happened_at", "-pk"]
        verbose_name_plural = "audit entries"
        constraints = [
            models.CheckConstraint(name="audit_actor_kind_known", condition=Q(actor_kind__in=ActorKind.values)),
            models.CheckConstraint(
                name="audit_staff_entry_has_actor", condition=Q(actor__isnull=False) | ~Q(actor_kind=ActorKind.STAFF)
            ),
        ]
        indexes = [models.Index(name="audit_by_trial", fields=["trial", "-happened_at"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.happened_at:%Y-%m-%d %H:%M} {self.action}"
