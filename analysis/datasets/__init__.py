"""The only door from the database to frames: `trial_frames`."""

from analysis.datasets.reading import trial_frames

__all__ = ["trial_frames"]
