"""The promise for large trials; `python -m bench.mixed` measures it at every size."""

import time
import tracemalloc

from bench.mixed import growth_of


def test_100000_participants_take_under_3_seconds_and_1_gigabyte():
    tracemalloc.start()
    started = time.perf_counter()

    growth_of(100_000)

    seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 3
    assert peak < 1e9
