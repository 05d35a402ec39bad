"""A TOML table that is read field by field and collects every mistake, in sentences with their place."""

import math
from collections.abc import Collection
from typing import Any

from questionnaires.instrument import LANGUAGES, Text

MISSING = object()


class Table:
    """One table of a file.

    Each reading method takes a field; when it is absent or wrong it notes a sentence in `mistakes`
    (a list shared by all tables of the file) and returns an empty value of the right type, so that
    reading goes on and all mistakes come out at once. `finish` notes the fields nobody read.
    """

    def __init__(self, fields: dict[str, Any], path: str, mistakes: list[str]) -> None:
        self.fields = fields
        self.path = path
        self.mistakes = mistakes
        self.known: list[str] = []

    def path_of(self, field: str) -> str:
        """Return where `field` stands in the file."""
        return f"{self.path}.{field}" if self.path else field

    def complain(self, field: str, sentence: str) -> None:
        """Note a mistake in `field` ("" for the table itself)."""
        place = self.path_of(field) if field else self.path
        self.mistakes.append(f"{place}: {sentence}" if place else sentence)

    def _take(self, field: str, kinds: tuple[type, ...], wanted: str, default: Any) -> Any:
        if field not in self.known:
            self.known.append(field)
        value = self.fields.get(field, MISSING)
        if value is MISSING:
            if default is MISSING:
                self.complain(field, f"is missing; write {wanted}.")
            return None if default is MISSING else default
        if type(value) not in kinds:
            self.complain(field, f"found {value!r}; write {wanted}.")
            return None
        return value

    def string(self, field: str, default: Any = MISSING) -> str:
        """Return a non-empty text."""
        value = self._take(field, (str,), "a text in quotes", default)
        if value is not None and value is not default and not value.strip():
            self.complain(field, "is empty; write a text or leave the field out.")
        return value or ""

    def choice(self, field: str, allowed: Collection[str], default: Any = MISSING) -> str:
        """Return one of `allowed`."""
        value = self.string(field, default)
        if value and value is not default and value not in allowed:
            self.complain(field, f"found {value!r}; write one of {', '.join(allowed)}.")
        return value

    def whole(self, field: str, *, at_least: int) -> int:
        """Return a whole number of `at_least` or more; `at_least` when it is wrong."""
        value: int | None = self._take(field, (int,), "a whole number", MISSING)
        if value is not None and value < at_least:
            self.complain(field, f"found {value}; write a whole number of {at_least} or more.")
        return at_least if value is None else value

    def maybe_whole(self, field: str) -> int | None:
        """Return a whole number, or None when absent."""
        value: int | None = self._take(field, (int,), "a whole number", None)
        return value

    def number(self, field: str, *, above: float = -math.inf, up_to: float = math.inf) -> float:
        """Return a finite number in (`above`, `up_to`]; 1 when it is wrong."""
        value = self._finite(field, self._take(field, (int, float), "a number", MISSING))
        if value is None:
            return 1.0
        if not above < value <= up_to:
            limit = "" if math.isinf(up_to) else f" and up to {up_to:g}"
            self.complain(field, f"found {value}; write a number above {above:g}{limit}.")
            return 1.0
        return value

    def maybe_number(self, field: str) -> float | None:
        """Return a finite number, or None when absent."""
        return self._finite(field, self._take(field, (int, float), "a number", None))

    def _finite(self, field: str, value: float | None) -> float | None:
        if value is None or math.isfinite(value):
            return value
        self.complain(field, f"found {value}; write a finite number.")
        return None

    def flag(self, field: str) -> bool:
        """Return true or false; false when absent."""
        return bool(self._take(field, (bool,), "true or false", False))

    def strings(self, field: str) -> tuple[str, ...]:
        """Return a list of non-empty texts; empty when absent."""
        values = self._take(field, (list,), "a list of texts", [])
        wrong = [value for value in values or [] if not isinstance(value, str) or not value.strip()]
        for value in wrong:
            self.complain(field, f"found {value!r} in the list; write texts in quotes.")
        return () if wrong else tuple(values or [])

    def pair(self, field: str) -> tuple[float, float] | None:
        """Return two numbers."""
        values = self._take(field, (list,), "two numbers, as [0, 10]", MISSING)
        if values is None:
            return None
        numbers = [value for value in values if type(value) in (int, float) and math.isfinite(value)]
        if len(values) != 2 or len(numbers) != 2:
            self.complain(field, f"found {values!r}; write two numbers, as [0, 10].")
            return None
        return values[0], values[1]

    def words(self, field: str) -> tuple[str, ...]:
        """Return the words of a text such as "1 2 3r"; empty when absent."""
        return tuple(self.string(field, "").split())

    def text(self, field: str) -> Text:
        """Return a text in every language, from a table such as {en = "Yes", es = "Sí"}."""
        table = self.table(field)
        text = table.own_text()
        table.finish()
        return text

    def maybe_text(self, field: str) -> Text | None:
        """Return a text in every language, or None when absent."""
        if field in self.fields:
            return self.text(field)
        self.known.append(field)
        return None

    def own_text(self) -> Text:
        """Return the text that this table's own fields en and es make."""
        return Text(**{language: self.string(language) for language in LANGUAGES})

    def table(self, field: str) -> "Table":
        """Return a table inside this one."""
        value = self._take(field, (dict,), "a table", MISSING)
        # The mistakes of a table that is not there would only repeat that it is not there.
        return Table(value or {}, self.path_of(field), self.mistakes if value else [])

    def children(self, field: str) -> "list[Table]":
        """Return the named tables of a table of tables, as [scales.agreement]; each by its name."""
        inner = self.table(field)
        return [inner.table(name) for name in inner.fields]

    def rows(self, field: str, required: bool = False) -> "list[Table]":
        """Return a list of tables; they count from 1."""
        values = self._take(field, (list,), "a list of tables", MISSING if required else [])
        rows = []
        for place, value in enumerate(values or [], start=1):
            if isinstance(value, dict):
                rows.append(Table(value, f"{self.path_of(field)}[{place}]", self.mistakes))
            else:
                self.complain(field, f"found {value!r} in the list; write tables.")
        return rows

    @property
    def name(self) -> str:
        """The last step of the path."""
        return self.path.split(".")[-1]

    def finish(self) -> None:
        """Note every field that no reading method asked for."""
        for field in self.fields:
            if field not in self.known:
                self.complain(field, f"is not a field here; the fields are {', '.join(self.known)}.")
