"""Stand-in for a value that could not be read, so that one mistake does not hide the others.

The reader notes the mistake and puts `UNREAD` where the value should be. Rules are written as if everything
had been read; a rule that needs a value which was not stops quietly there, since that mistake is known.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from trial.protocol.mistakes import Mistake, entry


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


def of_each(path: str) -> Callable[[Callable[..., Iterable[Mistake]]], Callable[..., Iterator[Mistake]]]:
    """Make a rule about one entry, `rule(protocol, place, entry, ...)`, a rule about all entries at a path.

    An entry that was not read keeps no other from being judged.
    """

    def spread(rule: Callable[..., Iterable[Mistake]]) -> Callable[..., Iterator[Mistake]]:
        def over_all(protocol: Any, *context: Any) -> Iterator[Mistake]:
            for number, item in enumerate(attrgetter(path)(protocol), start=1):
                yield from until_unread(rule, protocol, entry(path, number), item, *context)

        return over_all

    return spread


def named(items: Iterable[Any], id: str | None) -> Any:
    """The entry with this id. One that does not exist counts as not read: the reader has noted it."""
    for item in items:
        if item.id == id:
            return item
    raise NotRead
