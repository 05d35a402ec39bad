"""The list of safety cases."""

import re

from questionnaires import clock
from tests import factories
from trial.people.models import Role
from trial.safety import services as safety
from trial.safety.models import Outcome


def test_cases_closed_at_one_moment_have_one_order_so_that_no_page_of_them_repeats_or_misses_one(trial, as_staff):
    leader = factories.make_member(trial, Role.PI)
    cases = [factories.make_case(factories.make_participant(trial, f"{each}@example.org")) for each in range(3)]
    with clock.fixed(clock.now()):
        for case in cases:
            safety.take_case(trial=trial, case=case, actor=leader)
            safety.close_case(trial=trial, case=case, outcome=Outcome.SPOKEN, note="Spoken with.", actor=leader)

    page = as_staff(leader).get(f"/t/{trial.slug}/safety/").content.decode()

    assert re.findall(r"/safety/(\d+)/", page) == [str(case.pk) for case in reversed(cases)]
