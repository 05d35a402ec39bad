"""Check instruments and wording packs: every problem at once, and the exit code for a script."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questionnaires import catalogue
from questionnaires.wordings.models import WordingPack
from questionnaires.wordings.pack import PackInvalid
from questionnaires.wordings.services import check_pack
from questionnaires.wordings.texts import missing_from


class Command(BaseCommand):
    help = (
        "Check the instruments that are shipped or, if files are named, those: .toml is an instrument, .csv and .xlsx "
        "are wording packs. Every problem is listed; with one or more the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="instrument files or wording packs")
        parser.add_argument("--stored", action="store_true", help="also whether the stored wording packs still fit")

    def handle(self, *args: Any, **options: Any) -> None:
        files: list[Path] = options["files"]
        problems = [problem for file in files for problem in _problems_of(file)]
        if not files:
            problems += list(self._problems_of_shipped())
        if options["stored"]:
            problems += list(_problems_of_stored())
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise CommandError(f"Problems: {len(problems)}.\n{listed}")
        what, count = ("Files", len(files)) if files else ("Instruments", len(catalogue.slugs()))
        self.stdout.write(self.style.SUCCESS(f"{what}: {count} checked, no problem found."))

    def _problems_of_shipped(self) -> Iterator[str]:
        for slug in catalogue.slugs():
            try:
                instrument = catalogue.load(slug)
            except catalogue.InstrumentError as error:
                yield from error.mistakes
                continue
            if instrument.provisional:
                self.stdout.write(f"{slug} is provisional: {instrument.provisional}")


def _problems_of(file: Path) -> Iterator[str]:
    try:
        data = file.read_bytes()
        if file.suffix == ".toml":
            catalogue.read(data, name=file.stem)
        elif file.suffix in (".csv", ".xlsx"):
            check_pack(data)
        else:
            yield f"{file} is neither an instrument (.toml) nor a wording pack (.csv, .xlsx)."
    except OSError as problem:
        yield f"{file} cannot be read ({problem.strerror})."
    except catalogue.InstrumentError as error:
        yield from error.mistakes
    except PackInvalid as invalid:
        yield from (f"{file.name}, {mistake}" for mistake in invalid.mistakes)


def _problems_of_stored() -> Iterator[str]:
    for pack in WordingPack.objects.all():
        for slug, language in pack.covers:
            if slug not in catalogue.slugs():
                yield f"{pack}: there is no instrument {slug!r} any more."
            elif missing := missing_from(catalogue.load(slug), pack.texts[slug][language]):
                yield f"{pack}: {slug} in {language} has no {', '.join(missing)}; load a new pack."
