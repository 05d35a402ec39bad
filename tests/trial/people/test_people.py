"""Staff, participants, links and sessions: refusals before the happy path."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from questionnaires import clock
from tests import factories
from trial.people import services as people
from trial.people.encryption import blind_index, decrypt, encrypt
from trial.people.models import ContactDetails, Membership, Participant, ParticipantSession, PersonalLink, Role


def test_last_principal_investigator_cannot_be_removed(trial, pi):
    with pytest.raises(people.PeopleError) as refusal:
        people.end_membership(membership=trial.memberships.get(user=pi), actor=pi, reason="leaves")

    assert str(refusal.value) == (
        "The pi is the only principal investigator who has ever signed in. Somebody else must do so first."
    )
    assert pi.roles_in(trial) == {Role.PI}


def test_same_address_twice_in_one_trial_is_refused(trial, participant):
    with pytest.raises(people.PeopleError) as refusal:
        factories.make_participant(trial, "FIRST@example.org ")

    assert str(refusal.value) == "P-001 has this e-mail address already."
    assert Participant.objects.count() == 1


def test_same_address_may_take_part_in_two_trials(participant, other_trial):
    assert factories.make_participant(other_trial, "first@example.org").code == "P-001"


def test_codes_are_given_in_order(trial):
    assert [factories.make_participant(trial, f"{n}@example.org").code for n in range(3)] == ["P-001", "P-002", "P-003"]


def test_adding_a_member_twice_is_once(trial):
    first = people.add_member(trial=trial, email="a@example.org", name="A", role=Role.MONITOR, actor=None)
    second = people.add_member(trial=trial, email="A@example.org", name="B", role=Role.MONITOR, actor=None)

    assert first == second
    assert Membership.objects.count() == 1


def test_contact_details_rest_encrypted(participant):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name || email || phone || email_index FROM trial_contactdetails")
        stored = cursor.fetchone()[0]

    assert "first" not in stored
    assert "person" not in stored
    assert ContactDetails.objects.get().email == "first@example.org"


def test_address_is_found_by_its_keyed_hash_whatever_its_case(participant):
    assert ContactDetails.objects.with_email(" First@Example.org").get().participant == participant
    assert blind_index("a@b.c") == blind_index(" A@B.C ")


def test_old_key_still_opens_and_a_new_one_encrypts(settings, participant):
    old = settings.FIELD_KEYS
    token = encrypt("first@example.org")
    settings.FIELD_KEYS = ["bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldyE=", *old]

    assert decrypt(token) == "first@example.org"
    assert ContactDetails.objects.with_email("first@example.org").count() == 1


def test_second_factor_secret_rests_encrypted(pi):
    secret = pi.authenticator_set.get(type="totp").data["secret"]

    assert len(decrypt(secret)) == 32
    assert decrypt(secret) != secret


def test_link_opens_a_session_only_by_the_button(participant):
    client, token = Client(), people.issue_link(participant=participant)

    assert client.get(f"/l/{token}/").status_code == 200
    assert ParticipantSession.objects.count() == 0
    assert client.post(f"/l/{token}/").headers["Location"] == "/me/"
    assert client.get("/me/").status_code == 200


def test_neither_link_nor_session_can_be_read_from_the_database(participant):
    token = people.issue_link(participant=participant)
    cookie = people.open_session(link=people.usable_link(token))

    assert PersonalLink.objects.filter(token_sha256=token).count() == 0
    assert ParticipantSession.objects.filter(token_sha256=cookie).count() == 0


@pytest.mark.parametrize("broken", ["expired", "revoked", "cut short"])
def test_unusable_link_says_so_and_opens_nothing(participant, broken):
    token = people.issue_link(participant=participant)
    if broken == "expired":
        past = clock.now() - timedelta(days=400)
        PersonalLink.objects.update(created_at=past, expires_at=past + timedelta(days=365))
    if broken == "revoked":
        people.revoke_links(participant=participant, actor=None, reason="lost phone")
    address = f"/l/{token[:-1] if broken == 'cut short' else token}/"

    answers = [Client().get(address), Client().post(address)]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert ParticipantSession.objects.count() == 0


def test_revoking_closes_open_devices_at_once(participant):
    client = factories.open_pages(Client(), participant)
    assert client.get("/me/").status_code == 200

    people.revoke_links(participant=participant, actor=None, reason="lost phone")

    assert client.get("/me/").headers["Location"] == "/closed/"


def test_session_closes_after_30_idle_minutes_and_stays_open_in_use(participant):
    token = people.open_session(link=people.usable_link(people.issue_link(participant=participant)))
    start = clock.now()

    def open_after(minutes: int) -> bool:
        with clock.fixed(start + timedelta(minutes=minutes)):
            return people.current_session(token) is not None

    assert [open_after(minutes) for minutes in (29, 58, 87, 118)] == [True, True, True, False]


def test_leaving_the_device_ends_the_session_on_the_server(participant):
    client = factories.open_pages(Client(), participant)
    cookie = client.cookies["participant"].value

    client.post("/me/leave/")
    client.cookies["participant"] = cookie

    assert client.get("/me/").headers["Location"] == "/closed/"


def test_participant_pages_are_never_stored_by_a_browser(participant):
    assert factories.open_pages(Client(), participant).get("/me/").headers["Cache-Control"] == "no-store"


def test_participants_session_is_no_staff_session(participant, trial):
    client = factories.open_pages(Client(), participant)

    assert client.get(f"/t/{trial.slug}/").headers["Location"].startswith("/account/login/")


def test_only_one_open_membership_a_role_by_raw_sql(trial, pi):
    held = trial.memberships.get(user=pi)
    with pytest.raises(Exception, match="membership_held_once"):
        Membership.objects.create(trial=trial, user=pi, role=held.role, created_at=held.created_at)


def test_nobody_gives_a_role_to_themselves(trial, pi):
    with pytest.raises(people.PeopleError, match="You cannot give a role to yourself"):
        people.add_member(trial=trial, email=pi.email, name="", role=Role.INSTRUCTOR, actor=pi)

    assert pi.roles_in(trial) == {Role.PI}
