"""From the database to frames: raw answers scored, arms by the one door, sets and what is left out of them."""

from datetime import timedelta

import pandas as pd
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from analysis.datasets import trial_frames
from analysis.models import Kind, Report
from analysis.plan import plan_of
from questionnaires import catalogue, clock
from questionnaires.models import Answer, Respondent, Sheet, Sitting
from questionnaires.scoring import score
from tests import factories
from tests.analysis.finished_trial import make_finished_trial
from tests.analysis.stored_report import store_report
from trial.allocation.models import Allocation
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort
from trial.programme.models import Attendance, Came, Group, Session
from trial.protocol.models import Stage

pytestmark = pytest.mark.django_db


def frames_of(trial):
    version = trial.version_in_force()
    return trial_frames(trial, version, plan_of(version.protocol), now=clock.now())


def person(trial, code: str = "P-001"):
    return trial.participants.get(code=code)


def score_of(frames, code: str, wave: str, outcome: str) -> float:
    rows = frames.scores.set_index(["participant", "wave"])
    return rows.loc[(code, wave), outcome]


def sheet_of(trial, code: str, wave: str, instrument: str = "dass_21") -> Sheet:
    return Sheet.objects.get(
        sitting__respondent=person(trial, code).respondent_key, sitting__wave=wave, instrument=instrument
    )


def test_every_score_is_computed_from_the_raw_answers():
    trial = make_finished_trial(people=4)
    given = dict(sheet_of(trial, "P-002", "post").answers.values_list("item", "code"))

    frames = frames_of(trial)
    expected = score(catalogue.load("dass_21"), given)
    found = {name: score_of(frames, "P-002", "post", name) for name in ("stress", "anxiety", "depression")}
    assert found == {name: expected[name] for name in found}
    assert frames.items["dass_21"].query("participant == 'P-002' and wave == 'post'")["3"].tolist() == [given["3"]]


def test_everybody_randomised_has_a_row_a_wave_and_what_was_not_answered_is_missing():
    frames = frames_of(make_finished_trial(people=4, absent=1))

    assert frames.scores.groupby("participant")["wave"].agg(list).tolist() == [["pre", "post", "follow_up"]] * 4
    assert pd.isna(score_of(frames, "P-004", "follow_up", "stress"))
    assert frames.scores["well_being"].isna().all()


def test_what_somebody_prefers_not_to_answer_follows_the_instruments_rule():
    stress = catalogue.load("dass_21").score("stress").items
    trial = make_finished_trial(people=4, skipped=("P-001", "pre", [str(item) for item in stress[:-1]]))

    frames = frames_of(trial)
    assert pd.isna(score_of(frames, "P-001", "pre", "stress"))
    assert pd.notna(score_of(frames, "P-001", "pre", "anxiety"))


def unfinished_wave(trial, *, days_ago: int) -> None:
    """The last person's follow-up: answered, and never handed in."""
    at = clock.now() - timedelta(days=days_ago)
    respondent, day = Respondent.objects.get(key=person(trial, "P-004").respondent_key), timedelta(days=1)
    moments = {"opens_at": at - day, "due_at": at, "closing_at": at, "closes_at": at + day, "ends_at": at + day}
    sitting = Sitting.objects.create(
        respondent=respondent, wave="follow_up", name={"en": ""}, zone="UTC", **moments, accepts_until=at + day
    )
    sheet = Sheet.objects.create(sitting=sitting, instrument="brs_6", position=1, started_at=at)
    for item in catalogue.load("brs_6").items:
        Answer.objects.create(sheet=sheet, item=item.key, code=3, wording="w", captured_at=at, stored_at=at)


@pytest.mark.parametrize(("days_ago", "counts"), [(0, False), (9, True)])
def test_sheet_not_handed_in_counts_once_nothing_more_can_be_answered(days_ago, counts):
    trial = make_finished_trial(people=4)
    unfinished_wave(trial, days_ago=days_ago)

    assert pd.notna(score_of(frames_of(trial), "P-004", "follow_up", "resilience")) == counts


def test_arms_are_real_once_the_trial_is_unmasked():
    frames = frames_of(make_finished_trial(people=4))

    arms = frames.participants.set_index("participant")["arm"].to_dict()
    assert (frames.labels, arms) == (
        "real",
        {"P-001": "cct", "P-002": "cct", "P-003": "waitlist", "P-004": "waitlist"},
    )


def in_world(act, **how):
    """What `act` finds in a trial of its own, which is then undone."""
    with transaction.atomic(), clock.fixed(factories.NOON):
        found = act(make_finished_trial(**how))
        transaction.set_rollback(True)
    return found


def who_attends(trial) -> str:
    """Somebody of the programme's arm comes to sessions: a record that follows the arm."""
    allocation = Allocation.objects.filter(trial=trial, arm="cct").first()
    attend(trial, allocation.participant.code, 3)
    return frames_of(trial).sha256


def test_masked_frames_are_the_same_in_two_worlds_with_arms_swapped():
    worlds = {in_world(who_attends, people=6, stage=Stage.LOCKED, swapped=swapped) for swapped in (False, True)}
    opened = {in_world(who_attends, people=6, swapped=swapped) for swapped in (False, True)}

    assert (len(worlds), len(opened)) == (1, 2)


def test_sets_that_follow_the_arms_are_not_told_while_they_are_masked():
    masked = frames_of(make_finished_trial(people=4, stage=Stage.LOCKED))

    assert masked.unavailable == {"as_published": "masked", "per_protocol": "masked"}
    assert list(masked.sets) == ["all_randomised"]


def attend(trial, code: str, sessions: int) -> None:
    group, _ = Group.objects.get_or_create(
        cohort=Cohort.objects.get(), programme="cct", defaults={"arms": ["cct"], "created_at": clock.now()}
    )
    for number in range(1, sessions + 1):
        session, _ = Session.objects.get_or_create(
            group=group, number=number, defaults={"starts_at": clock.now() + timedelta(days=9), "minutes": 120}
        )
        Attendance.objects.create(
            session=session, participant=person(trial, code), came=Came.LATE, noted_at=session.starts_at
        )


def test_analysis_sets_leave_out_whom_the_plan_leaves_out_and_say_why():
    trial = make_finished_trial(people=6, absent=0)
    attend(trial, "P-002", 6)
    attend(trial, "P-003", 5)
    enrolment.withdraw(participant=person(trial), choice=enrolment.Choice.STUDY)

    frames = frames_of(trial)
    assert frames.left_out["all_randomised"] == {}
    assert frames.left_out["as_published"] == {"P-001": "withdrew_before_start"}
    assert frames.left_out["per_protocol"] == {"P-001": "withdrew_before_start", "P-003": "too_few_sessions"}
    assert frames.sets["per_protocol"] == ("P-002", "P-004", "P-005", "P-006")


def test_set_that_asks_for_a_wave_leaves_out_who_did_not_answer_it():
    trial = make_finished_trial(people=4, absent=0, skipped=("P-001", "post", [str(item) for item in range(1, 99)]))
    attend(trial, "P-001", 6)
    attend(trial, "P-002", 6)

    assert frames_of(trial).left_out["per_protocol"] == {"P-001": "did_not_answer"}


def test_data_taken_back_before_any_analysis_are_gone_from_everything():
    trial = make_finished_trial(people=4, absent=0)
    enrolment.withdraw(participant=person(trial), choice=enrolment.Choice.STUDY_AND_DATA)

    frames = frames_of(trial)
    assert frames.scores.query("participant == 'P-001'")[["stress", "resilience"]].isna().all(axis=None)
    assert frames.participants.query("participant == 'P-001'")[["age", "gender"]].isna().all(axis=None)
    assert "P-001" not in set(frames.items["dass_21"]["participant"])
    assert frames.left_out["all_randomised"] == {"P-001": "data_withdrawn"}


def test_data_that_were_analysed_before_they_were_taken_back_stay():
    trial = make_finished_trial(people=4, absent=0)
    before = frames_of(trial)
    report = store_report(trial, kind=Kind.REAL)
    assert Report.objects.filter(pk=report.pk, data_read_at__isnull=False).count() == 1
    enrolment.withdraw(participant=person(trial), choice=enrolment.Choice.STUDY_AND_DATA)

    after = frames_of(trial)
    assert score_of(after, "P-001", "post", "stress") == score_of(before, "P-001", "post", "stress")
    assert after.left_out["all_randomised"] == {}


def test_what_was_said_at_screening_and_on_the_sheet_is_one_row_a_person():
    frames = frames_of(make_finished_trial(people=4))

    assert frames.participants.columns.tolist()[:5] == ["participant", "arm", "age", "gender", "nationality"]
    assert frames.participants["age"].tolist() == [19, 20, 21, 22]
    assert frames.participants["gender"].tolist() == ["man", "woman", "woman", "man"]


def test_frames_cost_the_same_queries_whatever_the_number_of_people():
    def queries(trial) -> int:
        with CaptureQueriesContext(connection) as found:
            frames_of(trial)
        return len(found)

    assert in_world(queries, people=4) == in_world(queries, people=9)
