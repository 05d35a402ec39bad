"""What the tests of the statistics share."""

from hypothesis import settings

# a busy machine is slow now and then; that is no failed law
settings.register_profile("statistics", deadline=None)
settings.load_profile("statistics")
