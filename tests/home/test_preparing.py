from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import sealing
from apps.audit.models import Event, Seal
from apps.home import preparing
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def said(settings, tmp_path):
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = []
    return []


def test_a_new_installation_is_told_the_first_link(said):
    preparing.prepare(said.append)

    assert any("/people/welcome/" in line for line in said)
    assert not User.objects.exists()


@pytest.mark.parametrize("stopped", ["before it sealed", "before it signed"])
def test_one_that_was_stopped_at_once_can_be_started_again(said, settings, tmp_path, monkeypatch, stopped):
    settings.KEYS_DIR = tmp_path / "keys"
    monkeypatch.setattr(preparing, "_collect_static_files", lambda _say: None)
    preparing.prepare(said.append)
    yesterday = timezone.now() - timedelta(days=1)
    Event.objects.update(at=yesterday)
    if stopped == "before it signed":
        sealing.seal_pending()
        Seal.objects.update(sealed_at=yesterday)
    assert sealing.why_not_governed()

    preparing.prepare(said.append)

    assert sum("/people/welcome/" in line for line in said) == 2


def test_one_with_an_administrator_is_not(said):
    UserFactory(administrator=True)

    preparing.prepare(said.append)

    assert not any("welcome" in line for line in said)


def test_nothing_is_done_twice(said, monkeypatch):
    preparing.prepare(said.append)
    calls = []
    monkeypatch.setattr(preparing, "call_command", lambda name, **_: calls.append(name))

    preparing.prepare(said.append)

    assert calls == []


def test_a_changed_static_file_is_collected(said, settings, tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    settings.STATICFILES_DIRS = [folder]
    preparing.prepare(said.append)

    (folder / "new.css").write_text("p {}")
    preparing.prepare(said.append)

    assert (settings.STATIC_ROOT / "new.css").exists()


def test_static_files_that_an_image_brought_are_left_alone(said, settings, monkeypatch):
    settings.STATIC_ROOT.mkdir()
    monkeypatch.setattr(preparing.os, "access", lambda path, _mode: path != settings.STATIC_ROOT)
    calls = []
    monkeypatch.setattr(preparing, "call_command", lambda name, **_: calls.append(name))

    preparing.prepare(said.append)

    assert calls == []
