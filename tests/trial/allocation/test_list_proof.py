"""What outsiders see of a sealed list: its root from the first day, and after the unmasking every place."""

import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import AllocationList
from trial.allocation.public import SCRIPT


@pytest.fixture
def rolling(db):
    return factories.make_list_trial()


def grouped(digest: str) -> str:
    return " ".join(digest[at : at + 8] for at in range(0, 64, 8))


def page(trial, at: str = "proof/") -> str:
    return Client().get(f"/study/{trial.slug}/{at}").content.decode()


def test_root_is_public_before_anybody_has_a_place_and_receipts_afterwards(rolling):
    [person] = factories.make_ready(rolling, 1)
    root = grouped(AllocationList.objects.get().root)
    before = page(rolling)
    allocation.allocate(trial=rolling, participant=person, actor=None)

    head = grouped(allocation.published(rolling)[0].head)
    assert (root in before, head in before) == (True, False)
    assert (root in page(rolling), head in page(rolling), root in page(rolling, "")) == (True, True, True)


def opened(trial, people: int) -> bytes:
    """The opening as everybody downloads it."""
    for person in factories.make_ready(trial, people):
        allocation.allocate(trial=trial, participant=person, actor=None)
    assert Client().get(f"/study/{trial.slug}/proof/list-1.json").status_code == 404
    factories.unmask(trial)
    return Client().get(f"/study/{trial.slug}/proof/list-1.json").content


def check(trial, content: bytes) -> str:
    upload = SimpleUploadedFile("opening.json", content)
    return Client().post(f"/study/{trial.slug}/proof/", {"opening": upload}).content.decode()


def test_opening_is_accepted_by_the_page_and_by_the_script_alone(rolling, tmp_path):
    content = opened(rolling, 3)
    (tmp_path / "verify.py").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "opening.json").write_bytes(content)
    published = allocation.published(rolling)[0].values

    done = subprocess.run([sys.executable, "verify.py", "opening.json", *published], cwd=tmp_path, check=False)

    assert "Everything fits: the file is the opening of list 1" in check(rolling, content)
    assert (done.returncode, len(published)) == (0, 2)


def test_opening_with_another_arm_is_refused_by_the_page(rolling):
    content = opened(rolling, 1)
    arm, other = (b'"cct"', b'"waitlist"') if b'"arm": "cct"' in content else (b'"waitlist"', b'"cct"')

    said = check(rolling, content.replace(b'"arm": ' + arm, b'"arm": ' + other, 1))

    assert ("The file does not fit" in said, "Everything fits" in said) == (True, False)
