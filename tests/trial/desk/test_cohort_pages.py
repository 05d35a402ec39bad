"""Cohorts as the recruiting coordinator and the investigator use them, and the groups opened from the pages."""

import json

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from questionnaires import clock
from tests import factories
from tests.soak import small_or_full
from trial.allocation import sealing
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw, Unmasking
from trial.audit.models import AuditEntry
from trial.enrolment.models import Cohort
from trial.people.encryption import decrypt
from trial.people.models import Role
from trial.protocol.models import Stage, Trial

COHORT = "/t/cct/cohorts/1/"
SURE = {"settled": "on", "for_good": "on", "all_at_once": "on"}


@pytest.fixture
def model(db):
    return factories.make_model_trial()


@pytest.fixture
def coordinator(model, as_staff):
    return as_staff(factories.make_member(model, Role.RECRUITER))


@pytest.fixture
def cohort(model):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 4)
    return cohort


def said(client: Client, address: str, form=None) -> str:
    """The page to which a form leads."""
    return client.post(address, form or {}, follow=True).content.decode()


def test_coordinator_opens_closes_draws_and_tells(model, coordinator, receipts_folder):
    start = clock.today(model.version_in_force().zone).replace(year=2027)
    form = {"programme_starts_on": start.isoformat()}
    looked = said(coordinator, "/t/cct/cohorts/new/", {**form, "look": "1"})
    before = Cohort.objects.count()
    said(coordinator, "/t/cct/cohorts/new/", form)
    cohort = Cohort.objects.get()
    with clock.fixed(min(wave.opens_at for wave in cohort.waves.all())):
        factories.make_ready(model, 4)
    pages = [said(coordinator, f"{COHORT}{act}/", SURE) for act in ("close", "draw", "tell")]

    assert ("Nothing is stored yet." in looked, before) == (True, 0)
    assert ["Ready to be drawn" in pages[0], "The cohort has been drawn" in pages[1]] == [True, True]
    assert "Everybody can read their group now." in pages[2]
    assert Allocation.objects.filter(told_at__isnull=False).count() == 4
    (file,) = (receipts_folder / "cct").iterdir()
    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["committed", "drawn", "told"]


def test_button_pressed_again_changes_nothing_and_says_the_same(cohort, coordinator):
    pages = [said(coordinator, f"{COHORT}{act}/", SURE) for act in ("close", "close", "draw", "draw", "draw")]

    assert ["The cohort is closed, and" in page for page in pages] == [True, True, False, False, False]
    assert ["The cohort is drawn." in page for page in pages] == [False, False, True, True, True]
    assert (Draw.objects.count(), Allocation.objects.count()) == (1, 4)
    assert AuditEntry.objects.filter(action="cohort.drawn").count() == 1


@pytest.mark.parametrize("act", ["close", "draw", "tell"])
def test_act_without_its_ticks_is_asked_again_and_does_nothing(cohort, coordinator, act):
    done = {"close": (), "draw": (allocation.close_cohort,), "tell": (allocation.close_cohort, allocation.draw_cohort)}
    for earlier in done[act]:
        earlier(cohort=cohort, actor=None)
    before = AuditEntry.objects.count()

    page = said(coordinator, f"{COHORT}{act}/")

    assert "Please look at this once more" in page
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("act", "sentence"),
    [("draw", "The cohort is still open."), ("tell", "The cohort is still open.")],
)
def test_act_out_of_order_is_refused_with_a_sentence(cohort, coordinator, act, sentence):
    assert sentence in said(coordinator, f"{COHORT}{act}/", SURE)
    assert AuditEntry.objects.get(action="allocation.refused").data == {"guard": "closed", "step": f"{act}_cohort"}


def test_cohort_of_one_is_refused_on_the_page(model, coordinator):
    factories.make_cohort(model)
    factories.make_ready(model, 1)

    assert "A cohort of 1 cannot be drawn into 2 arms" in said(coordinator, f"{COHORT}close/", SURE)
    assert Cohort.objects.get().closed_at is None


def test_another_key_than_that_of_the_commitment_is_refused_on_the_page(cohort, coordinator, settings):
    allocation.close_cohort(cohort=cohort, actor=None)
    settings.ALLOCATION_KEY = sealing.new_key()

    assert "Put that key in force again." in said(coordinator, f"{COHORT}draw/", SURE)
    assert Allocation.objects.count() == 0


def test_secret_that_somebody_with_the_owners_password_altered_is_refused_on_the_page(committed_db):
    trial = factories.make_model_trial()
    cohort = factories.make_cohort(trial)
    factories.make_ready(trial, 2)
    allocation.close_cohort(cohort=cohort, actor=None)
    last = "overlay(sealed placing '\\x00'::bytea from octet_length(sealed))"
    for sql in ("DISABLE TRIGGER USER; UPDATE trial_draw SET sealed = " + last, "ENABLE TRIGGER USER"):
        factories.as_owner(f"ALTER TABLE trial_draw {sql}")

    coordinator = factories.sign_in(Client(), factories.make_member(trial, Role.RECRUITER))
    page = said(coordinator, f"{COHORT}draw/", SURE)

    assert "it was altered, or sealed for another place." in page
    assert Allocation.objects.count() == 0


def test_second_place_that_cannot_be_written_stops_the_draw(cohort, coordinator, settings, tmp_path):
    allocation.close_cohort(cohort=cohort, actor=None)
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    settings.RECEIPTS_FOLDER = str(blocked)

    page = said(coordinator, f"{COHORT}draw/", SURE)

    assert "The second place of the receipts cannot be used" in page
    assert Allocation.objects.count() == 0


def test_page_says_who_is_ready_and_what_others_lack(model, cohort, coordinator):
    factories.enrol(model, "late@example.org")
    factories.leave_study(model.participants.get(code="P-002"))
    version = model.version_in_force()

    found = {each.code: each.lacks for each in allocation.candidates(cohort, version)}

    assert found == {"P-001": "", "P-002": "withdrawn", "P-003": "", "P-004": "", "P-005": "waves"}
    draw = allocation.close_cohort(cohort=cohort, actor=None)
    assert draw.codes == [code for code, lacks in found.items() if not lacks]


@pytest.mark.parametrize("role", [Role.DATA_MANAGER, Role.MONITOR])
def test_readers_see_the_cohort_and_no_button(model, cohort, as_staff, role):
    page = as_staff(factories.make_member(model, role)).get(COHORT).content.decode()

    assert ("P-001" in page, "<form action" in page.partition("<main")[2]) == (True, False)


def test_receipts_file_holds_what_was_published(model, cohort, coordinator):
    for act in (allocation.close_cohort, allocation.draw_cohort):
        act(cohort=cohort, actor=None)

    answer = coordinator.get(f"{COHORT}receipts/")

    document, (found,) = json.loads(answer.content), allocation.published(model)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cct-cohort-1-receipts.json"'
    assert (document["commitment"], document["head"]) == (found.value, found.head)
    assert [each["hash"] for each in document["receipts"]] == [each.hash for each in found.receipts]


@small_or_full(6, 300)
def test_pages_cost_the_same_for_1_and_3_cohorts_and_for_2_and_more_people(n, model, coordinator):
    counts = []
    for size in (2, n, 2):
        cohort = factories.make_cohort(model)
        factories.make_ready(model, size)
        for act in (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort):
            act(cohort=cohort, actor=None)
        for address in ("/t/cct/cohorts/", f"/t/cct/cohorts/{cohort.number}/"):
            with CaptureQueriesContext(connection) as queries:
                assert coordinator.get(address).status_code == 200
            counts.append(len(queries))

    assert counts == counts[:2] * 3


def test_cohort_that_is_open_costs_the_same_for_1_3_and_300_people(model, coordinator):
    cohort, counts = factories.make_cohort(model), []
    first = factories.enrol(model, "first@example.org")
    for size in (1, 3, 300):
        factories.add_alike(first, size - cohort.places.count())
        with CaptureQueriesContext(connection) as queries:
            assert first.code in coordinator.get(f"/t/cct/cohorts/{cohort.number}/").content.decode()
        counts.append(len(queries))

    assert counts == [counts[0]] * 3


def test_slip_is_put_on_record_from_the_page(cohort, coordinator):
    form = {"code": "p-001", "learner": "me", "way": "told"}
    unknown = said(coordinator, "/t/cct/slip/", {**form, "code": "P-999"})
    said(coordinator, "/t/cct/slip/", form)

    entry = AuditEntry.objects.get(action="masking.slipped")
    assert "Nobody here has the code P-999." in unknown
    assert (entry.participant.code, entry.data) == ("P-001", {"learner": "me", "way": "told"})


# The groups opened.
def codes_of(user) -> list[str]:
    """The codes that the user's app shows now, shortly before and after."""
    secret = decrypt(user.authenticator_set.get(type="totp").data["secret"])
    return [format_hotp_value(hotp_value(secret, counter)) for counter in yield_hotp_counters_from_time()]


@pytest.fixture
def clinician(model):
    return factories.make_member(model, Role.CLINICIAN)


def test_clinician_opens_one_group_with_a_code_and_a_reason(model, clinician, as_staff):
    factories.make_drawn_cohort(model, 4)
    client, address = as_staff(clinician), "/t/cct/participants/P-001/emergency/"
    link = address in client.get("/t/cct/participants/P-001/").content.decode()

    page = said(client, address, {"reason": "Admitted to hospital", "code": codes_of(clinician)[1]})

    arm = model.version_in_force().protocol.arm(Allocation.objects.get(participant__code="P-001").arm)
    assert (link, str(arm.name.in_language("en")) in page) == (True, True)
    assert Unmasking.objects.get().reason == "Admitted to hospital"
    assert "The group of P-002" not in client.get("/t/cct/participants/P-002/emergency/").content.decode()


def test_code_that_opened_one_group_opens_no_second(model, clinician, as_staff):
    factories.make_drawn_cohort(model, 4)
    client, code = as_staff(clinician), codes_of(clinician)[1]
    said(client, "/t/cct/participants/P-001/emergency/", {"reason": "Admitted", "code": code})

    for number in (2, 3, 4):
        said(client, f"/t/cct/participants/P-00{number}/emergency/", {"reason": "Curious", "code": code})

    assert [each.participant.code for each in Unmasking.objects.all()] == ["P-001"]


@pytest.mark.parametrize("form", [{"reason": "Admitted", "code": "000000"}, {"reason": "", "code": "right"}])
def test_emergency_without_code_or_reason_opens_nothing(model, clinician, as_staff, form):
    factories.make_drawn_cohort(model, 2)
    given = {**form, "code": codes_of(clinician)[1] if form["code"] == "right" else form["code"]}

    page = said(as_staff(clinician), "/t/cct/participants/P-001/emergency/", given)

    assert ("Please look at this once more" in page, Unmasking.objects.count()) == (True, 0)


def test_two_people_open_the_groups_from_their_pages(model, as_staff):
    factories.make_drawn_cohort(model, 2)
    statistician = factories.make_member(model, Role.STATISTICIAN)
    factories.lock(model)
    pi = factories.make_member(model, Role.PI)
    asked = said(as_staff(pi), "/t/cct/stage/", {"reason": "The plan is fixed"})
    waiting = Trial.objects.get().stage
    page = as_staff(statistician).get("/t/cct/stage/unmasking/").content.decode()
    said(as_staff(statistician), "/t/cct/stage/unmasking/")

    assert "You have asked for the unmasking." in asked
    assert ("The plan is fixed" in page, waiting, Trial.objects.get().stage) == (True, Stage.LOCKED, Stage.UNMASKED)
