"""What a trial is, read from one TOML file. `schema`, `reading`, `rules` and their neighbours are pure."""
