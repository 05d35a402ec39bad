"""Signing in speaks Spanish too: mails about an account, and what the forms of Django and django-allauth answer."""

import re

import pytest
from django.urls import reverse

from tests import factories
from trial.people.models import Role, User

SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es"}
NEW_PASSWORD = "a-new-horse-battery"
NOTICE = """{what}

Fue el DAY UTC, con este navegador: Unspecified.

Si has sido tú, no tienes que hacer nada. Si no, elige ahora una contraseña nueva y escribe a la investigación \
principal de tu ensayo:

http://localhost:8000/account/password/reset/

Equipoise
http://localhost:8000"""


@pytest.fixture
def spanish_pi(pi) -> User:
    User.objects.filter(pk=pi.pk).update(language="es")
    return User.objects.get(pk=pi.pk)


def words(answer) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def without_day(body: str) -> str:
    return re.sub(r"\d+ de [a-z]+ de \d{4}, \d\d:\d\d", "DAY", body)


def change_password(client, user: User):
    typed = {"oldpassword": factories.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return factories.sign_in(client, user).post(reverse("account_change_password"), typed)


def test_unknown_address_gets_no_mail(db, client, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})

    assert mailoutbox == []


def test_password_reset_mail_is_in_the_language_of_the_account(client, spanish_pi, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": spanish_pi.email}, HTTP_ACCEPT_LANGUAGE="en")

    mail = mailoutbox[0]
    assert mail.subject == "Una contraseña nueva para Equipoise"
    assert re.sub(r"http://localhost:8000/account/password/reset/key/\S+", "LINK", mail.body) == (
        "Has pedido una contraseña nueva. Elígela aquí. El enlace funciona una vez, durante tres días:\n\n"
        "LINK\n\n"
        "Si no la has pedido, no tienes que hacer nada: tu contraseña sigue igual.\n\n"
        "Equipoise\nhttp://localhost:8000"
    )


def test_owner_is_told_of_a_new_password(client, spanish_pi, mailoutbox):
    change_password(client, spanish_pi)

    assert [mail.subject for mail in mailoutbox] == ["Ha cambiado tu contraseña de Equipoise"]
    assert without_day(mailoutbox[0].body) == NOTICE.format(what="Ha cambiado la contraseña de tu cuenta.")


def test_owner_is_told_of_a_removed_second_factor(client, spanish_pi, mailoutbox):
    factories.sign_in(client, spanish_pi).post(reverse("mfa_deactivate_totp"))

    what = "Se ha quitado el segundo factor de tu cuenta. Configurarás uno nuevo la próxima vez que entres."
    assert [mail.subject for mail in mailoutbox] == ["Se ha quitado tu segundo factor de Equipoise"]
    assert without_day(mailoutbox[0].body) == NOTICE.format(what=what)


def test_owner_is_told_of_new_recovery_codes(committed_db, client, mailoutbox):
    """The notice waits for the commit, so this test has one."""
    user = factories.make_member(factories.make_trial("alpha"), Role.PI)
    User.objects.filter(pk=user.pk).update(language="es")

    factories.sign_in(client, user).post(reverse("mfa_generate_recovery_codes"))

    what = "Se han creado códigos de recuperación nuevos para tu cuenta. Los anteriores ya no funcionan."
    assert [mail.subject for mail in mailoutbox] == ["Tienes códigos de recuperación nuevos de Equipoise"]
    assert without_day(mailoutbox[0].body) == NOTICE.format(what=what)


def test_mail_server_that_is_away_does_not_hide_a_change_that_is_done(client, spanish_pi, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert change_password(client, spanish_pi).status_code == 302
    assert User.objects.get(pk=spanish_pi.pk).check_password(NEW_PASSWORD)


@pytest.mark.parametrize(
    ("page", "typed", "said"),
    [
        ("account_login", {"login": "pi@alpha.example.org", "password": "wrong"}, "La dirección o la contraseña no"),
        ("account_login", {"login": "", "password": "x"}, "Correo electrónico: Falta por rellenar."),
        ("account_reset_password", {"email": "pi"}, "Esto no parece una dirección de correo completa."),
        ("enrolment:my_link", {"email": "pi"}, "Esto no parece una dirección de correo completa."),
    ],
)
def test_refusal_is_in_spanish(client, pi, page, typed, said):
    answer = words(client.post(reverse(page), typed, **SPANISH))

    assert answer.count(said) >= 1


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short-one", "Esta contraseña es corta: tiene que tener al menos 12 caracteres."),
        ("1qaz2wsx3edc", "Esta contraseña es demasiado común."),
        ("statistician@alpha", "La contraseña se parece demasiado a este dato: dirección de correo electrónico."),
    ],
)
def test_weak_password_is_refused_in_spanish(client, member, password, said):
    user = member(Role.STATISTICIAN)
    User.objects.filter(pk=user.pk).update(language="es")
    typed = {"oldpassword": factories.PASSWORD, "password1": password, "password2": password}

    answer = factories.sign_in(client, user).post(reverse("account_change_password"), typed)

    assert answer.context["form"].errors == {"password1": [said]}


def test_second_factor_speaks_spanish(client, spanish_pi):
    client.post(reverse("account_login"), {"login": spanish_pi.email, "password": factories.PASSWORD}, **SPANISH)

    answer = words(client.post(reverse("mfa_authenticate"), {"code": "000000"}, **SPANISH))

    assert answer.count("Código: Código incorrecto.") == 1


def test_too_many_tries_are_answered_on_a_page_of_ours(db, client):
    for _ in range(5):
        client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})

    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"}, **SPANISH)

    assert (answer.status_code, words(answer).count("Demasiados intentos en poco tiempo")) == (429, 1)
