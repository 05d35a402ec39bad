"""The site's settings, with the address of a bare view more, to compare with."""

from trial.settings import *  # noqa: F403

ROOT_URLCONF = "bench.site_urls"
