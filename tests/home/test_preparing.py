import pytest

from apps.accounts.models import User
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
