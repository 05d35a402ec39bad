"""Encryption of what names a person: Fernet under FIELD_KEYS, the first key encrypts, every key decrypts."""

import hashlib
import hmac
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    return _fernet(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()


def blind_index(text: str, key: str | None = None) -> str:
    """A keyed hash by which an encrypted value can be found again, and by nobody without the key."""
    secret = hashlib.sha256(b"blind index " + (key or settings.FIELD_KEYS[0]).encode()).digest()
    return hmac.new(secret, text.strip().casefold().encode(), hashlib.sha256).hexdigest()


def blind_indexes(text: str) -> list[str]:
    """The hash under every key, for looking up while keys are being rotated."""
    return [blind_index(text, key) for key in settings.FIELD_KEYS]


class EncryptedTextField(models.TextField):
    """Text that is plain in Python and a Fernet token in the database. It cannot be searched or sorted."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return decrypt(value) if value else value
