"""Which wordings a trial uses: the packs that it took up, and what the principal investigator signed for."""

import pgtrigger
from django.conf import settings
from django.db import models

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class AdoptedPack(models.Model):
    """A pack that the trial uses from `adopted_at` on. Where two word the same instrument, the later row holds."""

    trial = models.ForeignKey("trial.Trial", on_delete=models.PROTECT, related_name="adopted_packs")
    pack = models.ForeignKey("questionnaires.WordingPack", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    adopted_at = models.DateTimeField()
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.pack} in {self.trial}"


class WordingSignature(models.Model):
    """That the principal investigator answers for instruments without a validated wording: pairs of slug, language."""

    trial = models.ForeignKey("trial.Trial", on_delete=models.PROTECT, related_name="wording_signatures")
    wordings = models.JSONField()
    reason = models.TextField()
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{len(self.wordings)} wordings of {self.trial}"
