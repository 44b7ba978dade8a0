import os
import subprocess
import sys
from pathlib import Path

import pytest
from celery.signals import celeryd_init
from django.conf import settings as portal_settings

from apps.core.checks import production
from mlops_portal.celery import app

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "PRODUCTION": True,
    "DEBUG": False,
    "DEMO": False,
    "SECRET_KEY": "pH7x2vQ9mZ4kR8tB1nC6wJ3yF5gL0sD" * 2,
    "ALLOWED_HOSTS": ["mlops.example.org"],
    "PORTAL_URL": "https://mlops.example.org",
    "BROKER_URL": "redis://:a-long-one@redis:6379/0",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "PASSWORD": "a-long-one"}},
}
MISTAKES = {
    "debug": {"DEBUG": True},
    "a short secret": {"SECRET_KEY": "short"},
    "Django's default secret": {"SECRET_KEY": "django-insecure-" + "x7k2m9" * 10},
    "any host": {"ALLOWED_HOSTS": ["*"]},
    "a database without a password": {
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "PASSWORD": ""}}
    },
    "SQLite": {"DATABASES": {"default": {"ENGINE": "apps.core.sqlite", "NAME": "x"}}},
    "a broker without a password": {"BROKER_URL": "redis://redis:6379/0"},
    "guest:guest": {"BROKER_URL": "amqp://guest:guest@rabbit:5672//"},
    "demo people": {"DEMO": True},
    "no encryption": {"PORTAL_URL": "http://mlops.example.org"},
}


@pytest.fixture
def configure(monkeypatch):
    """Settings as given, without Django noticing: nothing connects to this database."""

    def set_all(**values):
        for name, value in values.items():
            monkeypatch.setattr(portal_settings, name, value, raising=False)

    return set_all


def test_a_sound_production_starts(configure):
    configure(**GOOD)

    assert production() == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_production_refuses(configure, mistake):
    configure(**GOOD | MISTAKES[mistake])

    assert len(production()) == 1


def test_a_laptop_may_have_them_all(configure):
    for mistake in MISTAKES.values():
        configure(**GOOD | mistake | {"PRODUCTION": False})

        assert production() == []


def test_the_web_server_itself_refuses(tmp_path):
    """Not only the command line's checks: a WSGI server runs none."""
    environment = {
        "PATH": os.environ["PATH"],
        "VAR_DIR": str(tmp_path),
        "PRODUCTION": "yes",
        "DJANGO_SETTINGS_MODULE": "mlops_portal.settings",
    }
    start = subprocess.run(
        [sys.executable, "-c", "import mlops_portal.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert start.returncode != 0
    assert "ImproperlyConfigured" in start.stderr
    assert "SQLite is for one machine" in start.stderr


def test_a_worker_refuses_by_itself(configure):
    """Celery runs Django's checks, and starts whatever they say."""
    configure(**GOOD | MISTAKES["debug"])

    with pytest.raises(SystemExit, match="DEBUG shows the portal's insides"):
        celeryd_init.send(sender="worker", instance=app)


def test_a_sound_worker_starts(configure):
    configure(**GOOD)

    assert [error for _receiver, error in celeryd_init.send(sender="worker", instance=app) if error] == []


def test_the_gate_is_reached_from_inside_without_a_proxy():
    """Its host is let in, and what comes for it is not sent to https; all else is."""
    said = _settings(
        "ALLOWED_HOSTS, SECURE_SSL_REDIRECT, SECURE_REDIRECT_EXEMPT",
        PRODUCTION="yes",
        PORTAL_URL="https://mlops.example.org",
        ALLOWED_HOSTS="mlops.example.org",
        GATE_URL="http://web:8000",
    )

    assert said == "(['mlops.example.org', 'web'], True, ['^mlflow/'])"


def test_without_a_gate_of_its_own_nothing_else_is_let_in():
    said = _settings("ALLOWED_HOSTS, SECURE_REDIRECT_EXEMPT", PORTAL_URL="https://mlops.example.org")

    assert said == "(['localhost', '127.0.0.1', '[::1]'], [])"


def _settings(names, **environment):
    """What the settings come to in such an environment."""
    values = ", ".join(f"settings.{name}" for name in names.split(", "))
    script = f"from mlops_portal import settings; print(({values}))"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"SECRET_KEY": "unused", **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
