"""What docs/ and README.md say about files, commands, keys, roles and mistakes is so."""

import dataclasses
import re
import tomllib
from argparse import ArgumentParser
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.utils import translation

from questionnaires.catalogue import all_instruments, score_ranges
from trial.desk.navigation import ABOUT, DAILY
from trial.people import permissions as may
from trial.people.models import Role
from trial.protocol import schema, schema_analysis, schema_conduct, schema_enrolment
from trial.protocol.mistakes import ProtocolInvalid
from trial.protocol.reading import read
from trial.protocol.schema import Protocol

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
KEY_PAGES = [DOCS / "protocol-study.md", DOCS / "protocol-waves.md"]
SCHEMAS = [schema, schema_enrolment, schema_conduct, schema_analysis]

LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py ([a-z]\w*)")
SNIPPET = re.compile(r"```toml\n(.*?)```", re.DOTALL)
SENTENCES = re.compile(r"```text\n(.*?)```", re.DOTALL)

# Behind the first text, the second becomes the third: the slips whose sentences docs/protocol.md shows.
SLIPS = [
    ("version", "dated = 2020-12-01", "dated = 2020-02-30"),
    ("title.es", "title.es", "# title.es"),
    ("[registration]", "number", "nomber"),
    ('id = "post"\nname', "09:00:00", '"09:00"'),
    ('id = "follow_up"\nname', "opens_days = 61", "opens_days = 9"),
    ("[[safety.rules]]", '"depression"\nat_least', '"sadness"\nat_least'),
    ("[analysis]", 'reference_arm = "waitlist"', 'reference_arm = "control"'),
]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The names by which a link may point to the page's headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    broken = []
    for link in LINK.findall(text_of(page)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def rows(page: Path, header: str) -> list[list[str]]:
    """The cells of the table whose header row begins with `| header |`."""
    lines = text_of(page).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {header} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def model_trial() -> str:
    return text_of(ROOT / "trial" / "protocols" / "cct.toml")


def mistakes_in(source: str) -> list[str]:
    with pytest.raises(ProtocolInvalid) as caught:
        read(source.encode(), instruments=score_ranges())
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_point_to_files_and_headings_that_exist(page):
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page):
    assert [name for name in COMMAND.findall(text_of(page)) if name not in get_commands()] == []


def test_options_of_load_protocol_are_told():
    parser = ArgumentParser(add_help=False)
    load_command_class("trial", "load_protocol").add_arguments(parser)
    told = {cells[0].strip("`").split()[0] for cells in rows(DOCS / "protocol.md", "Option")}

    assert told == set(re.findall(r"--[a-z-]+", parser.format_help()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_toml_snippets_parse(page):
    for snippet in SNIPPET.findall(text_of(page)):
        tomllib.loads(snippet)


def test_snippets_of_the_key_pages_are_together_a_whole_protocol():
    source = "\n".join(snippet for page in KEY_PAGES for snippet in SNIPPET.findall(text_of(page)))

    protocol = read(source.encode(), instruments=score_ranges())

    assert (protocol.slug, [wave.id for wave in protocol.waves]) == ("walking", ["before", "late"])


def test_every_key_of_a_protocol_is_explained():
    pages = "\n".join(text_of(page) for page in KEY_PAGES)
    code = " ".join([*re.findall(r"`([^`\n]+)`", pages), *SNIPPET.findall(pages)])
    told = set(re.findall(r"\w+", code))
    records = [part for module in SCHEMAS for part in vars(module).values() if dataclasses.is_dataclass(part)]
    keys = {field.name for record in records for field in dataclasses.fields(record)}

    assert keys - told == {"sha256"}  # reckoned from the file, not written in it


def test_table_of_instruments_is_the_catalogue():
    expected = []
    for each in all_instruments():
        scores = ", ".join(f"`{score.name}` {score.low:g} to {score.high:g}" for score in each.scores)
        expected.append([f"`{each.slug}`", each.title.en, f"{len(each.items)}", f"{each.minutes:g}", scores])

    assert rows(DOCS / "protocol.md", "Slug") == expected


def test_mistakes_are_shown_as_the_reader_tells_them():
    source = model_trial()
    for after, old, new in SLIPS:
        at = source.index(old, source.index(after))
        source = source[:at] + new + source[at + len(old) :]
    several, unreadable = SENTENCES.findall(text_of(DOCS / "protocol.md"))

    assert several.splitlines() == mistakes_in(source)
    assert unreadable.splitlines() == mistakes_in('slug = "a"\nversion 1\n')


def wave_row(protocol: Protocol, id: str, day_0: date) -> list[str]:
    wave = protocol.wave(id)
    days = (wave.opens_days, schema_conduct.last_day(wave), schema_conduct.last_day_of_grace(wave))
    counts = f"{wave.opens_days}, {wave.window_days}, {wave.grace_days}"
    return [f"`{id}`", f"`{wave.anchor}`", counts, *[f"{day_0 + timedelta(days=day)}" for day in days]]


def test_days_of_the_model_trial_are_reckoned_as_the_reader_does():
    protocol = read(model_trial().encode(), instruments=score_ranges())
    start = date(2026, 10, 5)
    end = start + timedelta(days=protocol.programmes[0].days)

    expected = [wave_row(protocol, id, day) for id, day in (("pre", start), ("post", end), ("follow_up", end))]

    assert end == date(2026, 11, 23)
    assert rows(DOCS / "protocol.md", "Wave") == expected


def test_table_of_roles_is_that_of_the_permissions():
    columns = [may.SEES_PARTICIPANTS, may.SEES_CONTACT_DETAILS, may.INVITES, may.SEES_TEAM, may.READS_TRAIL, may.LEADS]

    expected = [[str(role.label), *["yes" if role in column else "-" for column in columns]] for role in Role]

    assert rows(DOCS / "pi.md", "Role") == expected


def names_of(allowed: frozenset[Role]) -> str:
    others = [str(role.label) for role in Role if role not in allowed]
    if len(others) > 2:
        return ", ".join(str(role.label) for role in Role if role in allowed)
    return " but ".join(filter(None, ["everybody", ", ".join(others)]))


def test_table_of_pages_is_the_menu():
    with translation.override("en"):
        expected = [[str(each.label), names_of(each.allowed)] for each in (*DAILY, *ABOUT)]

    assert rows(DOCS / "pi.md", "Page of the menu") == expected
