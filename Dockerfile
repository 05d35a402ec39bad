# The image of web, worker, beat and migrate: the locked packages and the source, run by an account without rights.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin equipoise
COPY --from=packages /venv /venv
COPY . /equipoise
WORKDIR /equipoise
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 EQUIPOISE_ENV=production

# Collecting needs settings that start; these secrets are random, open nothing and stay in this one command.
RUN SECRET_KEY="$(head -c 48 /dev/urandom | base64 | tr -d '\n')" \
    FIELD_KEYS="$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" \
    ALLOCATION_KEY="$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" RECEIPTS_FOLDER=/receipts \
    DATABASE_URL=postgresql://nobody@nowhere/none REDIS_URL=redis://nowhere SITE_URL=https://nowhere.example \
    SMTP_URL=smtp://nowhere:25 \
    python manage.py collectstatic --no-input

# A named volume takes over whose folder it is.
RUN mkdir --mode 700 /receipts && chown 10001 /receipts

USER 10001
