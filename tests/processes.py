"""What still runs: for tests that start real processes."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_in(state: Path) -> list[int]:
    """Processes of a state folder: its servers and what they have forked work in it, the site's know its mails."""
    places = tuple(str(folder.resolve()) for folder in (state, state / "postgres", state / "run"))
    variable = f"\0MAIL_FOLDER={state}/mail\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd").startswith(places) or variable in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()
