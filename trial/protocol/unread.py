"""Stand-in for a value that could not be read, so that one mistake does not hide the others.

The reader notes the mistake and puts `UNREAD` where the value should be. Rules are written as if everything
had been read; a rule that needs a value which was not stops quietly there, since that mistake is known.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from trial.protocol.mistakes import Mistake, entry

Item = TypeVar("Item")


class NotRead(Exception):
    """Somebody used a value that could not be read."""


class Unread:
    """Refuses every use but being passed on."""

    def __repr__(self) -> str:
        return "UNREAD"


def _refuse(*_: Any) -> Any:
    raise NotRead


_USES = (
    "str format bool len iter contains getitem call hash index int float round "
    "eq ne lt le gt ge add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod neg abs"
)
for _use in _USES.split():
    setattr(Unread, f"__{_use}__", _refuse)
Unread.__getattr__ = _refuse  # type: ignore[attr-defined]

UNREAD: Any = Unread()


def until_unread(rule: Callable[..., Iterable[Mistake]], *arguments: Any) -> Iterator[Mistake]:
    """The mistakes a rule finds before it needs something that was not read."""
    try:
        yield from rule(*arguments)
    except NotRead:
        return


def each(
    place: str, items: Iterable[Item], rule: Callable[[str, Item], Iterable[Mistake]]
) -> Iterator[Mistake]:
    """Apply a rule to every entry of a list; one that was not read keeps no other from being judged."""
    for number, item in enumerate(items, start=1):
        yield from until_unread(rule, entry(place, number), item)


def named(items: Iterable[Any], id: str | None) -> Any:
    """The entry with this id. One that does not exist counts as not read: the reader has noted it."""
    for item in items:
        if item.id == id:
            return item
    raise NotRead
