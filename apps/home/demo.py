"""
The demo: a consumer-credit project with one person for each role, and data of our generator.

Seeding makes people, project and the first file; everything after it is played by
the same workers that do real work (see demo_story).
"""

import os
import secrets
import tempfile
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.models import Event
from apps.datasets import catalogue, uploads
from apps.datasets.models import Dataset
from apps.home import demo_data
from apps.projects import lifecycle, loop, members
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Role

ROWS_OF_A_SEASON = 3000
SEASONS = (date(2024, 1, 1), date(2025, 1, 1))
PEOPLE: dict[Role, str] = {
    Role.DATA_ENGINEER: "Dana Engineer",
    Role.DATA_SCIENTIST: "Sam Scientist",
    Role.ML_OPS_ENGINEER: "Olu Ops",
    Role.VALIDATOR: "Vera Validator",
    Role.APPROVER: "Anna Approver",
    Role.VIEWER: "Vic Viewer",
}


def project() -> Project | None:
    """The demo's project, while it is there and open."""
    return Project.objects.active().filter(is_demo=True).first()


def person(of: Project, role: Role) -> User:
    """Who plays the role in the demo."""
    return User.objects.get(memberships__project=of, memberships__role=role, email=_address(role))


def seed() -> None:
    """Make the demo, once: neither while it is there nor after somebody removed it."""
    if (
        Project.objects.filter(is_demo=True).exists()
        or Event.objects.filter(name="projects.demo_removed").exists()
    ):
        return
    passwords: dict[str, str] = {}
    with transaction.atomic():
        administrator = _person(
            "administrator", "Ada Administrator", passwords, User.GlobalRole.ADMINISTRATOR
        )
        _person("auditor", "Otto Auditor", passwords, User.GlobalRole.AUDITOR)
        demo = _project(administrator, passwords)
        dataset = _dataset(demo)
    _write_sign_ins(passwords)
    upload_season(dataset, 0)


def upload_season(dataset: Dataset, number: int) -> None:
    """Hand in all applications up to and with a season, to be published as soon as they are read."""
    frames = [
        demo_data.consumer_credit(ROWS_OF_A_SEASON, seed=2024 + season, start=start)
        for season, start in enumerate(SEASONS[: number + 1])
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"applications-until-{SEASONS[number].year}.csv"
        demo_data.concatenated(frames).to_csv(path, index=False)
        engineer = person(dataset.project, Role.DATA_ENGINEER)
        uploads.receive(dataset, file=path, filename=path.name, publish_when_read=True, by=engineer)


def _project(administrator: User, passwords: dict[str, str]) -> Project:
    demo = lifecycle.create(
        name=_("Consumer credit (demo)"),
        purpose=_("Tells how likely an applicant is to default within twelve months. Every row is made up."),
        by=administrator,
        is_demo=True,
    )
    for role, name in PEOPLE.items():
        members.grant(demo, to=_person(role.value, name, passwords), role=role, by=administrator)
    loop.choose(demo, Arrow.RETRAIN, Mode.AUTOMATIC, by=person(demo, Role.ML_OPS_ENGINEER))
    return demo


def _dataset(demo: Project) -> Dataset:
    return catalogue.create(
        demo,
        name=_("loan applications"),
        description=_("Applications with what became of them, a season at a time."),
        by=person(demo, Role.DATA_ENGINEER),
    )


def _address(name: str) -> str:
    return f"{name.replace('_', '-')}@demo.example"


def _person(
    key: str, name: str, passwords: dict[str, str], role: User.GlobalRole = User.GlobalRole.NONE
) -> User:
    password = secrets.token_urlsafe(12)
    passwords[_address(key)] = password
    return User.objects.create_user(_address(key), password, name=name, global_role=role)


def _write_sign_ins(passwords: dict[str, str]) -> None:
    """The passwords, in a file that its owner alone can read."""
    path = Path(settings.VAR_DIR) / "demo-sign-ins.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{address:36} {password}\n" for address, password in passwords.items())
