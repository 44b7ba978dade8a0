"""What docker/ says, held against the code, without an engine."""

import fnmatch
import re
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from apps.core.checks import SHORTEST_SECRET
from apps.home import database_roles
from mlops_portal.supervision import programs
from mlops_portal.supervision.installation import Installation
from tests.supervision.toys import ROOT

DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
FROM_OTHERS = {"postgres", "redis"}
OURS = {name: service for name, service in SERVICES.items() if name not in FROM_OTHERS}
DOCKERFILES = {name: (DOCKER / name).read_text() for name in ("Dockerfile", "scoring.Dockerfile")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The .env that make-env.sh writes, and the folder that it lies in."""
    folder = tmp_path_factory.mktemp("docker")
    script = folder / "make-env.sh"
    script.write_text((DOCKER / "make-env.sh").read_text())
    subprocess.run(["sh", str(script)], env={"PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    lines = (folder / ".env").read_text().splitlines()
    return folder, dict(line.split("=", 1) for line in lines)


def database_user(service):
    environment = service["environment"]
    url = environment.get("DATABASE_URL") or environment["MLFLOW_DATABASE_URL"]
    return urlsplit(re.sub(r"\$\{\w+\}", "x", url)).username


def test_every_program_has_a_container_and_every_container_a_program():
    started = {name: service["command"] for name, service in OURS.items() if name != "prepare"}

    assert started == {
        program.name: ["mlops_portal.supervision.alone", program.name]
        for program in programs.named(Installation.from_environment())
    }
    assert SERVICES["prepare"]["entrypoint"] == ["python3", "manage.py", "prepare"]


def test_every_variable_is_a_setting_that_the_documentation_lists():
    listed = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    named = set().union(*(service["environment"] for service in OURS.values()))
    in_the_image = set(re.findall(r"\b([A-Z_]+)=", _environment_of_the_image()))

    assert named <= listed
    assert in_the_image - listed == {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "HOME"}


def _environment_of_the_image():
    return " ".join(re.findall(r"^ENV ((?:.*\\\n)*.*)", DOCKERFILES["Dockerfile"], re.MULTILINE))


def test_only_the_web_program_is_published_and_on_loopback_alone():
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:${PORTAL_PORT:-8000}:8000"]
    }
    assert COMPOSE["networks"]["private"]["internal"] is True


def test_scoring_servers_are_published_by_a_file_of_its_own_and_on_loopback_alone(settings):
    clients = yaml.safe_load((DOCKER / "compose.clients.yaml").read_text())["services"]
    said = re.fullmatch(r"\$\{SCORING_PORTS:-(\d+)\}", OURS["web"]["environment"]["SCORING_PORTS"])
    first = settings.SCORING_FIRST_PORT
    ports = f"{first}-{first + int(said[1]) - 1}"

    assert {name: service["ports"] for name, service in clients.items()} == {
        "keeper": [f"127.0.0.1:{ports}:{ports}"]
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_little(name):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert name in OURS or service["user"] == name
    assert not service.get("privileged")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_runs_without_root(name):
    assert re.findall(r"^USER (.+)$", DOCKERFILES[name], re.MULTILINE) == ["10001:10001"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_is_copied_is_there_and_not_ignored(name):
    lets_in = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().split()
        if line.startswith("!")
    ]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILES[name], re.MULTILINE)
    sources = " ".join(copied).split()

    assert sources
    assert [path for path in sources if not (ROOT / path).exists()] == []
    assert [path for path in sources if not any(fnmatch.fnmatch(path, one) for one in lets_in)] == []


def test_each_part_signs_in_with_a_role_of_its_own_that_is_made():
    roles = (DOCKER / "postgres" / "roles.sh").read_text()
    users = {name: database_user(service) for name, service in OURS.items()}

    assert users == {
        "prepare": "portal_owner",
        "web": "portal_web",
        "relay": "portal_relay",
        **dict.fromkeys(("worker-quick", "worker-long", "keeper"), "portal_worker"),
        "mlflow": "mlflow",
    }
    assert set(re.findall(r"CREATE ROLE (\w+) LOGIN", roles)) == set(users.values())
    assert f"CREATE ROLE {database_roles.GROUP} NOLOGIN" in roles


def test_what_compose_asks_for_is_written_with_secrets_that_production_takes(made):
    folder, values = made
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)\}", (DOCKER / "compose.yaml").read_text()))
    secrets = {name for name in values if name.endswith(("_KEY", "_PASSWORD"))}

    assert asked == secrets | {"PORTAL_URL"}
    assert all(len(values[name]) >= SHORTEST_SECRET for name in secrets)
    assert len({values[name] for name in secrets}) == len(secrets)
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def test_secrets_that_are_there_stay(made):
    folder, _values = made
    before = (folder / ".env").read_text()

    subprocess.run(["sh", str(folder / "make-env.sh")], check=True, capture_output=True)

    assert (folder / ".env").read_text() == before


def test_scoring_servers_run_on_the_versions_that_models_were_checked_with():
    pinned = _pins(ROOT / "requirements.txt")
    theirs = {path.name: _pins(path) for path in DOCKER.glob("scoring-requirements*.txt")}

    assert len(theirs) == 2
    assert [name for name, pins in theirs.items() if not pins.items() <= pinned.items()] == []


def _pins(path: Path):
    return dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", path.read_text(), re.MULTILINE))
