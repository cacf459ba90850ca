"""Settings of every test run: hypothesis draws the same examples each time and does not watch the clock."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
