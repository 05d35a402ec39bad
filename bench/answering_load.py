"""Answering under load. Usage: python -m bench.answering"""

import statistics
import time
import uuid

import os
from bench.stage import PROXY
from tests import factories
from tests.web import Visitor


def main() -> int:
    if True:
        address = f"http://127.0.0.1:{os.environ['PORT']}"

        trial = factories.make_model_trial()
        person = factories.make_participant(trial, "a@example.org")
        slugs = [each.slug for each in factories.askable_instruments()]
        sitting = factories.make_sitting(factories.respondent_of(person), instruments=slugs)
        visitor = factories.visitor(address, person)
        visitor.headers.update(PROXY)
        bare = Visitor(address)
        bare.headers.update(PROXY)
        at = f"/q/{sitting.key}/sheets/ders_28/"
        took = {"bare": [], "bare2": [], "save": [], "open": [], "page": []}

        def timed(name, act):
            t = time.perf_counter()
            r = act()
            took[name].append(time.perf_counter() - t)
            assert r.is_good, (r.status, r.text[:500])

        for n in range(300):
            timed("bare", lambda: bare.get("/bare/"))
            timed("bare2", lambda: visitor.get("/bare/"))
            timed(
                "save",
                lambda: visitor.post(
                    at + "answer/", {"item": n % 28 + 1, "code": n % 5 + 1, "key": uuid.uuid4(), "waited": 0}
                ),
            )
            timed("open", lambda: visitor.get(at))
            timed("page", lambda: visitor.post(at, {f"i-{i}": (n + i) % 5 + 1 for i in range(1, 29)}))
        for name, each in took.items():
            print(name, round(1000 * statistics.median(each), 2), round(1000 * statistics.quantiles(each, n=20)[-1], 2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
