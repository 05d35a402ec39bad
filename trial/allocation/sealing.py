"""Encryption of what an allocation keeps secret, slot by slot, under a key that is not in the database.

AES-256-GCM. What is sealed is bound to its place: a sealed slot opens only as that slot of that list. Every slot of
every arm has the same length, so that nothing can be told from it. In front stands a fingerprint of the key, so that
a wrong key is told from an alteration. Messages quote neither key nor content.
"""

import base64
import binascii
import hashlib
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trial.allocation.proofs import Cohort, Facts, Slot
from trial.allocation.randomness import check_secret

KEY_BYTES = 32
FINGERPRINT_BYTES = 8
NONCE_BYTES = 12
ARM_BYTES = 64


class KeyInvalid(ValueError):
    """The text of a key is not one."""


class SealBroken(ValueError):
    """Something sealed does not open: wrong key, altered, or sealed for another place."""


class AllocationKey:
    """256 bits, as 44 characters of URL-safe base64. `repr` shows the fingerprint alone."""

    def __init__(self, text: str) -> None:
        try:
            key = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise KeyInvalid("The allocation key is not URL-safe base64; make one with new_key().") from error
        if len(key) != KEY_BYTES:
            raise KeyInvalid(
                f"The allocation key has {len(key)} bytes instead of {KEY_BYTES}; make one with new_key()."
            )
        self._cipher = AESGCM(hashlib.sha256(b"allocation key" + key).digest())
        self.fingerprint = hashlib.sha256(b"allocation fingerprint" + key).digest()[:FINGERPRINT_BYTES]

    def __repr__(self) -> str:
        return f"AllocationKey({self.fingerprint.hex()})"

    def seal(self, content: bytes, place: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self.fingerprint + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content. `place` is a few words that say what it is and where, the same as when it was sealed."""
        fingerprint, rest = sealed[:FINGERPRINT_BYTES], sealed[FINGERPRINT_BYTES:]
        if fingerprint != self.fingerprint:
            raise SealBroken(
                f"The key {self.fingerprint.hex()} does not fit {place}, which was sealed with the key "
                f"{fingerprint.hex()}. Put that key in force again."
            )
        try:
            return self._cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                f"What is stored as {place} does not open, though the key is the one it was sealed with: it was "
                "altered, or sealed for another place. Allocate nobody until it is known which."
            ) from error


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def seal_slot(key: AllocationKey, list_id: str, slot: Slot) -> bytes:
    """Arm and nonce of a slot; the same number of bytes for every arm. Raises ValueError for an arm above 64 bytes."""
    arm = slot.arm.encode()
    if len(arm) > ARM_BYTES:
        raise ValueError(f"The id of an arm has {len(arm)} bytes; at most {ARM_BYTES} can be sealed.")
    check_secret(slot.nonce)
    content = bytes([len(arm)]) + arm.ljust(ARM_BYTES, b"\0") + bytes.fromhex(slot.nonce)
    return key.seal(content, _slot(list_id, slot.index))


def open_slot(key: AllocationKey, list_id: str, index: int, sealed: bytes) -> Slot:
    """The slot. Raises SealBroken."""
    content = key.open(sealed, _slot(list_id, index))
    length, padded, nonce = content[0], content[1 : 1 + ARM_BYTES], content[1 + ARM_BYTES :]
    return Slot(index, padded[:length].decode(), nonce.hex())


def _slot(list_id: str, index: int) -> str:
    return f"slot {index} of list {list_id}"


def seal_salt(key: AllocationKey, list_id: str, salt: str) -> bytes:
    """The salt behind a list's id, which is opened with the list."""
    check_secret(salt)
    return key.seal(bytes.fromhex(salt), _salt(list_id))


def open_salt(key: AllocationKey, list_id: str, sealed: bytes) -> str:
    """The salt. Raises SealBroken."""
    return key.open(sealed, _salt(list_id)).hex()


def _salt(list_id: str) -> str:
    return f"the salt of list {list_id}"


def seal_cohort(key: AllocationKey, cohort: Cohort) -> bytes:
    """The secret of a cohort's draw, bound to its commitment."""
    return key.seal(bytes.fromhex(cohort.secret), _draw(cohort.commitment))


def open_cohort(key: AllocationKey, commitment: str, facts: Facts, codes: tuple[str, ...], sealed: bytes) -> Cohort:
    """The cohort, ready to be drawn.

    Raises SealBroken, or ProofMismatch when codes or facts are not those that were committed to.
    """
    cohort = Cohort(facts, codes, key.open(sealed, _draw(commitment)).hex())
    cohort.check(commitment)
    return cohort


def _draw(commitment: str) -> str:
    return f"the draw of commitment {commitment}"


def seal_replay(key: AllocationKey, commitment: str, record: dict[str, object]) -> str:
    """What a receipt carries, so that a cohort can be rebuilt in a database that was set back; as text."""
    content = json.dumps(record, sort_keys=True).encode()
    return base64.b64encode(key.seal(content, _replay(commitment))).decode("ascii")


def open_replay(key: AllocationKey, commitment: str, sealed: str) -> dict[str, Any]:
    """The record. Raises SealBroken."""
    try:
        content = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SealBroken(f"What is stored as {_replay(commitment)} is not base64: it was altered.") from error
    record: dict[str, Any] = json.loads(key.open(content, _replay(commitment)))
    return record


def _replay(commitment: str) -> str:
    return f"the record of commitment {commitment}"
