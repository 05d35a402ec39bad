"""The production set-up, checked without a Docker engine: what the files say, and what their commands do here."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from trial.embedded import postgres

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
APPLICATION = ["beat", "migrate", "web", "worker"]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]


def said(word: str) -> list[str]:
    return [text for instruction, text in INSTRUCTIONS if instruction == word]


def names_in_settings() -> set[str]:
    """Variables that the settings read; each may also come as NAME_FILE."""
    source = (ROOT / "trial" / "settings.py").read_text()
    names = set(re.findall(r'environment\.(?:text|one_of|count|required|words)\(\s*"([A-Z_]+)"', source))
    return names | {f"{name}_FILE" for name in names}


def literal_secrets(service: dict) -> dict[str, str]:
    """Variables that name a secret and hold anything but the path of one that the service is given."""
    secret = re.compile(r"SECRET|PASSWORD|KEYS?\b|KEYS?_|DATABASE|SMTP|TOKEN")
    given = {f"/run/secrets/{name}" for name in service.get("secrets", [])}
    variables = service.get("environment", {})
    return {name: value for name, value in variables.items() if secret.search(name) and value not in given}


def throwaway_production(folder: Path) -> dict[str, str]:
    """The environment of an installation whose secrets `deploy/make-secrets` has just written."""
    subprocess.run([ROOT / "deploy" / "make-secrets", folder], check=True, capture_output=True)
    (folder / "smtp_url").write_text("smtp://mail.example.org:25")
    ours = SERVICES["web"]["environment"]
    inside = {name: value.replace("/run/secrets", str(folder)) for name, value in ours.items()}
    inside |= {"SITE_URL": "https://trials.example.org", "ALLOWED_HOSTS": "trials.example.org", "MAIL_FROM": "a@b.org"}
    inside |= {"WEB_CONCURRENCY": "2", "TRUSTED_PROXIES": "1", "BEAT_FILE": str(folder / "beat")}
    return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"} | inside


def test_services_are_the_parts_of_production():
    assert sorted(SERVICES) == ["beat", "db", "migrate", "redis", "web", "worker"]


def test_every_lasting_service_has_a_health_check():
    without = [name for name, service in SERVICES.items() if "healthcheck" not in service]

    assert without == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"


def test_others_wait_until_the_database_is_up_to_date():
    waiting = {name: SERVICES[name]["depends_on"].get("migrate", {}).get("condition") for name in APPLICATION}

    done = "service_completed_successfully"
    assert waiting == {"beat": done, "migrate": None, "web": done, "worker": done}


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_the_file(name):
    assert literal_secrets(SERVICES[name]) == {}


def test_a_secret_that_stood_in_the_file_would_be_found():
    service = {"secrets": ["secret_key"], "environment": {"SECRET_KEY_FILE": "/run/secrets/other", "FIELD_KEYS": "k"}}

    assert literal_secrets(service) == service["environment"]


def test_every_secret_is_a_file_that_make_secrets_writes_or_asks_for(tmp_path):
    made = subprocess.run([ROOT / "deploy" / "make-secrets", tmp_path], check=True, capture_output=True, text=True)
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    subprocess.run([ROOT / "deploy" / "make-secrets", tmp_path], check=True, capture_output=True)

    assert {*before, "smtp_url"} == set(COMPOSE["secrets"])
    assert made.stdout.startswith(f"Still to write: {tmp_path}/smtp_url")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == before
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_secrets_are_neither_committed_nor_in_the_image():
    ignored = [(ROOT / name).read_text().splitlines() for name in (".gitignore", ".dockerignore")]

    assert (ignored[0].count("/secrets/"), ignored[1].count("secrets")) == (1, 1)


def test_only_migrate_knows_the_owner_of_the_tables():
    knowing = [name for name, service in SERVICES.items() if "database_owner_url" in service.get("secrets", [])]

    assert knowing == ["migrate"]


@pytest.mark.parametrize("name", APPLICATION)
def test_settings_read_every_variable(name):
    unread = set(SERVICES[name]["environment"]) - names_in_settings() - {"WEB_CONCURRENCY"}  # gunicorn reads that one

    assert unread == set()


def test_images_carry_a_version():
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += [text.split()[0] for text in said("FROM")]

    assert [image for image in images if not re.search(r":\d+(\.\d+)*-[a-z-]+$", image)] == []


def test_workers_can_be_multiplied():
    in_the_way = {"container_name", "ports", "hostname"} & set(SERVICES["worker"])

    assert in_the_way == set()


def test_database_and_queue_are_on_the_inner_network_only():
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [name for name in SERVICES if "outside" in SERVICES[name]["networks"]] == ["web", "worker"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"][0].startswith("127.0.0.1:")


def test_log_of_the_database_is_as_discreet_as_that_of_demo_and_tests():
    words = shlex.split(SERVICES["db"]["command"])

    assert words == ["postgres", *(word for setting in postgres.DISCREET for word in ("-c", setting))]


def test_queue_is_written_to_disk():
    assert "--appendonly yes" in SERVICES["redis"]["command"]
    assert SERVICES["redis"]["volumes"] == ["queue:/data"]


@pytest.mark.parametrize("name", APPLICATION)
def test_application_runs_without_rights_on_a_folder_it_cannot_write(name):
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert [mount.count(":size=") for mount in service["tmpfs"]] == [1]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_image_checks_hashes_and_ends_as_an_ordinary_account():
    installs = [text for text in said("RUN") if "pip install" in text]

    assert [text.count("--require-hashes --requirement requirements.txt") for text in installs] == [1]
    assert INSTRUCTIONS[-1] == ["USER", "10001"]


def test_image_collects_the_static_files(tmp_path):
    """The very command of the Dockerfile, in an empty environment as there."""
    (command,) = [text for text in said("RUN") if "collectstatic" in text]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "EQUIPOISE_ENV": "production",
        "STATIC_FOLDER": str(tmp_path),
    }

    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)

    assert (done.returncode, (tmp_path / "staticfiles.json").exists()) == (0, True), done.stderr


def test_web_command_is_accepted_by_gunicorn_with_the_secrets_as_files(tmp_path):
    program, *arguments = shlex.split(SERVICES["web"]["command"])

    done = subprocess.run(
        [sys.executable, "-m", program, "--check-config", *arguments],
        cwd=ROOT,
        env=throwaway_production(tmp_path),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "trials.example.org"])
def test_health_check_is_answered_on_the_containers_own_address(client, settings, host):
    """Although it comes without HTTPS, and not under the site's name."""
    allowed = SERVICES["web"]["environment"]["ALLOWED_HOSTS"].replace("${SITE_HOST}", "trials.example.org")
    settings.ALLOWED_HOSTS = allowed.split(",")
    settings.SECURE_SSL_REDIRECT = True

    assert [client.get(page, HTTP_HOST=host).status_code for page in ("/healthz", "/")] == [200, 301]


@pytest.mark.parametrize(("name", "program"), [("worker", "worker"), ("beat", "beat")])
def test_celery_commands_name_the_application(name, program):
    words = shlex.split(SERVICES[name]["command"])

    assert words[:4] == ["celery", "-A", "trial", program]
    assert importlib.util.find_spec("trial.celery") is not None


def test_migrate_command_exists():
    assert SERVICES["migrate"]["command"] == "python manage.py migrate --no-input"
    assert (ROOT / "trial" / "management" / "commands" / "migrate.py").exists()


def test_production_makes_its_roles_with_the_file_of_demo_and_tests():
    """The same statements, its passwords filled in by psql from the secrets."""
    mounted = [volume.split(":")[:2] for volume in SERVICES["db"]["volumes"][1:]]
    script = (ROOT / "deploy" / "roles.sql").read_text()

    assert mounted == [
        ["./deploy/roles.sql", "/docker-entrypoint-initdb.d/roles.sql"],
        ["./" + str(postgres.ROLES.relative_to(ROOT)), "/equipoise/roles.sql"],
    ]
    assert re.findall(r"\\set (\w+) `cat /run/secrets/(\w+)`", script) == [
        ("owner_password", "owner_password"),
        ("application_password", "application_password"),
    ]
    assert set(re.findall(r":'(\w+)'", postgres.ROLES.read_text())) == {"owner_password", "application_password"}


@pytest.mark.parametrize("name", APPLICATION)
def test_receipts_have_a_volume_of_their_own(name):
    """Apart from the database's, so that no backup of the one brings the other back with it."""
    assert SERVICES[name]["volumes"] == ["receipts:/receipts"]
    assert SERVICES[name]["environment"]["RECEIPTS_FOLDER"] == "/receipts"
    assert [volume for volume in SERVICES["db"]["volumes"] if "receipts" in volume] == []
    assert "mkdir --mode 700 /receipts && chown 10001 /receipts" in said("RUN")
