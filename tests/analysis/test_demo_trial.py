"""What the demo holds: a trial in the middle of recruitment, its finished twin, and one member of staff a role."""

import random
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from analysis import demo_trial
from analysis.models import Report
from questionnaires.models import Sitting
from tests import factories
from trial.allocation import verify_allocation
from trial.people.models import Participant, PersonalLink, Role, User
from trial.protocol.models import Trial


def counts() -> tuple[int, int, int]:
    return User.objects.count(), Trial.objects.count(), Participant.objects.count()


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        demo_trial.load()
    yield
    with django_db_blocker.unblock():
        factories.empty_database()


def test_demo_is_loaded_twice_and_made_once(demo, db):
    first = counts()

    demo_trial.load()

    assert counts() == first == (len(Role), 2, 34 + 44)


def test_demo_with_what_people_added_to_it_is_still_the_demo(demo, db):
    factories.make_trial("omega")

    demo_trial.load()

    assert list(Trial.objects.values_list("slug", "stage", "is_simulated")) == [
        ("cct", "recruiting", True),
        ("cct-finished", "unmasked", True),
        ("omega", "recruiting", False),
    ]


def test_first_wave_is_open_with_people_at_every_point_of_it(demo, db):
    keys = Participant.objects.filter(trial__slug="cct").values("respondent_key")
    sittings = Sitting.objects.filter(respondent__in=keys)

    assert sittings.filter(submitted_at__isnull=False).count() == 22
    assert sittings.filter(submitted_at__isnull=True).count() == 4


def test_report_of_the_twin_waits_for_a_worker(demo, db):
    assert list(Report.objects.values_list("trial__slug", "kind", "status")) == [("cct-finished", "real", "waiting")]


def test_every_role_can_sign_in(demo, db):
    assert [login.email for login in demo_trial.logins()] == [
        f"{role.value.replace('_', '-')}@example.org" for role in Role
    ]


def test_looking_at_the_demos_page_makes_no_link(demo, client, settings, db):
    settings.IN_DEMO = True

    answer = client.get(reverse("analysis:demo"))

    assert answer.content.decode().count(f'action="{reverse("analysis:demo_participant")}"') == 1
    assert PersonalLink.objects.count() == 0


def test_button_leads_to_a_link_that_opens_the_participants_pages(demo, client, settings, db):
    settings.IN_DEMO = True

    way = client.post(reverse("analysis:demo_participant")).headers["Location"]
    visitor = Client()
    opened = visitor.post(way)

    assert (way.split("/")[1], urlsplit(way).netloc) == ("l", "")
    assert opened.headers["Location"] == reverse("portal:home")
    assert "First questionnaires" in visitor.get(reverse("portal:home")).content.decode()


# What a visitor finds on the twin's public page of proof.
PUBLISHED = re.compile(r"(?:[0-9a-f]{8} ){7}[0-9a-f]{8}")
FILE = re.compile(r'href="(/study/cct-finished/proof/[^"]+\.(?:json|py))"')


@pytest.fixture
def page(demo, db) -> str:
    """The public proof of the finished trial, as a visitor comes to it from the study's own page."""
    [way] = {*re.findall(r'href="(/study/cct-finished/proof/)"', Client().get("/study/cct-finished/").content.decode())}
    return Client().get(way).content.decode()


@pytest.fixture
def downloads(page) -> dict[str, bytes]:
    """Everything that the page offers for download, by the name of the file."""
    return {Path(way).name: Client().get(way).content for way in FILE.findall(page)}


def run_alone(folder: Path, files: dict[str, bytes], *arguments: str) -> subprocess.CompletedProcess:
    """The script with the bare interpreter, in a folder that holds these files and nothing else."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-I", "-S", "verify_allocation.py", *arguments]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)


def with_byte_altered(content: bytes, at: int, chance: random.Random) -> bytes:
    other = chance.choice([byte for byte in range(256) if byte != content[at]])
    return content[:at] + bytes([other]) + content[at + 1 :]


def test_opening_of_the_twin_as_downloaded_is_accepted_by_the_script_alone(page, downloads, tmp_path):
    published = [each.replace(" ", "") for each in PUBLISHED.findall(page)]
    assert sorted(downloads) == ["cohort-1.json", "verify_allocation.py"]
    assert len(set(published)) == 4  # the commitment, and a receipt each of closing, drawing and telling

    done = run_alone(tmp_path / "alone", downloads, "cohort-1.json", *published)

    fits = "Everything fits in this cohort (test) of the trial cct-finished."
    assert (done.returncode, done.stderr, done.stdout.splitlines()[0]) == (0, "", fits)


def test_opening_of_the_twin_with_one_byte_altered_is_refused_by_the_script_alone_and_by_the_page(
    downloads, tmp_path, page
):
    honest = downloads["cohort-1.json"]
    at = honest.index(b'"arm": "') + len(b'"arm": "')
    altered = honest[:at] + bytes([honest[at] ^ 1]) + honest[at + 1 :]

    done = run_alone(tmp_path / "alone", downloads | {"cohort-1.json": altered}, "cohort-1.json")
    shown = [
        Client().post("/study/cct-finished/proof/", {"opening": SimpleUploadedFile("opening.json", content)})
        for content in (honest, altered)
    ]

    assert (done.returncode, done.stderr) == (1, "")
    assert "Everything fits" not in done.stdout
    assert ["Everything fits" in each.content.decode() for each in shown] == [True, False]


def test_opening_of_the_twin_is_refused_whichever_byte_is_altered(downloads):
    honest, chance = downloads["cohort-1.json"], random.Random(1)
    assert verify_allocation.check(honest) == []

    accepted = []
    for at in range(len(honest)):
        try:
            found = verify_allocation.check(with_byte_altered(honest, at, chance))
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
            continue  # these are what the script cannot read, and says so
        if not found:
            accepted.append(at)

    assert accepted == []
