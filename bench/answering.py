"""Answering under load, on a site as in production: gunicorn with two workers, PostgreSQL, compressed files.

Usage: python -m bench.answering [--otree FOLDER]

Measures what a save and a sheet cost beside a bare view of the same server, a page of 28 answers from 8 clients (and
oTree's, where `--otree` names an environment that has it: python -m venv FOLDER && FOLDER/bin/pip install otree), the
first minute of a wave with 200 participants, the first view on slow 4G in Chromium, and the same again with ten times
the participants and answers. Ends with status 1 if a promise is not kept.
"""

import argparse
import os
import sys
from pathlib import Path

from bench.stage import measure, site


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--otree", type=Path, help="a virtual environment with oTree")
    options = parser.parse_args()
    os.environ["OTREE_ENVIRONMENT"] = str(options.otree.resolve()) if options.otree else ""
    with site() as environment:
        return measure("bench.answering_load", environment)


if __name__ == "__main__":
    sys.exit(main())
