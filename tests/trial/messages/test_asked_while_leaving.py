"""A mail is asked for at the moment at which the one that waits already is taken by a worker."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.trial.safety.test_cases import cross
from trial.messages.models import Kind, OutgoingMail
from trial.messages.services import send_due_mail
from trial.people.models import Role
from trial.safety import services as safety
from trial.safety.models import SafetyCase


def send_beside() -> int:
    try:
        return send_due_mail()
    finally:
        connection.close()


@pytest.mark.usefixtures("committed_db")
def test_case_opened_while_the_mail_that_waits_is_about_to_be_dropped_is_told_by_it():
    """The first case is taken, so the mail about it is not due any more; the second one counts on that mail."""
    model = factories.make_model_trial()
    factories.make_cohort(model)
    clinician = factories.make_member(model, Role.CLINICIAN)
    cross(model)
    safety.open_cases()
    safety.take_case(trial=model, case=SafetyCase.objects.get(), actor=clinician)
    cross(model, "second@example.org")

    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            safety.open_cases()
            worker = beside.submit(send_beside)
            wait([worker], timeout=2)
        worker.result(timeout=30)
    send_due_mail()

    mails = OutgoingMail.objects.filter(kind=Kind.SAFETY_CASE, user=clinician)
    assert [(mail.sent_at is not None, mail.dropped_at) for mail in mails] == [(True, None)]


@pytest.mark.usefixtures("committed_db")
def test_invitation_is_asked_for_again_from_its_page_outside_of_any_other_transaction():
    model = factories.make_model_trial()
    leader, new = (factories.make_member(model, role) for role in (Role.PI, Role.RECRUITER))
    member = model.memberships.get(user=new)

    reply = factories.sign_in(Client(), leader).post(reverse("desk:send_invitation", args=[model.slug, member.pk]))

    assert reply.status_code == 302
    assert [mail.user for mail in OutgoingMail.objects.filter(kind=Kind.STAFF_INVITATION)] == [new]
