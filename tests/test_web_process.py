"""
The web process shows pages; what computes runs elsewhere. All pages are asked here, in a process
of their own, which must stay small and free of what only workers and their children load.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("pandas", "sklearn", "mlflow", "duckdb", "lightgbm", "onnx", "onnxruntime", "skops")
MOST_MEGABYTES = 250

# A process of its own too: the factories load what pages must not.
FILL = """
import importlib, json, pkgutil, sys
import django
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django.setup()
from django.core.management import call_command
from django.urls import reverse
call_command("migrate", verbosity=0)
from apps.projects.models import Membership
from apps.projects.roles import Role
from tests import access
from tests.factories import ProjectFactory, UserFactory
member, administrator, auditor = UserFactory(), UserFactory(administrator=True), UserFactory(auditor=True)

def project():
    made = ProjectFactory(created_by=administrator)
    for role in Role:
        Membership.objects.create(project=made, person=member, role=role, granted_by=administrator)
    return made

modules = [importlib.import_module(f"tests.access.{one.name}") for one in pkgutil.iter_modules(access.__path__)]
rows = {name: row for module in modules for name, row in module.ROWS.items() if "GET" in row.methods}
pages = [reverse(name, kwargs=row.kwargs(project())) + row.query for name, row in rows.items()]
people = [member.pk, administrator.pk, auditor.pk]
json.dump({"people": people, "pages": pages}, open(sys.argv[1], "w"))
"""
ASK = """
import json, sys
from django.conf import settings
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
import mlops_portal.wsgi
before = sorted(sys.modules)
import psutil
from django.contrib.auth import get_user_model
from django.test import Client
given = json.load(open(sys.argv[1]))
statuses = []
for pk in given["people"]:
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(pk=pk))
    statuses += [(client.get(page).status_code, page) for page in given["pages"] if "/logout/" not in page]
print(json.dumps({
    "before": before,
    "after": sorted(sys.modules),
    "statuses": statuses,
    "megabytes": psutil.Process().memory_info().rss / 1024**2,
}))
"""


def _python(script: str, var: Path) -> str:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "mlops_portal.settings",
        "PYTHONPATH": str(ROOT),
        "VAR_DIR": str(var),
        "SECRET_KEY": "only for this test, and nowhere else in use",
    }
    command = [sys.executable, "-c", script, str(var / "pages.json")]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What the process held before and after every page was asked of it by three people."""
    var = tmp_path_factory.mktemp("web")
    _python(FILL, var)
    return json.loads(_python(ASK, var).splitlines()[-1])


def _heavy(modules: list[str]) -> list[str]:
    return [name for name in modules if name in HEAVY]


@pytest.mark.timeout(500)
def test_starting_the_web_process_loads_nothing_that_computes(asked):
    assert _heavy(asked["before"]) == []


@pytest.mark.timeout(500)
def test_no_page_loads_what_computes(asked):
    assert sum(status == 200 for status, _page in asked["statuses"]) > 200
    assert [page for status, page in asked["statuses"] if status >= 500] == []
    assert _heavy(asked["after"]) == []


@pytest.mark.timeout(500)
def test_the_web_process_stays_small(asked):
    assert asked["megabytes"] < MOST_MEGABYTES
