"""What is published before an allocation is used, so that everybody can check it afterwards.

A list is proven by the root of a Merkle tree over its slots, a cohort by a commitment to its codes and the secret of
its draw. Both are SHA-256 hashes over fields, each field with its length before it, so that no two different sets of
fields are written alike. The first byte says what is hashed.

    slot of a list   0x00 | list id | index | arm | nonce
    inner node       0x01 | left | right
    commitment       0x02 | facts | secret | codes
    list id          0x03 | facts | length | salt
    receipt          0x04 | of | number | event | participant | leaf | sealed | at | previous

`facts` are environment, trial, protocol's SHA-256, and the arms with their ratios; lists have their length first.
Numbers are written in decimal; hashes, nonces and secrets as 64 hexadecimal digits. Messages of this module quote no
arm of a participant, nonce or secret, and no `repr` does, because they may end in a log before the unmasking.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Literal

from trial.allocation.designs import CohortDraw
from trial.allocation.randomness import SecretStream, check_secret, new_secret
from trial.allocation.shares import ArmShare, DesignImpossible

Environment = Literal["live", "test"]
Field = str | int


class Tag(IntEnum):
    SLOT = 0
    NODE = 1
    COMMITMENT = 2
    LIST = 3
    RECEIPT = 4


class ProofMismatch(ValueError):
    """Two things that belong together do not fit; the message says which."""


def digest(tag: Tag, *fields: Field) -> str:
    """SHA-256 over the tag's byte and, of each field, the length in bytes (four bytes) and the text in UTF-8."""
    hashed = hashlib.sha256(bytes([tag]))
    for each in fields:
        text = str(each).encode()
        hashed.update(len(text).to_bytes(4, "big") + text)
    return hashed.hexdigest()


@dataclass(frozen=True)
class Facts:
    """For which trial, protocol and arms an allocation is made. Test allocations are none of a live trial."""

    environment: Environment
    trial: str
    protocol_sha256: str
    arms: tuple[ArmShare, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        arms = [each for arm in self.arms for each in (arm.id, arm.ratio)]
        return (self.environment, self.trial, self.protocol_sha256, len(self.arms), *arms)

    def check(self, in_force: "Facts") -> None:
        """Refuse to serve a trial, protocol or environment other than those it was made for."""
        for name in ("environment", "trial", "protocol_sha256", "arms"):
            made_for, wanted = getattr(self, name), getattr(in_force, name)
            if made_for != wanted:
                raise ProofMismatch(
                    f"The allocation was made for {_named(name, made_for)}, which does not fit "
                    f"{_named(name, wanted)}, now in force. Make and publish a new one."
                )


def _named(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return "the arms " + ", ".join(f"{arm.id} ({arm.ratio})" for arm in value)
    words = {"environment": "the environment", "trial": "the trial", "protocol_sha256": "the protocol with SHA-256"}
    return f"{words[name]} {value}"


@dataclass(frozen=True)
class Slot:
    """A place of a list, from 1. `nonce`: 256 bits, without which the arm could be tried out from the leaf."""

    index: int
    arm: str = field(repr=False)
    nonce: str = field(repr=False)

    def leaf(self, list_id: str) -> str:
        return digest(Tag.SLOT, list_id, self.index, self.arm, self.nonce)


def list_id(facts: Facts, length: int, salt: str) -> str:
    return digest(Tag.LIST, *facts.fields, length, salt)


@dataclass(frozen=True)
class AllocationList:
    """A drawn list with everything that is secret about it; what may be published is `id`, `length` and `root`.

    The id is the hash of the facts, the length and the salt, and stands in every leaf: so the root speaks for all.
    """

    facts: Facts
    slots: tuple[Slot, ...] = field(repr=False)
    salt: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.slots:
            raise ProofMismatch("A list without slots cannot be proven; draw one with 1 slot or more.")
        known = {arm.id for arm in self.facts.arms}
        for place, slot in enumerate(self.slots, start=1):
            if slot.index != place:
                raise ProofMismatch(f"Slot {place} of the list has the index {slot.index}; slots are in order.")
            if slot.arm not in known:
                raise ProofMismatch(f"Slot {place} of the list has an arm that the trial does not have.")
            check_secret(slot.nonce)
        check_secret(self.salt)

    @property
    def length(self) -> int:
        return len(self.slots)

    @cached_property
    def id(self) -> str:
        return list_id(self.facts, self.length, self.salt)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        return tuple(slot.leaf(self.id) for slot in self.slots)

    @cached_property
    def root(self) -> str:
        return levels(self.leaves)[-1][0]

    @cached_property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Of each slot, the hashes with which its leaf leads to the root."""
        tree = levels(self.leaves)
        return tuple(path(tree, index) for index in range(1, self.length + 1))


def new_list(facts: Facts, drawn: Sequence[str]) -> AllocationList:
    """A drawn order of arms with new nonces, ready to be sealed and its root to be published."""
    slots = tuple(Slot(index, arm, new_secret()) for index, arm in enumerate(drawn, start=1))
    return AllocationList(facts, slots, salt=new_secret())


def levels(leaves: Sequence[str]) -> list[list[str]]:
    """The Merkle tree from the leaves up to the root; the last node of an odd level moves up unchanged."""
    tree = [list(leaves)]
    while len(tree[-1]) > 1:
        below = tree[-1]
        pairs = [digest(Tag.NODE, left, right) for left, right in zip(below[::2], below[1::2], strict=False)]
        tree.append(pairs + below[len(pairs) * 2 :])
    return tree


def path(tree: Sequence[Sequence[str]], index: int) -> tuple[str, ...]:
    """The neighbours on the way from the leaf with that index, from 1, up to the root."""
    at, neighbours = index - 1, []
    for level in tree[:-1]:
        neighbour = at ^ 1
        if neighbour < len(level):
            neighbours.append(level[neighbour])
        at //= 2
    return tuple(neighbours)


def root_of(leaf: str, *, index: int, length: int, path: Sequence[str]) -> str:
    """The root to which a leaf leads. On which side a neighbour stands follows from the index alone.

    Raises ProofMismatch for an index outside of the list, or a path of the wrong length.
    """
    if not 1 <= index <= length:
        raise ProofMismatch(f"The index {index} does not fit a list of {length} slots.")
    at, width, above, left = index - 1, length, leaf, list(path)
    while width > 1:
        if at ^ 1 < width:
            if not left:
                raise ProofMismatch(f"The path of slot {index} is too short for a list of {length} slots.")
            neighbour = left.pop(0)
            above = digest(Tag.NODE, neighbour, above) if at % 2 else digest(Tag.NODE, above, neighbour)
        at, width = at // 2, (width + 1) // 2
    if left:
        raise ProofMismatch(f"The path of slot {index} is too long for a list of {length} slots.")
    return above


def check_slot(slot: Slot, *, list_id: str, length: int, path: Sequence[str], root: str) -> None:
    """Refuse a slot that is not the one whose root was published."""
    if root_of(slot.leaf(list_id), index=slot.index, length=length, path=path) != root:
        raise ProofMismatch(
            f"Slot {slot.index} of list {list_id[:12]} does not lead to the published root {root[:12]}: the slot, its "
            "path or the list was altered. Allocate nobody until it is known which."
        )


@dataclass(frozen=True)
class Cohort:
    """A closed cohort with the secret of its draw; what may be published is `commitment`.

    The codes are in ascending order, so that their order is nobody's choice. The draw follows from the secret and
    the commitment: with another participant, protocol or arm it is another draw.
    """

    facts: Facts
    codes: tuple[str, ...]
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        check_secret(self.secret)
        for before, after in zip(self.codes, self.codes[1:], strict=False):
            if before >= after:
                raise ProofMismatch(
                    f"The codes of a cohort ascend, each once; found {after} after {before}. "
                    "Make the cohort with new_cohort(), which puts them in order."
                )
        CohortDraw(self.facts.arms).check(len(self.codes))

    @cached_property
    def commitment(self) -> str:
        return digest(Tag.COMMITMENT, *self.facts.fields, self.secret, len(self.codes), *self.codes)

    @cached_property
    def allocations(self) -> tuple[tuple[str, str], ...]:
        """Code and arm of each participant."""
        source = SecretStream(self.secret, self.commitment)
        return tuple(zip(self.codes, CohortDraw(self.facts.arms).draw(len(self.codes), source), strict=True))

    def check(self, commitment: str) -> None:
        """Refuse to draw a cohort that is not the one whose commitment was published."""
        if self.commitment != commitment:
            raise ProofMismatch(
                f"The {len(self.codes)} participants, the protocol and the secret give the commitment "
                f"{self.commitment[:12]}, but {commitment[:12]} was published: one of them was altered. Draw nothing "
                "until it is known which."
            )


def new_cohort(facts: Facts, codes: Sequence[str]) -> Cohort:
    """A closed cohort with a new secret. Raises DesignImpossible when it is too small, or a code stands twice."""
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if list(codes).count(code) > 1)
        raise DesignImpossible(f"The code {twice} stands in the cohort more than once.")
    return Cohort(facts, tuple(sorted(codes)), new_secret())
