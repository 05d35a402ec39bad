"""Wordings that a site has loaded. A pack is added and never changed: answers name the wording that was read."""

import pgtrigger
from django.db import models
from django.db.models import Q


class WordingPack(models.Model):
    """The texts of one file: {instrument: {language: {key: text}}}, complete for each instrument and language in it.

    `sha256` is of the file as it came. `number` is the version: a wording of it is called "pack-2-es".
    """

    number = models.PositiveIntegerField(unique=True)
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, unique=True)
    texts = models.JSONField()
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(name="pack_counts_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(name="pack_sha256_is_hex", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"pack {self.number}"

    @property
    def covers(self) -> list[tuple[str, str]]:
        """The instruments and languages it words."""
        return [(slug, language) for slug, languages in self.texts.items() for language in languages]
