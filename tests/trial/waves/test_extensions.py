"""More time for one person or for everybody: never less, the same in every arm, and with a reason in the trail."""

from datetime import timedelta

import pytest

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Answer, Sitting
from tests import factories
from trial.allocation.models import Allocation
from trial.audit.models import AuditEntry
from trial.audit.services import Refused
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort
from trial.waves import services as waves
from trial.waves.models import CohortWave
from trial.waves.timing import last_moment


@pytest.fixture
def model(db):
    return factories.make_model_trial()


@pytest.fixture
def pre(model):
    return factories.make_cohort(model).waves.get(wave="pre")


def local_day(moment, model):
    return last_moment(moment).astimezone(model.version_in_force().zone).date()


def later_day(wave: CohortWave, days: int = 5):
    return local_day(wave.ends_at, wave.cohort.trial) + timedelta(days=days)


def extend(wave: CohortWave, days: int = 5, **other) -> CohortWave:
    given = {"last_day": later_day(wave, days), "actor": None, "reason": "exams", **other}
    return waves.extend_wave(cohort=wave.cohort, wave=wave.wave, **given)


def extend_for(person, wave: CohortWave, days: int = 5, **other) -> Sitting:
    given = {"last_day": later_day(wave, days), "actor": None, "reason": "exams", **other}
    return waves.extend_for(participant=person, wave=wave.wave, **given)


def refused(act, *arguments, **named) -> str:
    """The guard, having seen that nothing was changed and that the trail tells of it."""
    before = _ends()
    with pytest.raises(Refused) as refusal:
        act(*arguments, **named)
    assert _ends() == before
    assert AuditEntry.objects.filter(action="wave.refused").latest("pk").data["guard"] == refusal.value.guard
    return refusal.value.guard


def _ends() -> tuple[list, list]:
    fields = ("pk", "ends_at", "accepts_until")
    return list(CohortWave.objects.values_list(*fields)), list(Sitting.objects.values_list(*fields))


def test_everybody_gets_the_new_end_who_has_begun_and_who_has_not(model, pre):
    begun, new = (factories.enrol(model, f"{name}@example.org") for name in ("begun", "new"))
    sitting = waves.begin(participant=begun, wave="pre")

    extended = extend(pre)

    assert local_day(extended.ends_at, model) == later_day(pre)
    assert extended.accepts_until - extended.ends_at == pre.accepts_until - pre.ends_at
    assert extended.closes_at == pre.closes_at
    sitting.refresh_from_db()
    assert sitting.window == extended.window == waves.begin(participant=new, wave="pre").window


def test_one_person_gets_the_new_end_and_nobody_else(model, pre):
    asked, other = (factories.enrol(model, f"{name}@example.org") for name in ("asked", "other"))

    sitting = extend_for(asked, pre)

    assert (local_day(sitting.ends_at, model), sitting.opened_at) == (later_day(pre), None)
    assert waves.begin(participant=other, wave="pre").ends_at == pre.ends_at
    with clock.fixed(pre.ends_at + timedelta(hours=1)):
        assert waves.begin(participant=asked, wave="pre").opened_at == pre.ends_at + timedelta(hours=1)


def test_extension_of_everybody_takes_no_time_from_who_had_more(model, pre):
    person = factories.enrol(model, "first@example.org")
    longer = extend_for(person, pre, days=9)

    extend(pre, days=4)

    longer_before = longer.ends_at
    longer.refresh_from_db()
    assert longer.ends_at == longer_before


def test_sitting_that_is_handed_in_keeps_its_window(model, pre):
    done = factories.hand_in(factories.enrol(model, "first@example.org"), "pre")

    extend(pre)

    assert Sitting.objects.get(pk=done.pk).window == done.window


def test_wave_that_has_closed_is_opened_again_for_one_person(model):
    cohort = factories.make_drawn_cohort(model, 2)
    post, person = cohort.waves.get(wave="post"), model.participants.first()

    with clock.fixed(post.accepts_until + timedelta(days=1)):
        sitting = extend_for(person, post, days=10)
        assert waves.begin(participant=person, wave="post") == sitting


def test_extension_is_the_same_in_both_arms(model):
    cohort = factories.make_drawn_cohort(model, 4)
    post = cohort.waves.get(wave="post")
    with clock.fixed(post.opens_at):
        extend(post)
        ends = {
            each.arm: {waves.begin(participant=each.participant, wave="post").ends_at}
            for each in Allocation.objects.select_related("participant")
        }

    assert set(ends) == {"cct", "waitlist"}
    assert ends["cct"] == ends["waitlist"]


def test_trail_tells_the_reason_and_the_day(model, pre):
    person = factories.enrol(model, "first@example.org")
    extend_for(person, pre, reason=" exams ")

    entry = AuditEntry.objects.get(action="wave.extended_for")
    assert (entry.participant, entry.reason) == (person, "exams")
    assert entry.data == {"wave": "pre", "last_day": str(later_day(pre))}


@pytest.mark.parametrize(
    ("guard", "change"),
    [
        ("reason", {"reason": "  "}),
        ("not_later", {"days": 0}),
        ("not_later", {"days": -30}),
        ("too_far", {"days": 500}),
    ],
)
def test_extension_without_reason_or_with_another_day_is_refused(model, pre, guard, change):
    person = factories.enrol(model, "first@example.org")

    assert refused(extend, pre, **change) == guard
    assert refused(extend_for, person, pre, **change) == guard


def test_wave_that_has_not_opened_is_not_extended(model, pre):
    post = pre.cohort.waves.get(wave="post")

    assert refused(extend, post) == "not_open"


def test_wave_before_the_draw_is_not_extended_once_the_cohort_is_closed(model):
    cohort = factories.make_drawn_cohort(model, 2)
    pre = cohort.waves.get(wave="pre")

    assert refused(extend, pre) == "closed"
    assert refused(extend_for, model.participants.first(), pre) == "closed"


def test_wave_handed_in_is_not_extended(model, pre):
    person = factories.enrol(model, "first@example.org")
    factories.hand_in(person, "pre")

    assert refused(extend_for, person, pre) == "handed_in"


def test_nothing_is_extended_for_whoever_has_left_something(model, pre):
    person = factories.enrol(model, "first@example.org")
    enrolment.withdraw(participant=person, choice=enrolment.Choice.SESSIONS)

    with pytest.raises(Refused) as refusal:
        extend_for(person, pre)
    assert (refusal.value.guard, Sitting.objects.count()) == ("withdrawn", 0)


def test_locked_trial_extends_nothing(model):
    cohort = factories.make_drawn_cohort(model, 2)
    factories.lock(model)

    assert refused(extend, cohort.waves.get(wave="post")) == "stage"


def test_answer_within_the_grace_is_flagged_late_and_the_sitting_done_late(model, pre):
    person = factories.enrol(model, "first@example.org")
    sitting = waves.begin(participant=person, wave="pre")
    sheet = sitting.sheets.first()
    with clock.fixed(pre.ends_at + timedelta(minutes=1)):
        answering.save_page(sheet, {"1": 1}, by=person.respondent_key)
        answering.submit_sitting(sitting, by=person.respondent_key)
        ((_cohort, standings),) = waves.standings_of(model, model.version_in_force())

    assert [answer.is_late(sitting) for answer in Answer.objects.filter(sheet=sheet)] == [True]
    assert [(each.code, each.state) for each in standings[0].people] == [(person.code, "done_late")]


def move(cohort: Cohort, days: int) -> None:
    waves.move_programme(
        cohort=cohort,
        programme_starts_on=cohort.programme_starts_on,
        programme_ends_on=cohort.programme_ends_on + timedelta(days=days),
        actor=None,
        reason="the room is closed",
    )


def test_moved_end_moves_the_waves_to_come_and_leaves_those_that_have_opened(model):
    cohort = factories.make_drawn_cohort(model, 2)
    before = {each.wave: each.window for each in cohort.waves.all()}

    with clock.fixed(before["post"].opens_at + timedelta(hours=1)):
        move(cohort, 7)

    after = {each.wave: each.window for each in cohort.waves.all()}
    assert (after["pre"], after["post"]) == (before["pre"], before["post"])
    days = local_day(after["follow_up"].opens_at, model) - local_day(before["follow_up"].opens_at, model)
    assert days == timedelta(days=7)


def test_extended_wave_keeps_its_end_when_the_programme_moves(model):
    cohort = factories.make_drawn_cohort(model, 2)
    post = cohort.waves.get(wave="post")

    with clock.fixed(post.opens_at + timedelta(hours=1)):
        extended = extend(post)
        move(cohort, 3)

    assert cohort.waves.get(wave="post").window == extended.window
