"""The rows of the jobs' and the audit pages hold."""

import pytest
from django.db import transaction
from django.urls import reverse

from apps.projects.roles import Role
from tests.access import audit, pipelines
from tests.factories import ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db
CASES = [(rows, name) for rows in (pipelines, audit) for name in rows.ROWS]


@pytest.mark.parametrize(("rows", "name"), CASES, ids=[name for _rows, name in CASES])
def test_everybody_gets_what_the_row_says(client, rows, name, settings, tmp_path):
    settings.VAR_DIR, settings.KEYS_DIR = tmp_path, tmp_path / "keys"
    got = {}
    project = ProjectFactory()
    for who in rows.ROWS[name]:
        client.logout()
        if who != "anonymous":
            client.force_login(_person(who, project))
        with transaction.atomic():
            url = reverse(name, kwargs=rows.make(project, name))
        got[who] = (client.post if name in rows.POSTS else client.get)(url).status_code

    assert got == rows.ROWS[name]


def _person(who, project):
    if who == "stranger":
        return UserFactory()
    if who in ("administrator", "auditor"):
        return UserFactory(global_role=who)
    return member(project, Role(who))
