"""The site's settings with another mail server, for workers of tests."""

import os

from trial.settings import *  # noqa: F403

EMAIL_BACKEND = "tests.mail_sink.SinkBackend"
MAIL_SINK = os.environ["MAIL_SINK"]
DIES_NEAR_SINK = float(os.environ["DIES_NEAR_SINK"])
