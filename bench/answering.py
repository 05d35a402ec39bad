from bench.stage import measure, site

with site() as environment:
    raise SystemExit(measure("bench.answering_load", environment))
