"""The one error of this package."""

import re
from pathlib import Path


class ServerProblem(Exception):
    """A server could not be started; the message is one or two sentences: what was found and what to do."""


def cannot_write(place: Path, problem: OSError) -> ServerProblem:
    """What to tell about a disk that is full or read-only, or a folder of somebody else."""
    return ServerProblem(
        f"Cannot write in {place} ({problem.strerror}). "
        "Make room or make it writable for this account, or work from a clone somewhere else."
    )


def last_complaint(log: str) -> str:
    """Of what a server printed, the line that says why it stopped, without time stamp and process number."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    serious = [line for line in lines if re.search(r"FATAL|PANIC|[Ee]rror|ERROR|Can't|[Ff]ailed", line)]
    chosen = (serious or lines or ["it said nothing"])[-1]
    return re.sub(r"^.*?(FATAL|PANIC|error|#):?\s+", "", chosen).rstrip(".")
