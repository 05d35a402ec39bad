# Needs python3.11 or newer, make, and, for the browser tests, Chromium. Everything else goes into .venv/.

# The first Python that is new enough and can make a virtual environment; name another with PYTHON=/path/to/python.
PYTHON ?= $(shell for each in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$each -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$each && break; done)
RUN = .venv/bin/python
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"
SOAK_MINUTES ?= 60

.PHONY: help demo test soak bench lint lock messages browser venv

help:
	@echo "make demo    the whole of Equipoise on this machine (PORT=8123 for another port)"
	@echo "make test    all tests (ARGS='tests/test_embedded.py -k wheel' for some)"
	@echo "make soak    the heavy tests at full size, in SOAK_MINUTES=60, one of them with CASE=name"
	@echo "make bench   speed beside R (where it is installed) and oTree (OTREE=its environment), and growth"
	@echo "make lint    ruff and mypy"
	@echo "make messages  bring new strings into the Spanish catalogue and compile it (needs gettext)"
	@echo "make lock    write requirements.txt and requirements-dev.txt anew from pyproject.toml"

demo: venv
	@exec $(RUN) -m analysis.demo

test: venv browser
	@$(RUN) -m pytest $(if $(ARGS),$(ARGS),--numprocesses 2 --dist loadfile)

soak: venv browser
	@SOAK=full SOAK_MINUTES=$(SOAK_MINUTES) $(RUN) -m pytest -m soak $(if $(CASE),-k "$(CASE)") $(ARGS)

bench: venv browser
	@$(RUN) -m bench.mixed; mixed=$$?; \
	$(RUN) -m bench.answering $(if $(OTREE),--otree "$(OTREE)") && exit $$mixed

lint: venv
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy .

lock: venv
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --output-file requirements-dev.txt

# New strings arrive empty and tests/test_languages.py fails until they are translated; then run this again.
messages: venv
	@$(RUN) manage.py makemessages --locale es --no-location --no-wrap --no-obsolete --ignore .venv --ignore tests
	@$(RUN) manage.py compilemessages --locale es --ignore .venv

browser:
	@.ci/install "chromium chromium-browser google-chrome" chromium

# Installs only when the lock is not the one that was installed last.
venv:
	@if cmp -s requirements-dev.txt .venv/installed.txt && $(RUN) -c '' 2>/dev/null; then exit 0; fi; \
	if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or newer with venv found. Install it (apt-get install python3 python3-venv)," \
			"or name it: make PYTHON=/path/to/python3." >&2; exit 1; fi; \
	echo "Installing the locked packages into .venv/ (once, about a minute)"; \
	{ $(RUN) -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv; } \
	&& $(RUN) -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements-dev.txt \
	&& cp requirements-dev.txt .venv/installed.txt
