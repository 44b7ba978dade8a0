import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as portal_settings

from apps.core.checks import production

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
