"""The page Today: for whom what stands there, what it costs, and that it tells no arm."""

import contextlib
import re
import shutil
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation
from trial.people.models import Role
from trial.programme.models import Attendance, Group, Session

pytestmark = pytest.mark.django_db
MATRIX_ROLES = {Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN}


@pytest.fixture
def today(client, running):
    """`today(Role.PI, "?show=all")`: the page as that role sees it."""

    def of(role: Role, query: str = "") -> str:
        factories.sign_in(client, factories.make_member(running, role))
        return client.get(reverse("desk:trial", args=[running.slug]) + query).content.decode()

    return of


def heading(page: str) -> str:
    return re.search(r"<h1>(.*?)</h1>", page).group(1)


def codes(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">(P-\d+)</a>', page)


def test_each_role_is_told_of_what_it_can_do_something_about(today):
    nothing = "Nothing needs you today"

    headings = {role: heading(today(role)) for role in Role}

    assert headings == dict.fromkeys(Role, nothing) | {Role.RECRUITER: "1 thing needs you today"}


def test_codes_and_states_are_for_those_who_see_participants(today):
    assert {role for role in Role if "Who is where" in today(role)} == MATRIX_ROLES


def test_counts_are_for_everybody_but_those_of_the_programme(today):
    seeing = {role for role in Role if "The whole flow" in today(role)}

    assert seeing == set(Role) - {Role.INSTRUCTOR, Role.PROGRAMME}


def test_tabs_show_those_who_need_attention_or_everybody(today):
    with clock.fixed(clock.now().replace(hour=12)):
        few, everybody = codes(today(Role.RECRUITER)), codes(today(Role.RECRUITER, "?show=all"))

    assert few == ["P-005", "P-007", "P-008", "P-009"]
    assert everybody == [f"P-{number:03d}" for number in range(1, 11)]


def test_header_says_how_many_of_those_who_take_part_are_done(today):
    counted = re.findall(r"<small>(\d+ of \d+)</small></th>", today(Role.PI))

    assert counted == ["9 of 10", "3 of 7", "0 of 7"]


def test_sheet_under_way_says_how_far_it_is(today):
    shown = re.findall(r"Under way <small>(\d+) %</small>", today(Role.PI, "?show=all"))

    assert [0 < int(percent) < 20 for percent in shown] == [True]


def test_withdrawal_seen_leaves_the_page_to_others_too(client, running, today):
    today(Role.RECRUITER)

    answer = client.post(reverse("desk:see_withdrawals", args=[running.slug]), {"codes": "P-006 P-001"})

    assert answer.url == reverse("desk:trial", args=[running.slug])
    assert heading(today(Role.RECRUITER)) == "Nothing needs you today"


def test_nothing_chosen_changes_nothing(client, running, today):
    today(Role.RECRUITER)
    client.post(reverse("desk:see_withdrawals", args=[running.slug]))

    assert heading(today(Role.RECRUITER)) == "1 thing needs you today"


def test_trial_without_a_protocol_in_force_says_that_its_draft_waits(client):
    trial = factories.make_trial("alpha", recruiting=False)
    factories.sign_in(client, factories.make_member(trial, Role.PI))

    page = client.get("/t/alpha/").content.decode()

    assert heading(page) == "1 thing needs you today"
    assert "Version 1 of the protocol is a draft." in page


@pytest.mark.parametrize("path", ["", "?show=all", "flow/", "participants/", "participants/?box=assessed"])
def test_page_costs_the_same_for_1_3_and_300_people_of_a_cohort(path, client):
    trial, counts = factories.make_model_trial(), []
    factories.make_cohort(trial)
    factories.sign_in(client, factories.make_member(trial, Role.RECRUITER))
    first = factories.enrol(trial, "first@example.org")
    for size in (1, 3, 300):
        factories.add_alike(first, size - trial.participants.count())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/t/cct/{path}").status_code == 200
        counts.append(len(queries))

    assert counts == [counts[0]] * 3


def test_matrix_is_paged_at_50(client):
    trial = factories.make_model_trial()
    factories.make_cohort(trial)
    factories.add_alike(factories.enrol(trial, "first@example.org"), 59)
    factories.sign_in(client, factories.make_member(trial, Role.RECRUITER))

    first = client.get("/t/cct/?show=all").content.decode()
    second = client.get("/t/cct/?show=all&page=2").content.decode()

    assert (len(codes(first)), codes(second)) == (50, [f"P-{number:03d}" for number in range(51, 61)])
    assert 'href="?show=all&amp;page=2"' in first


# The swap test: two worlds alike but for the arms, which the programme's records follow.
def draw(trial) -> frozenset[str]:
    """Close, draw and tell; note that those of the programme came to a session. Returns their codes."""
    cohort = trial.cohorts.get()
    for act in (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort):
        act(cohort=cohort, actor=None)
    soon = clock.now() + timedelta(hours=1)
    group = Group.objects.create(cohort=cohort, programme="cct", arms=["cct"], created_at=clock.now())
    session = Session.objects.create(group=group, number=1, starts_at=soon, minutes=120)
    own = Allocation.objects.filter(trial=trial, arm="cct").select_related("participant")
    for each in own:
        Attendance.objects.create(session=session, participant=each.participant, came="present", noted_at=soon)
    return frozenset(each.participant.code for each in own)


def pages(client, trial, staff) -> dict[tuple[str, str], str]:
    """Every page of this room that a role can open, without the token against forged posts."""
    people = [reverse("desk:participant", args=[trial.slug, code]) for code in ("P-001", "P-002")]
    names = ("desk:trial", "desk:flow", "desk:setup", "desk:participants")
    found = {}
    for role, user in staff.items():
        factories.sign_in(client, user)
        own = [reverse(name, args=[trial.slug]) for name in names]
        own += [own[0] + "?show=all", own[3] + "?box=randomised", own[3] + "?box=randomised&arm=cct"]
        for path in own + people:
            page = client.get(path).content.decode()
            found[role.value, path] = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    return found


class Back(Exception):
    """Leaves a world."""


def world(client, trial, staff, unlike: frozenset[str]) -> tuple[frozenset[str], dict[tuple[str, str], str]]:
    """Draw until the programme falls to others than `unlike`, look at every page, and go back to before the draw."""
    programme, seen = unlike, {}
    while not programme or programme & unlike:
        shutil.rmtree(settings.RECEIPTS_FOLDER, ignore_errors=True)
        with contextlib.suppress(Back), transaction.atomic():
            programme = draw(trial)
            if not programme & unlike:
                seen = pages(client, trial, staff)
            raise Back
    return programme, seen


def test_pages_are_the_same_bytes_with_the_arms_swapped(client):
    trial = factories.make_model_trial()
    with clock.fixed(clock.now()):
        factories.make_cohort(trial)
        factories.make_ready(trial, 2)
        staff = {role: factories.make_member(trial, role) for role in Role}
        programme, seen = world(client, trial, staff, unlike=frozenset())
        _swapped, found = world(client, trial, staff, unlike=programme)

    assert [key for key in seen if seen[key] != found[key]] == []
    assert len(seen) == len(Role) * 9


def test_flow_tells_arms_once_unmasked_so_the_test_above_would_see_them(client):
    trial = factories.make_model_trial()
    factories.make_drawn_cohort(trial, 4)
    factories.sign_in(client, factories.make_member(trial, Role.PI))
    path = reverse("desk:participants", args=[trial.slug]) + "?box=randomised&arm=cct"
    masked = client.get(path).status_code
    factories.unmask(trial)
    factories.sign_in(client, factories.make_member(trial, Role.PI))

    shown = re.findall(r">(P-\d+)</a>", client.get(path).content.decode())

    assert masked == 404
    own = Allocation.objects.filter(trial=trial, arm="cct")
    assert shown == sorted(own.values_list("participant__code", flat=True))
