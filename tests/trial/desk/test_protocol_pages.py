"""A principal investigator uploads, is told every mistake at once, amends; the command does the same."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from tests import factories
from trial.audit.models import AuditEntry
from trial.people.models import Role, User
from trial.protocol import services as protocols
from trial.protocol.models import ProtocolVersion, Stage, Trial

REASON = "More people are needed."


@pytest.fixture
def draft_trial(db):
    return factories.make_trial("alpha", recruiting=False)


def post_draft(client, trial, source: bytes, **fields):
    upload = SimpleUploadedFile("protocol.toml", source)
    return client.post(f"/t/{trial.slug}/protocol/draft/", {"upload": upload, **fields})


def changed(source: bytes, old: str, new: str) -> bytes:
    assert source.decode().count(old) == 1
    return source.replace(old.encode(), new.encode())


def bigger(trial) -> bytes:
    return changed(factories.source_for(trial.slug), "target_sample_size = 120", "target_sample_size = 130")


def test_draft_with_mistakes_lists_them_all_and_changes_nothing(draft_trial, as_staff):
    client = as_staff(factories.make_member(draft_trial, Role.PI))
    source = changed(factories.source_for("alpha"), "target_sample_size = 120", "target_sample_size = 0")
    source = changed(source, 'time_zone = "', 'time_zone = "Mars/')

    page = post_draft(client, draft_trial, source).content.decode()

    assert page.count("<li>") - page.count("<li><a") >= 2
    assert "target_sample_size" in page
    assert "a time zone of the IANA list, such as Europe/Madrid" in page
    assert [version.number for version in draft_trial.protocol_versions.all()] == [1]
    assert draft_trial.draft().source == factories.source_for("alpha").decode()


def test_draft_replaces_the_draft(draft_trial, as_staff):
    client = as_staff(factories.make_member(draft_trial, Role.PI))

    answer = post_draft(client, draft_trial, bigger(draft_trial))

    assert answer.headers["Location"] == "/t/alpha/protocol/"
    assert draft_trial.protocol_versions.get().protocol.target_sample_size == 130
    assert AuditEntry.objects.first().action == "protocol.draft_saved"


def test_text_typed_into_the_page_is_stored_as_typed(draft_trial, as_staff):
    client = as_staff(factories.make_member(draft_trial, Role.PI))
    typed = bigger(draft_trial).decode().replace("\n", "\r\n")

    client.post("/t/alpha/protocol/draft/", {"source": typed})

    assert draft_trial.draft().source == bigger(draft_trial).decode()


def test_amendment_needs_a_reason(trial, pi, as_staff):
    page = post_draft(as_staff(pi), trial, bigger(trial)).content.decode()

    assert 'id="id_reason_error"' in page
    assert trial.draft() is None


def test_amendment_is_a_draft_beside_what_is_in_force_and_shows_the_difference(trial, pi, as_staff):
    post_draft(as_staff(pi), trial, bigger(trial), reason=REASON)

    page = as_staff(pi).get(f"/t/{trial.slug}/protocol/").content.decode()
    assert trial.version_in_force().protocol.target_sample_size == 120
    assert (trial.draft().number, trial.draft().reason) == (2, REASON)
    assert "Put version 2 in force" in page
    assert "target_sample_size" in page


def test_nothing_to_amend_is_said(trial, pi, as_staff):
    page = post_draft(as_staff(pi), trial, factories.source_for(trial.slug), reason=REASON).content.decode()

    assert "This is word for word the protocol that is in force. There is nothing to amend." in page


def test_protocol_of_another_trial_is_refused(trial, pi, as_staff):
    page = post_draft(as_staff(pi), trial, factories.source_for("omega"), reason=REASON).content.decode()

    assert "The file says slug = “omega”, but this is the trial “alpha”. Change the slug in the file." in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b"x" * 1_200_000, "The file has 1.1 MB. A protocol has at most 1 MB of text; is it the right file?"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[[[", "TOML"),
    ],
    ids=["empty", "too large", "not text", "not TOML"],
)
def test_file_that_is_no_protocol_is_told_in_words(draft_trial, as_staff, content, sentence):
    client = as_staff(factories.make_member(draft_trial, Role.PI))

    answer = client.post("/t/alpha/protocol/draft/", {"upload": SimpleUploadedFile("x.toml", content)})

    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_downloaded_file_is_the_loaded_one_byte_for_byte(trial, pi, as_staff):
    answer = as_staff(pi).get(f"/t/{trial.slug}/protocol/1/file/")

    assert answer.content == factories.source_for("alpha")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="alpha-1.toml"'


def test_stage_moves_one_step_forward_only(trial):
    with pytest.raises(protocols.ProtocolRefused) as refusal:
        protocols.move_to(trial=trial, stage=Stage.DRAFT, actor=None)
    with pytest.raises(protocols.ProtocolRefused):
        protocols.move_to(trial=trial, stage=Stage.UNMASKED, actor=None)

    assert str(refusal.value) == "The trial is in stage “Recruiting”; from there it cannot move to “Draft”."


def test_trial_without_a_protocol_in_force_does_not_recruit(draft_trial):
    with pytest.raises(protocols.ProtocolRefused) as refusal:
        protocols.move_to(trial=draft_trial, stage=Stage.RECRUITING, actor=None)

    assert str(refusal.value) == "No protocol is in force yet. Put the draft in force first."


def test_command_loads_a_new_trial_with_its_principal_investigator(db, tmp_path):
    file = tmp_path / "alpha.toml"
    file.write_bytes(factories.source_for("alpha"))

    call_command("load_protocol", str(file), pi="lead@example.org", pi_name="The lead", verbosity=0)

    trial = Trial.objects.get()
    assert (trial.slug, trial.stage, trial.draft().number) == ("alpha", Stage.DRAFT, 1)
    assert User.objects.get(email="lead@example.org").roles_in(trial) == {Role.PI}
    assert trial.mails.get().kind == "staff_invitation"


def test_command_dry_run_stores_nothing(db, tmp_path, capsys):
    file = tmp_path / "alpha.toml"
    file.write_bytes(factories.source_for("alpha"))

    call_command("load_protocol", str(file), dry_run=True)

    assert capsys.readouterr().out == f"{file}: no mistake found. Nothing was stored.\n"
    assert ProtocolVersion.objects.count() == 0


def test_command_lists_mistakes_and_stores_nothing(db, tmp_path):
    file = tmp_path / "alpha.toml"
    file.write_bytes(changed(factories.source_for("alpha"), "target_sample_size = 120", "target_sample_size = 0"))

    with pytest.raises(CommandError) as refusal:
        call_command("load_protocol", str(file))

    assert str(refusal.value).startswith(f"{file} was not stored:\n  ")
    assert "target_sample_size" in str(refusal.value)
    assert Trial.objects.count() == 0


def test_command_names_a_file_that_is_not_there(db):
    with pytest.raises(CommandError) as refusal:
        call_command("load_protocol", "/nowhere/x.toml")

    assert str(refusal.value) == (
        "/nowhere/x.toml cannot be read (No such file or directory). Give the path of a TOML file."
    )
