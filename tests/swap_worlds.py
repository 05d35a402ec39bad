"""What is obtained in one world of the swap test: by visitors of every role, by readers of logs and of Redis."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.test import Client
from django.urls import reverse

from questionnaires.wordings.models import WordingPack
from tests import factories
from tests.crawling import crawl
from tests.test_permissions import ARGUMENTS, DESK, OPEN
from trial.people.models import Role, User
from trial.protocol.models import Trial

MASKED = (Role.PI, Role.RECRUITER, Role.STATISTICIAN, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN)
TOGETHER = "all masked roles"
HIDDEN_FROM_THEM = ("desk:programme", "desk:calendar")  # 404 to whoever does not run the programme
# No part of a trial: asked of each url by itself, and not by following links.
ELSEWHERE = ("/account/", "/static/", "/language/", "/mailbox/", "/demo/")
# What no moment changes, and the list of participants filtered: seen when each role looks by itself.
STANDING = (
    "/t/cct/participants/?",
    "/t/cct/instruments/",
    "/t/cct/wordings/",
    "/t/cct/protocol/",
    "/study/cct/information/",
)
# Where this trial, drawn by cohorts and closed, says something else than the one of the table of permissions.
OTHERWISE_HERE = {"desk:receipt_file": 200, "desk:seal_list": 302, "enrolment:take_part": 302}
Team = dict[Role | str, User]


@dataclass
class World:
    """What was obtained, by whom and from where, and its bytes; and which urls each visitor had, and what they said."""

    obtained: dict[str, bytes] = field(default_factory=dict)
    reached: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))

    def look(self, moment: str, who: str, user: User, start: list[str], leaving_out: tuple[str, ...]) -> None:
        """Everything that this visitor can obtain now."""
        found = crawl(factories.sign_in(Client(), user), ["/trials/", "/t/cct/", *start], leaving_out=leaving_out)
        self.obtained |= {f"{moment} {who} {path}": each.content for path, each in found.items()}
        self.reached[who] |= {(each.name, each.status) for each in found.values()}


@dataclass
class Worlds:
    """Of one run: what masked roles obtain, with logs and Redis; what the committee; what the programme's people."""

    masked: World = field(default_factory=World)
    committee: World = field(default_factory=World)
    programme: World = field(default_factory=World)

    def look(self, moment: str, trial: Trial, team: Team, *, one_by_one: bool) -> None:
        """Each masked role by itself; or, in a sixth of the time, somebody who holds them all."""
        everywhere = addresses(trial) if one_by_one else {}
        visitors = [(role.value, team[role]) for role in MASKED] if one_by_one else [(TOGETHER, team[TOGETHER])]
        leaving_out = ELSEWHERE if one_by_one else ELSEWHERE + STANDING
        for who, user in visitors:
            start = [address for name in sorted(everywhere.keys() & answers_to(who)) for address in everywhere[name]]
            self.masked.look(moment, who, user, start, leaving_out)
        self.committee.look(moment, "committee", team[Role.COMMITTEE], [], leaving_out)
        if moment == "crossed over":
            self.programme.look(moment, "programme", team[Role.PROGRAMME], [], ELSEWHERE + STANDING)


def answers_to(who: str) -> dict[str, int]:
    """What each url says to a role that may open it, by the table of permissions; and to everybody on its staff."""
    of_trial = {row.name: row.status for row in DESK if who in {role.value for role in row.allowed}}
    usual = of_trial | dict.fromkeys(HIDDEN_FROM_THEM, 404) | {name: expected[-1] for name, expected in OPEN.items()}
    return {name: OTHERWISE_HERE.get(name, status) for name, status in usual.items()}


def addresses(trial: Trial) -> dict[str, list[str]]:
    """Of each url, its addresses in this trial, whether or not a page leads there."""
    people = list(trial.participants.order_by("code").values_list("code", flat=True))
    reports = list(trial.reports.order_by("number").values_list("number", flat=True))
    objects: dict[str, list[list[object]]] = {
        "": [[]],
        "version": [[1]],
        "instrument": [["brs_6"]],
        "pack": [[each.number] for each in WordingPack.objects.all()],
        "participant": [[code] for code in people],
        "cohort": [[1]],
        "membership": [[each.pk] for each in trial.memberships.filter(role=Role.STATISTICIAN)],
        "case": [[each.pk] for each in trial.safety_cases.order_by("pk")],
        "report": [[number] for number in reports],
        "report part": [[number, "as_published", "results"] for number in reports],
        "report file": [[number, "data.zip"] for number in reports],
        "wave": [[1, "post"], [1, "follow_up"]],
        "wave of a participant": [[code, "follow_up"] for code in people[:2]],
        "mail": [[0]],
        "words": [["wave_open", "en"]],
    }
    found = {row.name: [reverse(row.name, args=[trial.slug, *each]) for each in objects[row.of]] for row in DESK}
    found |= {name: [reverse(name, args=[trial.slug])] for name in HIDDEN_FROM_THEM}
    for name in OPEN:
        arguments = [trial.slug if each == "alpha" else each for each in ARGUMENTS.get(name, [])]
        found[name] = [reverse(name, args=arguments)]
    return found
