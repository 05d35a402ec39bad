"""Everybody can check the draws: published before, opened after, recomputed by the page and by the script alone."""

import json
import shutil
import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw
from trial.allocation.public import SCRIPT
from trial.messages import services as messages
from trial.messages.models import Kind
from trial.people.models import Role

ADDRESS = "/study/cct/proof/"


@pytest.fixture
def model(db):
    return factories.make_model_trial()


@pytest.fixture
def opened(model):
    """The model trial with four people drawn, told and unmasked."""
    factories.make_drawn_cohort(model, 4)
    return factories.unmask(model)


def text_of(path: str) -> str:
    return Client().get(path).content.decode()


def grouped(value: str) -> str:
    return " ".join(value[at : at + 8] for at in range(0, 64, 8))


def opening() -> bytes:
    return Client().get(f"{ADDRESS}cohort-1.json").content


def checked(content: bytes) -> str:
    return Client().post(ADDRESS, {"opening": SimpleUploadedFile("opening.json", content)}).content.decode()


def test_commitment_and_receipts_are_public_as_soon_as_they_exist(model):
    before = [text_of(path).count("Commitment") for path in ("/study/cct/", ADDRESS)]
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    draw = allocation.close_cohort(cohort=cohort, actor=None)
    closed = [text_of(path).count(grouped(draw.commitment)) for path in ("/study/cct/", ADDRESS)]
    allocation.draw_cohort(cohort=cohort, actor=None)
    (found,) = allocation.published(model)

    assert (before, closed) == ([0, 0], [1, 1])
    assert [text_of(path).count(grouped(found.head)) for path in ("/study/cct/", ADDRESS)] == [1, 1]


def test_public_pages_say_no_group_before_the_unmasking(model):
    factories.make_drawn_cohort(model, 4)
    factories.lock(model)

    assert Client().get(f"{ADDRESS}cohort-1.json").status_code == 404
    assert [code for code in ("P-001", "P-002") if code in text_of(ADDRESS) + text_of("/study/cct/")] == []


def test_honest_file_is_accepted_by_the_page(opened):
    assert "Everything fits: the file is the opening of cohort 1" in checked(opening())
    allocations = {each["code"]: each["arm"] for each in json.loads(opening())["allocations"]}
    assert allocations == dict(Allocation.objects.values_list("participant__code", "arm"))


def test_honest_file_is_accepted_by_the_script_alone_in_an_empty_folder(opened, tmp_path):
    script = Client().get(f"{ADDRESS}verify_allocation.py")
    (tmp_path / "verify_allocation.py").write_bytes(script.content)
    (tmp_path / "opening.json").write_bytes(opening())
    (found,) = allocation.published(opened)
    command = [sys.executable, "-I", "-S", "verify_allocation.py", "opening.json", *found.values]

    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True)

    assert script.content == SCRIPT.read_bytes()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Everything fits in this cohort (live) of the trial cct.\n")
    assert shutil.which("verify_allocation.py") is None


def test_list_is_opened_and_checked_on_the_same_page(db):
    trial = factories.make_list_trial()
    [person] = factories.make_ready(trial, 1)
    allocation.allocate(trial=trial, participant=person, actor=None)
    (found,) = allocation.published(trial)
    shown = text_of(ADDRESS).count(grouped(found.value)), text_of(ADDRESS).count(grouped(found.head))
    factories.unmask(trial)

    assert shown == (1, 1)
    content = Client().get(f"{ADDRESS}list-1.json").content
    assert "Everything fits: the file is the opening of list 1" in checked(content)


def swapped(content: bytes) -> bytes:
    """The same file with two people's groups exchanged, written in the one form."""
    document = json.loads(content)
    first = next(each for each in document["allocations"] if each["arm"] == "cct")
    second = next(each for each in document["allocations"] if each["arm"] == "waitlist")
    first["arm"], second["arm"] = second["arm"], first["arm"]
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (swapped, "which does not fit the rest"),
        (lambda content: content.replace(b'"told"', b'"drawn"'), "where only told can be."),
        (lambda content: b"{}", "This is not an opening"),
        (lambda content: b"\xff\xfe", "This is not a JSON file"),
        (lambda content: content + b" ", "not written in the one form"),
    ],
    ids=["groups swapped", "event", "another file", "no text", "a blank more"],
)
def test_altered_file_is_refused_with_a_sentence(opened, tamper, sentence):
    page = checked(tamper(opening()))

    assert sentence in page
    assert "Everything fits" not in page


def test_opening_of_another_trial_was_never_published_here(opened):
    other = factories.make_model_trial("omega")
    factories.make_drawn_cohort(other, 2)
    factories.unmask(other)
    content = Client().get("/study/omega/proof/cohort-1.json").content

    assert "The file opens a draw of the trial omega that was never published here." in checked(content)


def test_opening_that_ends_before_the_published_head_is_refused(opened):
    document = json.loads(opening())
    last = document["receipts"].pop()
    document["head"] = last["previous"]
    content = (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()

    assert "was published, but occurs nowhere in the opening." in checked(content)


def test_witnesses_get_the_published_values_by_mail(model, mailbox):
    factories.make_member(model, Role.MONITOR)
    factories.make_member(model, Role.INSTRUCTOR)
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    messages.send_due_mail()
    before = set(mailbox.iterdir()) if mailbox.exists() else set()
    draw = allocation.close_cohort(cohort=cohort, actor=None)
    messages.send_due_mail()

    (mail,) = set(mailbox.iterdir()) - before
    text = mail.read_text()
    assert "To: monitor@cct.example.org" in text
    assert draw.commitment in text
    assert model.mails.get(kind=Kind.RECEIPT).sent_at <= clock.now()
    assert Draw.objects.get() == draw
