"""Measurements that back the figures of the README: `python -m bench.mixed`."""
