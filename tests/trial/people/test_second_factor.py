"""A session opens pages only when it has itself proved a second factor."""

from io import StringIO

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.test import Client

from analysis.demo_trial import code_now
from tests import factories
from trial.people.models import ContactDetails, Role


def by_password(user) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": factories.PASSWORD})
    return client


def test_session_by_password_alone_stays_outside_when_the_owner_sets_up_a_factor(trial):
    user = factories.make_member(trial, Role.RECRUITER, second_factor=False)
    thief = by_password(user)
    assert thief.get(f"/t/{trial.slug}/").headers["Location"] == "/account/2fa/totp/activate/"

    TOTP.activate(user, generate_totp_secret())

    answer = thief.get(f"/t/{trial.slug}/participants/")
    assert answer.headers["Location"].startswith("/account/login/")
    assert thief.session.get("_auth_user_id") is None


def test_session_that_set_the_factor_up_goes_on(committed_db, mailbox):
    trial = factories.make_trial("alpha")
    user = factories.make_member(trial, Role.RECRUITER, second_factor=False)
    client = by_password(user)
    client.get("/account/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]

    done = client.post("/account/2fa/totp/activate/", {"code": code_now(secret)})

    assert done.headers["Location"] == "/account/2fa/recovery-codes/"
    assert client.get(f"/t/{trial.slug}/").status_code == 200
    assert trial.audit_entries.filter(action="account.totp_activated", actor=user).count() == 1


def test_password_alone_does_not_remove_the_factor(trial, as_staff):
    user = factories.make_member(trial, Role.RECRUITER)
    client = as_staff(user)
    session = client.session
    for proof in session["account_authentication_methods"]:
        proof["at"] -= 3600
    session.save()

    answer = client.get("/account/2fa/totp/deactivate/")

    assert answer.headers["Location"].startswith("/account/2fa/reauthenticate/")


def test_pages_of_staff_are_not_kept_by_the_browser(trial, recruiter, as_staff):
    assert "no-store" in as_staff(recruiter).get(f"/t/{trial.slug}/participants/").headers["Cache-Control"]


def test_reset_link_leads_to_the_site_whatever_host_was_asked(trial, mailbox, settings):
    settings.ALLOWED_HOSTS = ["*"]
    user = factories.make_member(trial, Role.PI)

    Client(HTTP_HOST="evil.example.org").post("/account/password/reset/", {"email": user.email})

    mails = "".join(file.read_text() for file in mailbox.glob("*"))
    assert "http://localhost:8000/account/password/reset/key/" in mails
    assert "evil.example.org" not in mails


@pytest.mark.parametrize("password", ["123456789012", "short", "password12345"])
def test_weak_password_is_refused(trial, as_staff, password):
    user = factories.make_member(trial, Role.PI)
    client = as_staff(user)

    fields = {"oldpassword": factories.PASSWORD, "password1": password, "password2": password}
    client.post("/account/password/change/", fields)

    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


def test_command_removes_a_lost_factor_with_a_reason(trial):
    user = factories.make_member(trial, Role.PI)

    call_command("reset_second_factor", user.email, reason="lost phone", stdout=StringIO())

    assert user.authenticator_set.count() == 0
    assert trial.audit_entries.get(action="second_factor.removed").reason == "lost phone"


def test_command_names_an_unknown_address(db):
    with pytest.raises(CommandError) as refusal:
        call_command("reset_second_factor", "nobody@example.org", reason="x")

    assert str(refusal.value) == "Nobody signs in as nobody@example.org. Check the address."


def test_command_encrypts_everything_under_the_new_key(trial, settings):
    factories.make_participant(trial, "first@example.org")
    user = factories.make_member(trial, Role.PI)
    new, old = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldyE=", settings.FIELD_KEYS[0]

    settings.FIELD_KEYS = [new, old]
    call_command("rotate_field_keys", stdout=StringIO())
    settings.FIELD_KEYS = [new]

    assert ContactDetails.objects.with_email("first@example.org").get().name == "A person"
    assert len(TOTP(user.authenticator_set.get(type="totp")).instance.wrap().instance.data["secret"]) > 32
