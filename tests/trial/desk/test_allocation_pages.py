"""Allocation one by one, as each role sees it; the record; designs tried out."""

import re

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.soak import small_or_full
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList
from trial.allocation.report import consort_items
from trial.people import services as people
from trial.people.models import Role


@pytest.fixture
def rolling(db):
    return factories.make_list_trial()


@pytest.fixture
def page(rolling, as_staff):
    """`page(Role.PI)`: what somebody reads; further words are the rest of the address."""

    def read(role: Role, at: str = "allocation/") -> str:
        client = as_staff(factories.make_member(rolling, role))
        return client.get(f"/t/{rolling.slug}/{at}").content.decode()

    return read


def press(client, trial, code: str) -> list[str]:
    answer = client.post(f"/t/{trial.slug}/allocation/next/", {"code": code}, follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_recruiter_allocates_whoever_was_ready_first_and_sees_no_group(rolling, as_staff):
    factories.make_ready(rolling, 2)
    client = as_staff(factories.make_member(rolling, Role.RECRUITER))
    before = client.get(f"/t/{rolling.slug}/allocation/").content.decode()

    said = press(client, rolling, "P-001")

    assert "Allocate P-001" in before
    assert said == ["P-001 has a place and is told by mail."]
    after = client.get(f"/t/{rolling.slug}/allocation/").content.decode()
    assert ("Allocate P-002" in after, "Compassion Cultivation" in after, "aitlist" in after) == (True, False, False)


def test_nobody_chooses_whose_turn_it_is_and_pressing_twice_allocates_one(rolling, as_staff):
    factories.make_ready(rolling, 3)
    client = as_staff(factories.make_member(rolling, Role.RECRUITER))

    said = [press(client, rolling, code)[0] for code in ("P-002", "P-001", "P-001")]

    assert said[0] == "It is the turn of P-001, who was ready first. Load the page again."
    assert said[1:] == ["P-001 has a place and is told by mail."] * 2
    assert list(Allocation.objects.values_list("participant__code", flat=True)) == ["P-001"]


def test_places_used_are_shown_to_those_who_neither_enrol_nor_assess(rolling, page):
    [person] = factories.make_ready(rolling, 1)
    allocation.allocate(trial=rolling, participant=person, actor=None)

    shown = {role for role in (Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR) if "1 of 60" in page(role)}

    assert shown == {Role.PI, Role.MONITOR}


def test_pi_seals_the_list_on_its_page_and_reads_why_not_twice(db, as_staff):
    trial = factories.make_list_trial(sealed=False)
    client = as_staff(factories.make_member(trial, Role.PI))

    first = client.post(f"/t/{trial.slug}/allocation/seal/", follow=True)
    second = client.post(f"/t/{trial.slug}/allocation/seal/")

    root = AllocationList.objects.get().root
    assert " ".join(root[at : at + 8] for at in range(0, 64, 8)) in first.content.decode()
    assert "List 1 is sealed, and nobody has a place of it yet." in second.content.decode()


def test_flag_on_its_page_waits_for_a_second_person(rolling, as_staff):
    [person] = factories.make_ready(rolling, 1)
    allocation.allocate(trial=rolling, participant=person, actor=None)
    pi, other = (factories.make_member(rolling, role) for role in (Role.PI, Role.DATA_MANAGER))
    at = f"/t/{rolling.slug}/participants/P-001/error/"

    as_staff(pi).post(at, {"reason": "Under age"})
    own = as_staff(pi).post(f"{at}confirm/", follow=True).content.decode()
    confirmed = as_staff(other).post(f"{at}confirm/", follow=True).content.decode()

    assert "You flagged this person yourself." in own
    assert "It is confirmed: P-001 was randomised in error." in confirmed


def test_restriction_of_the_design_is_shown_to_those_who_choose_it_only(rolling, page):
    shown = {role for role in Role if "Can anyone guess?" in page(role, "protocol/")}

    assert shown == {Role.PI, Role.STATISTICIAN}


def designs(client, trial, **asked: object) -> str:
    return client.get(f"/t/{trial.slug}/protocol/designs/", asked).content.decode()


def test_calculator_says_what_the_figures_of_44_say(rolling, as_staff):
    client = as_staff(factories.make_member(rolling, Role.STATISTICIAN))

    blocks = designs(client, rolling, method="permuted_blocks", participants=44, ratio="1:1", block_sizes="4")
    draw = designs(client, rolling, method="cohort_draw", participants=44, ratio="1:1", in_groups="on")

    assert "would guess 70.8 % right and be certain of 14.7 of 44. Exact figures." in blocks
    assert "We recommend: maximal procedure, tolerance 4." in blocks
    assert "would guess 50 % right and be certain of 0 of 44. Exact figures." in draw
    assert "This is the design that we recommend" in draw


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"method": "maximal", "ratio": "2:1", "mti": 4}, "This method is for two arms with equal ratios."),
        ({"method": "permuted_blocks", "ratio": "2:1", "block_sizes": "4"}, "is a multiple of 3."),
        ({"method": "permuted_blocks", "ratio": "1:1", "block_sizes": ""}, "This method needs a value here."),
        ({"method": "simple", "ratio": "one"}, "Write whole numbers from 1 to 20"),
        ({"method": "simple", "ratio": "1"}, "A trial has two arms or more."),
        ({"method": "cohort_draw", "ratio": "1:1:1", "participants": 2}, "A cohort of 2 cannot be drawn into 3 arms"),
    ],
)
def test_design_that_cannot_be_is_refused_with_a_sentence(rolling, as_staff, asked, said):
    client = as_staff(factories.make_member(rolling, Role.PI))

    found = designs(client, rolling, **{"participants": 44, **asked})

    assert (said in found, "Can anyone guess?" in found) == (True, False)


def record(trial, language: str = "en") -> dict[str, str]:
    return {item.number: item.text for item in consort_items(trial, trial.version_in_force(), language)}


def test_record_of_a_list_tells_what_happened_and_who_knew_earlier_arms(rolling):
    recruiter = factories.make_member(rolling, Role.RECRUITER)
    masked = record(rolling)
    people.add_member(trial=rolling, email=recruiter.email, name="", role=Role.INSTRUCTOR, actor=None)
    [person] = factories.make_ready(rolling, 1)
    allocation.allocate(trial=rolling, participant=person, actor=recruiter)
    said = record(rolling)

    assert "before the first participant consented" in said["17a"]
    assert "never differ by more than 4" in said["17b"]
    assert "Randomised so far: 1, of 60 places." in said["18"]
    assert AllocationList.objects.get().root in said["18"]
    assert "None of those who enrolled held a role that learns groups" in masked["19"]
    assert said["19"].endswith("concealment of the next one rested on the design.")
    assert "Not masked, from then on: instructor." in said["20a"]


def test_record_says_that_the_committee_knew_groups_by_letters_and_does_not_call_it_unmasked(rolling):
    factories.make_member(rolling, Role.COMMITTEE)

    said = record(rolling)["20a"]

    assert "The data monitoring committee could read results with the groups under letters." in said
    assert "Not masked" not in said


def test_record_of_a_cohort_draw_names_its_commitment(db):
    cohort = factories.make_drawn_cohort(factories.make_model_trial(), 4)

    said = record(cohort.trial)

    assert said["17b"].startswith("Everybody of a closed cohort was randomised at once, in the ratio 1 : 1")
    assert said["18"].endswith(f"Randomised so far: 4. Published before use: {cohort.draw.commitment}.")


def test_record_before_anything_is_drawn_says_so(db):
    assert record(factories.make_model_trial())["17a"] == "No allocation sequence has been generated yet."


def test_record_is_written_in_spanish_too(rolling):
    english, spanish = record(rolling), record(rolling, "es")

    assert [number for number in english if english[number] == spanish[number]] == []


@small_or_full(9, 300)
def test_allocation_page_costs_the_same_for_1_3_and_more_people(n, db, as_staff):
    rolling = factories.make_list_trial(randomisation=f'method = "simple"\nlist_length = {n + 44}')
    client, counts = as_staff(factories.make_member(rolling, Role.PI)), []
    ready = iter(factories.make_ready(rolling, n + 3))
    for size in (1, 3, n):
        while Allocation.objects.count() < size:
            allocation.allocate(trial=rolling, participant=next(ready), actor=None)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/t/{rolling.slug}/allocation/").status_code == 200
        counts.append(len(queries))

    assert counts == [counts[0]] * 3


PAGES = ("allocation/", "allocation/record/", "participants/P-001/error/", "trail/", "protocol/")


def test_pages_are_the_same_byte_for_byte_with_the_arms_swapped(committed_db):
    trial = factories.make_list_trial()
    for person in factories.make_ready(trial, 4):
        allocation.allocate(trial=trial, participant=person, actor=None)
    clients = [factories.sign_in(Client(), factories.make_member(trial, role)) for role in Role]

    def seen() -> list[bytes]:
        answers = [client.get(f"/t/{trial.slug}/{at}") for client in clients for at in PAGES]
        return [re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", answer.content) for answer in answers]

    before = seen()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE trial_allocation DISABLE TRIGGER USER")
        cursor.execute("UPDATE trial_allocation SET arm = CASE arm WHEN 'cct' THEN 'waitlist' ELSE 'cct' END")
        cursor.execute("ALTER TABLE trial_allocation ENABLE TRIGGER USER")

    assert seen() == before
