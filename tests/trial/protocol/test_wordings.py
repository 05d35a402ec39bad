"""A trial takes up packs and signs for what none of them words; refusals first."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from questionnaires.models import WordingPack
from questionnaires.wordings import services as wordings
from tests import factories
from tests.factories import pack_file, pack_rows
from trial.audit.models import AuditEntry
from trial.protocol import services as protocols
from trial.protocol.models import Stage
from trial.protocol.wordings import services
from trial.waves import services as waves


@pytest.fixture
def trial(db):
    """A draft."""
    return factories.make_trial("alpha", recruiting=False)


def load(*pairs, text="Frase") -> WordingPack:
    rows = [row | {"text": row["text"].replace("Frase", text)} for row in pack_rows(*pairs)]
    return wordings.load_pack(data=pack_file(rows), file_name="pack.csv")


def unsettled(trial) -> list[tuple[str, str]]:
    return [(each.instrument.slug, each.language) for each in services.wordings_of(trial) if not each.is_settled]


def everything(trial) -> list[tuple[str, str]]:
    return [(each.instrument.slug, each.language) for each in services.wordings_of(trial)]


def test_pack_of_a_running_trial_needs_a_reason(trial, pi):
    pack = load(("brs_6", "es"))
    protocols.put_in_force(version=trial.draft(), actor=None)
    protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None)

    with pytest.raises(services.WordingRefused, match="Give the reason"):
        services.adopt_pack(trial=trial, pack=pack, actor=pi, reason=" ")
    assert services.packs_of(trial) == []
    services.adopt_pack(trial=trial, pack=pack, actor=pi, reason="The validated wording came.")
    assert services.packs_of(trial) == [1]


def test_locked_trial_takes_up_no_pack(trial, pi):
    pack = load(("brs_6", "es"))
    for stage in (Stage.RECRUITING, Stage.CLOSED, Stage.LOCKED):
        type(trial).objects.update(stage=stage)

    with pytest.raises(services.WordingRefused, match="locked"):
        services.adopt_pack(trial=trial, pack=pack, actor=pi, reason="x")
    assert services.packs_of(trial) == []


def test_signature_needs_a_reason_and_something_to_sign_for(trial, pi):
    with pytest.raises(services.WordingRefused, match="Write why"):
        services.sign_for_wordings(trial=trial, actor=pi, reason="  ")
    services.sign_for_wordings(trial=trial, actor=pi, reason="A pilot.")
    with pytest.raises(services.WordingRefused, match="settled already"):
        services.sign_for_wordings(trial=trial, actor=pi, reason="A pilot.")
    assert trial.wording_signatures.count() == 1


def test_trial_is_settled_once_its_principal_investigator_has_signed(trial, pi):
    before = (services.wordings_are_settled(trial), services.why_wordings_are_not_settled(trial))
    asked = unsettled(trial)
    services.sign_for_wordings(trial=trial, actor=pi, reason="A pilot without licences.")

    assert before[0] is False
    assert before[1] == ("Load a wording pack or sign for these, under Instruments: BRS (en, es), DASS-21 (en, es).")
    assert (services.wordings_are_settled(trial), services.why_wordings_are_not_settled(trial)) == (True, "")
    entry = AuditEntry.objects.get(action="wordings.signed_for")
    assert (entry.actor, entry.reason) == (pi, "A pilot without licences.")
    assert entry.data == {"wordings": [" ".join(pair) for pair in asked]}


def test_packs_settle_what_they_word_but_not_a_provisional_instrument(trial, pi):
    model = factories.make_model_trial()
    all_of_it = everything(model)
    first = unsettled(model)
    services.adopt_pack(trial=model, pack=load(*all_of_it), actor=pi, reason="licensed")

    assert [pair for pair in all_of_it if pair not in first] == [
        (slug, language) for slug in ("covid_concern", "satisfaction") for language in ("en", "es")
    ]
    assert unsettled(model) == [("ffmq_20_provisional", "en"), ("ffmq_20_provisional", "es")]


def test_signature_holds_for_what_was_signed_and_not_for_what_comes_later(trial, pi):
    services.sign_for_wordings(trial=trial, actor=pi, reason="A pilot.")
    source = trial.draft().source.replace('"dass_21"', '"dass_21", "csp_24"', 1)
    protocols.save_draft(trial=trial, source=source.encode(), actor=None)

    assert {slug for slug, _ in unsettled(trial)} == {"csp_24"}


def test_another_trial_goes_on_as_before(trial, pi):
    other = factories.make_trial("omega", recruiting=False)
    services.adopt_pack(trial=trial, pack=load(*everything(trial)), actor=pi)

    assert services.packs_of(other) == []
    assert {each.name for each in services.wordings_of(other)} == {"working-en", "working-es"}
    assert {each.name for each in services.wordings_of(trial)} == {"pack-1-en", "pack-1-es"}


def test_same_pack_again_changes_nothing_and_an_earlier_one_can_come_back(trial, pi):
    slug = everything(trial)[0][0]
    first, second = load((slug, "es")), load((slug, "es"), text="Otra")
    for pack in (first, first, second, first):
        services.adopt_pack(trial=trial, pack=pack, actor=pi)

    assert services.packs_of(trial) == [1, 2, 1]
    assert wordings.in_force(services.packs_of(trial)) == {slug: {"es": 1}}
    assert AuditEntry.objects.filter(action="wordings.pack_adopted").count() == 3


def test_wave_is_asked_in_the_wordings_of_its_trial(db, pi):
    model = factories.make_model_trial()
    services.adopt_pack(trial=model, pack=load(("dass_21", "es"), ("phi", "en")), actor=pi, reason="licensed")
    factories.make_cohort(model)
    sitting = waves.begin(participant=factories.enrol(model, "first@example.org"), wave="pre")

    assert {sheet.instrument: sheet.wordings for sheet in sitting.sheets.all() if sheet.wordings} == {
        "dass_21": {"es": 1},
        "phi": {"en": 1},
    }


@pytest.mark.parametrize("table", ["trial_adoptedpack", "trial_wordingsignature"])
def test_nobody_takes_back_what_was_taken_up_and_signed(trial, pi, table):
    services.adopt_pack(trial=trial, pack=load(("brs_6", "es")), actor=pi)
    services.sign_for_wordings(trial=trial, actor=pi, reason="A pilot.")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    assert (services.packs_of(trial), trial.wording_signatures.count()) == ([1], 1)


def test_wordings_cost_the_same_queries_for_one_pack_and_for_five(trial, pi, django_assert_num_queries):
    for number in range(5):
        services.adopt_pack(trial=trial, pack=load(("brs_6", "es"), text=f"Frase {number}"), actor=pi)
        with django_assert_num_queries(6):  # one of them the trial's own
            services.wordings_of(type(trial).objects.get(pk=trial.pk))


# --- The command --------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pack.csv"
    path.write_bytes(pack_file(pack_rows(("brs_6", "es"))))
    return path


def run(*arguments) -> str:
    said = StringIO()
    call_command("load_wordings", *map(str, arguments), stdout=said)
    return said.getvalue()


def test_command_stores_a_pack_for_the_site_alone(trial, file):
    said = run(file, "--site")

    assert said == f"Pack 1 is stored (SHA-256 {WordingPack.objects.get().sha256}).\n"
    assert services.packs_of(trial) == []


def test_command_stores_a_pack_and_has_a_trial_use_it(trial, file):
    said = run(file, "--trial", "alpha")

    assert "Pack 1 is stored and used in alpha from now on" in said
    assert services.packs_of(trial) == [1]
    assert {entry.action for entry in AuditEntry.objects.filter(action__startswith="wordings")} == {
        "wordings.pack_loaded",
        "wordings.pack_adopted",
    }


def test_command_shows_the_difference_and_stores_nothing(trial, file):
    said = run(file, "--trial", "alpha", "--dry-run")

    assert said.splitlines()[0] == "brs_6 in es, beside working-es: 12 change, 0 stay"
    assert "    + Frase 6." in said
    assert said.splitlines()[-1] == "No mistake found. Nothing was stored."
    assert not WordingPack.objects.exists()


def test_command_refuses_with_every_mistake_and_stores_nothing(trial, file, tmp_path):
    file.write_bytes(file.read_bytes().replace(b",es,Frase 2.", b",fr,Frase 2.").replace(b"Frase 5.", b""))
    with pytest.raises(CommandError) as refused:
        run(file, "--trial", "alpha")

    assert str(refused.value).splitlines()[1:] == [
        "  row 4: 'fr' is no language here; write en or es.",
        "  row 7: the text of brs_6, 5 in es is empty.",
        "  brs_6 in es: no row for 2. A wording is loaded whole.",
    ]
    with pytest.raises(CommandError, match=r"There is no trial 'beta'; there are alpha\."):
        run(file, "--trial", "beta")
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.csv", "--site")
    assert not WordingPack.objects.exists()


def test_command_needs_a_reason_for_a_running_trial_and_then_stores_nothing(db, file):
    factories.make_trial("alpha")
    with pytest.raises(CommandError, match="Give the reason"):
        run(file, "--trial", "alpha")
    assert not WordingPack.objects.exists()
    assert "used in alpha" in run(file, "--trial", "alpha", "--reason", "licensed")
