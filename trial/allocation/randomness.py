"""Where chance comes from: the operating system, or a secret from which everybody can repeat it later."""

import hmac
import re
import secrets
from collections.abc import Sequence
from itertools import count
from typing import Protocol, TypeVar

Item = TypeVar("Item")

HEX_256 = re.compile("[0-9a-f]{64}")
BLOCK_BITS = 256


class Source(Protocol):
    def randbelow(self, n: int, /) -> int:
        """A whole number from 0 to n - 1, each equally likely."""
        ...


class SystemSource:
    """The operating system's cryptographic generator: no seed, so nothing that could be found out."""

    def randbelow(self, n: int, /) -> int:
        return secrets.randbelow(n)


SYSTEM = SystemSource()


class SecretInvalid(ValueError):
    """A secret that is not 256 bits written as 64 hexadecimal digits. The message never quotes it."""


def new_secret() -> str:
    """256 bits of the operating system, as 64 hexadecimal digits."""
    return secrets.token_hex(32)


def check_secret(secret: str) -> None:
    if not HEX_256.fullmatch(secret):
        raise SecretInvalid(
            f"A secret is 256 bits, written as 64 digits of 0-9 and a-f; this one has {len(secret)} characters. "
            "Make one with new_secret()."
        )


class SecretStream:
    """Numbers that follow from a secret and a label, the same ones each time.

    Block k, from 0, is HMAC-SHA256(secret's 32 bytes, "label:k"), read as a number, the highest byte first. A
    number below n takes one block, or as many side by side as n has bits for, and takes the next when the blocks'
    number is not below the largest multiple of n: so no remainder is likelier than another.
    """

    def __init__(self, secret: str, label: str) -> None:
        check_secret(secret)
        self._key = bytes.fromhex(secret)
        self._label = label
        self._blocks = count()

    def randbelow(self, n: int, /) -> int:
        if n < 1:
            raise ValueError(f"A random number below {n} does not exist; ask for one below 1 or more.")
        blocks = max(1, -(-(n - 1).bit_length() // BLOCK_BITS))
        span = 1 << (BLOCK_BITS * blocks)
        while True:
            number = int.from_bytes(b"".join(self._block() for _ in range(blocks)), "big")
            if number < span - span % n:
                return number % n

    def _block(self) -> bytes:
        return hmac.digest(self._key, f"{self._label}:{next(self._blocks)}".encode(), "sha256")


def shuffled(items: Sequence[Item], source: Source) -> list[Item]:
    """The items in random order, every order equally likely (Fisher and Yates, from the last place down)."""
    order = list(items)
    for last in range(len(order) - 1, 0, -1):
        other = source.randbelow(last + 1)
        order[last], order[other] = order[other], order[last]
    return order
