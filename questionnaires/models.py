"""Who answers, in which wave, what they answered and when. No arm, no trial, no name and no address."""

import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest

from questionnaires import catalogue
from questionnaires.asking import Definition, Value
from questionnaires.own_questions import LONGEST_TEXT, SLUG, own_sheet
from questionnaires.windows import State, Window, is_late, last_day, may_open, state, takes_answers
from questionnaires.wordings.models import WordingPack

__all__ = ["Answer", "AnswerChange", "Crossing", "Respondent", "Sheet", "Sitting", "WordingPack"]

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
# What was handed in stays as it was handed in, for everybody who can write SQL.
FINAL = pgtrigger.Protect(
    name="final_once_submitted",
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__submitted_at__isnull=False),
)


# What is asked is settled when the sheet is made.
ASKED_AS_MADE = pgtrigger.ReadOnly(
    name="asked_as_made", fields=["sitting", "instrument", "position", "questions", "wordings"]
)


# Nor does any answer come to it, change or go, since the analysis reads them.
ANSWERS_STAY = pgtrigger.Trigger(
    name="answers_stay",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func=(
        "IF EXISTS (SELECT 1 FROM questionnaires_sheet s JOIN questionnaires_sitting t ON t.key = s.sitting_id "
        "WHERE s.id IN (OLD.sheet_id, NEW.sheet_id) AND (s.submitted_at IS NOT NULL OR t.submitted_at IS NOT NULL)) "
        "THEN RAISE EXCEPTION 'answers_stay: the sheet is handed in' USING ERRCODE = 'check_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
    ),
)


# The answer in force follows from the history by the database's own hand: neither can be written without the other.
PUTS_IN_FORCE = pgtrigger.Trigger(
    name="puts_in_force",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func=(
        "INSERT INTO questionnaires_answer (sheet_id, item, code, said, wording, captured_at, stored_at) "
        "VALUES (NEW.sheet_id, NEW.item, NEW.code, NEW.said, NEW.wording, NEW.captured_at, NEW.stored_at) "
        "ON CONFLICT (sheet_id, item) DO UPDATE SET code = EXCLUDED.code, said = EXCLUDED.said, "
        "wording = EXCLUDED.wording, captured_at = EXCLUDED.captured_at, stored_at = EXCLUDED.stored_at; RETURN NULL;"
    ),
)


class Respondent(models.Model):
    """Somebody who answers, known by a random key. Whoever knows the person keeps the key elsewhere."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    stopped_at = models.DateTimeField(null=True, blank=True)  # takes no more answers from then on

    def __str__(self) -> str:
        return str(self.key)


class SittingQuerySet(models.QuerySet["Sitting"]):
    def extend(self, *, ends_at: datetime, accepts_until: datetime) -> int:
        """Give those that are not handed in a later end. None ends earlier than it did."""
        return self.filter(submitted_at__isnull=True).update(
            ends_at=Greatest("ends_at", ends_at), accepts_until=Greatest("accepts_until", accepts_until)
        )


class Sitting(models.Model):
    """One respondent's wave: its name, its sheets in order, its window in stored moments, its thresholds.

    The window is stored and not computed again, so that a past wave stays as it was. `thresholds` is a list of
    {"id", "instrument", "score", "at_least" or "at_most"}; what is done about one that is reached is decided elsewhere.
    `name` holds a text per language. `zone` is the zone in which dates are shown.
    """

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    respondent = models.ForeignKey(Respondent, on_delete=models.PROTECT, related_name="sittings")
    wave = models.CharField(max_length=60)
    name = models.JSONField()
    zone = models.CharField(max_length=60)
    thresholds = models.JSONField(default=list)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closing_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    accepts_until = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects = SittingQuerySet.as_manager()

    class Meta:
        ordering = ["opens_at", "wave"]
        triggers = [FINAL]
        constraints = [
            models.UniqueConstraint(name="sitting_once_a_wave", fields=["respondent", "wave"]),
            models.CheckConstraint(
                name="sitting_window_in_order",
                condition=Q(
                    opens_at__lt=F("closes_at"),
                    opens_at__lte=F("due_at"),
                    closing_at__gte=F("opens_at"),
                    closing_at__lte=F("closes_at"),
                    closes_at__lte=F("ends_at"),
                    ends_at__lte=F("accepts_until"),
                ),
            ),
            models.CheckConstraint(
                name="sitting_opened_in_its_window",
                condition=Q(opened_at__isnull=True) | Q(opened_at__gte=F("opens_at"), opened_at__lt=F("ends_at")),
            ),
            models.CheckConstraint(
                name="sitting_submitted_after_opening_and_in_time",
                condition=Q(submitted_at__isnull=True)
                | Q(submitted_at__gte=F("opened_at"), submitted_at__lt=F("accepts_until"), opened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wave} of {self.respondent_id}"

    @property
    def window(self) -> Window:
        return Window(
            opens_at=self.opens_at,
            due_at=self.due_at,
            closing_at=self.closing_at,
            closes_at=self.closes_at,
            ends_at=self.ends_at,
            accepts_until=self.accepts_until,
        )

    def state(self, now: datetime) -> State:
        return state(self.window, now)

    def may_open(self, now: datetime) -> bool:
        return self.opened_at is None and self.submitted_at is None and may_open(self.window, now)

    def takes_answers(self, now: datetime) -> bool:
        """Whether it is under way at `now`: opened in time, not handed in, and not past its grace."""
        if self.opened_at is None or self.submitted_at is not None:
            return False
        return takes_answers(self.window, now, opened_at=self.opened_at)

    @property
    def submitted_late(self) -> bool:
        return self.submitted_at is not None and is_late(self.window, self.submitted_at)

    @property
    def has_crossed(self) -> bool:
        """Whether the answers have reached a threshold (one query, where there is one to reach)."""
        return bool(self.thresholds) and self.crossings.exists()

    def name_in(self, language: str) -> str:
        """The wave's name in `language`, else in any it has."""
        return self.name.get(language.split("-")[0]) or next(iter(self.name.values()))

    @property
    def place(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def last_day(self) -> date:
        """The last local day on which it may be begun."""
        return last_day(self.ends_at, self.place)

    @property
    def last_day_of_grace(self) -> date:
        """The last local day on which it takes answers, if it was begun in time."""
        return last_day(self.accepts_until, self.place)


class Sheet(models.Model):
    """One instrument of a sitting, or own questions with their whole definition. `started_at` is its first answer.

    `wordings` holds by language the number of the pack that words the instrument; ours where there is none.
    """

    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="sheets")
    instrument = models.CharField(max_length=60)
    questions = models.JSONField(default=list, blank=True)
    wordings = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sitting", "position"]
        triggers = [FINAL, ASKED_AS_MADE]
        constraints = [
            models.UniqueConstraint(name="sheet_once_a_sitting", fields=["sitting", "instrument"]),
            models.UniqueConstraint(name="sheet_position_once", fields=["sitting", "position"]),
            models.CheckConstraint(name="sheet_positions_count_from_1", condition=Q(position__gte=1)),
            models.CheckConstraint(
                name="sheet_of_an_instrument_or_own_questions", condition=Q(instrument=SLUG) ^ Q(questions=[])
            ),
            models.CheckConstraint(
                name="sheet_submitted_after_start",
                condition=Q(submitted_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(submitted_at__gte=F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} in {self.sitting_id}"

    @property
    def definition(self) -> Definition:
        return own_sheet(self.questions) if self.questions else catalogue.load(self.instrument)


class Given(models.Model):
    """What both the answer in force and its history say: the value (none: preferred not to answer) and its times.

    The value is the `code` of an instrument's item, or what was `said` to a question of any other kind: an option's
    id, a number, a date, a text. `captured_at` is when it was given on the page, `stored_at` when we received it;
    `wording` says which wording was read, such as "working-en".
    """

    item = models.CharField(max_length=40)
    code = models.SmallIntegerField(null=True, blank=True)
    said = models.CharField(max_length=2 * LONGEST_TEXT, null=True, blank=True)  # noqa: DJ001 - "" is not "preferred not to"
    wording = models.CharField(max_length=80)
    captured_at = models.DateTimeField()
    stored_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.item} on sheet {self.sheet_id}"  # type: ignore[attr-defined]

    @property
    def value(self) -> Value:
        return self.said if self.code is None else self.code


class Answer(Given):
    """The answer in force to one item: the newest of its history, written with it by the database (PUTS_IN_FORCE)."""

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="answers")

    class Meta:
        triggers = [ANSWERS_STAY]
        constraints = [
            models.UniqueConstraint(name="answer_once_an_item", fields=["sheet", "item"]),
            models.CheckConstraint(name="answer_captured_before_stored", condition=Q(captured_at__lte=F("stored_at"))),
            models.CheckConstraint(name="answer_code_not_negative", condition=Q(code__isnull=True) | Q(code__gte=0)),
            models.CheckConstraint(name="answer_code_or_said", condition=Q(code__isnull=True) | Q(said__isnull=True)),
        ]

    def is_late(self, sitting: Sitting) -> bool:
        """Whether it came within the grace, after the window had ended."""
        return is_late(sitting.window, self.stored_at)


class AnswerChange(Given):
    """Every answer we have acknowledged, in the order of receipt (`id`). Nobody changes or removes one."""

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="changes")
    key = models.UUIDField()

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY, PUTS_IN_FORCE]
        constraints = [
            models.UniqueConstraint(name="change_once_a_key", fields=["sheet", "key"]),
            models.CheckConstraint(name="change_captured_before_stored", condition=Q(captured_at__lte=F("stored_at"))),
            models.CheckConstraint(name="change_code_not_negative", condition=Q(code__isnull=True) | Q(code__gte=0)),
            models.CheckConstraint(name="change_code_or_said", condition=Q(code__isnull=True) | Q(said__isnull=True)),
        ]


class Crossing(models.Model):
    """A threshold of a sitting that its answers reached. Written in the answers' own transaction, and once."""

    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="crossings")
    rule = models.CharField(max_length=60)
    score = models.CharField(max_length=60)
    crossed_at = models.DateTimeField()

    class Meta:
        ordering = ["crossed_at", "pk"]
        triggers = [APPEND_ONLY]
        constraints = [models.UniqueConstraint(name="crossing_once_a_rule", fields=["sitting", "rule"])]

    def __str__(self) -> str:
        return f"{self.rule} in {self.sitting_id}"
