"""The same for a sheet of own questions: what is chosen, and what is written by hand."""

import random
from typing import Any

from questionnaires.asking import Value
from questionnaires.models import Sitting
from questionnaires.own_questions import SLUG
from tests.questionnaires.fuzzing import STRANGE, Attempt, Fuzzer
from tests.web import Visitor

LONGEST = 2000
TEXTS = [
    *STRANGE,
    *("A" * LONGEST, "é" * LONGEST, "\N{PILE OF POO}" * LONGEST, "x\r\n" * (LONGEST // 2), "\r\n\r\nx", "\nx", "x\ry"),
    *("A" * (LONGEST + 1), "x\n" * LONGEST, "\ufffd", "a\0b", "x\x01\x0b\x0c\x1b[31m\x7f", "\x85x\u2028y\u2029z"),
    *("e\u0301 \u00e9", "\u0645\u0631\u062d\u0628\u0627 \u202b abc", "\U0010ffff", "\ufdd0", "\"a\",;\t'b'", "'=1"),
    *("</textarea><b>&amp;lt;", "+34 600 000 000", "-", "@SUM(A1)", "\t=1", "{{ trial }}{% now %}", "%(name)s", "\\N"),
]
# From where to where letters are drawn: ASCII, Latin, accents to be combined, right to left, invisible, Han, any.
LETTERS = [
    *((0x1, 0x7F), (0x80, 0x2FF), (0x300, 0x36F), (0x590, 0x6FF), (0x2000, 0x206F), (0x3000, 0x9FFF)),
    *((0xE000, 0xFFFF), (0x10000, 0x10FFFF)),
]
# What is kept of a number or a date, by what was written; whatever stands here for neither is refused.
HOURS = {
    **{"1 ": "1", " 1": "1", "\n1": "1", "+1": "1", "1.0": "1", "01": "1", "99999": "99999"},
    **{"0": "0", "-0": "0", "1,50": "1.5", "0.000000001": "0.000000001", "100": "100", "999999999999": "999999999999"},
}
DAYS = {"1 ": "1", " 1": "1", "\n1": "1", "+1": "1", "01": "1", "1": "1", "60": "60", "007": "7"}
DATES = {"2026-03-31": "2026-03-31", " 2024-02-29\r\n": "2024-02-29", "0001-01-01": "0001-01-01"}
REFUSED = {
    "hours": ["-0.5", "1e3", "1.2.3", "1,5,0", "1234567890123", "1.0123456789", "1 2"],
    "days": ["0", "61", "1.0", "1,0", "1.000", "-3"],
    "since": ["2026-02-30", "20260331", "2026-3-1", "2026-W14-2", "31.03.2026", "2026-03-31T00:00", "٢٠٢٦-٠٣-٣١"],
}
KEPT = {"hours": HOURS, "days": DAYS, "since": DATES}
CHOICES = {"event": ["yes", "no"], "care": ["none", "visit", "hospital"], "other_programme": ["yes", "no"]}
CANNOT_BE_SKIPPED = {"since"}


def kept_of(item: str, text: str) -> list[Value]:
    """What is kept of a text for this question: one value, None for an empty one; nothing of what is refused."""
    if not text.strip():
        return [] if item in CANNOT_BE_SKIPPED else [None]
    if item in KEPT:
        return [KEPT[item][text]] if text in KEPT[item] else []
    cannot_be_kept = any(letter in "\0\ufffd" or "\ud800" <= letter <= "\udfff" for letter in text)
    return [] if cannot_be_kept or len(text) - text.count("\r\n") > LONGEST else [text]


class FuzzerOfWords(Fuzzer):
    """Some of its attempts are at the last sheet, of `tests.questionnaires.test_own_questions.QUESTIONS` and more."""

    def __init__(
        self, visitor: Visitor, chance: random.Random, sittings: dict[str, Sitting], questions: list[dict]
    ) -> None:
        super().__init__(visitor, chance, sittings)
        self.in_order[SLUG] = [each["id"] for each in questions]
        self.in_force[SLUG], self.history[SLUG] = {}, []
        self.kinds += [self.words_by_script, self.words_by_script, self.choice_by_script, self.words_by_page]

    def a_text(self, item: str) -> str:
        if item in KEPT:
            return self.chance.choice([*KEPT[item], *KEPT[item], *REFUSED[item], *STRANGE])
        if self.chance.random() < 0.5:
            return self.chance.choice(TEXTS)
        return "".join(
            chr(self.chance.randint(*self.chance.choice(LETTERS))) for _ in range(self.chance.randint(1, 60))
        )

    def words_by_script(self) -> Attempt:
        item = self.chance.choice(["what", "what", "hours", "days", "since"])
        text = self.a_text(item)
        kept = kept_of(item, text)
        taken = [(item, value) for value in kept]
        return Attempt(self.script(SLUG, item=item, text=text), {200} if kept else {400}, SLUG, taken)

    def choice_by_script(self) -> Attempt:
        """Of who says that nothing happened, what it was is not asked any more: that comes less often."""
        item = self.chance.choice(list(CHOICES))
        place = self.chance.choice([0, 0, 0, *range(len(CHOICES[item]))])
        if self.chance.random() < 0.2:
            return Attempt(self.script(SLUG, item=item, code="skip"), {200}, SLUG, [(item, None)])
        return Attempt(self.script(SLUG, item=item, code=place), {200}, SLUG, [(item, CHOICES[item][place])])

    def words_by_page(self) -> Attempt:
        """What can be taken of a page is, and the rest comes back; an empty field says nothing."""
        texts = {item: self.a_text(item) for item in self.chance.sample(["what", "hours", "days", "since"], 3)}
        kept = {item: kept_of(item, text) for item, text in texts.items() if text}
        fields: dict[str, Any] = {f"t-{item}": text for item, text in texts.items()} | {"i-event": "0"}
        taken = [("event", "yes"), *((item, found[0]) for item, found in kept.items() if found)]
        return self.page(SLUG, fields, {302} if all(kept.values()) else {400}, taken)

    def asked(self) -> set[str]:
        """Which of QUESTIONS concern whoever gave these answers."""
        found, said = {"event", "hours", "since"}, self.in_force[SLUG]
        if said.get("event") == "yes":
            found |= {"what", "care"}
            if said.get("care") in ("visit", "hospital"):
                found.add("days")
        return found
