from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.datasets.models import Dataset
from apps.projects.roles import Role
from tests.experiments.conftest import publish
from tests.factories import DatasetFactory, UserFactory, member
from tests.pipelines.conftest import messages, work

__all__ = ["messages", "publish", "work"]

ROWS = b"age,income,default\n" + b"".join(
    f"{20 + n % 40},{1000 + 13 * n % 700},{'yes' if n % 4 == 0 else 'no'}\n".encode() for n in range(80)
)


class Asking:
    """One person, at a browser (`page`) and with a program (`api`)."""

    def __init__(self, user: User) -> None:
        self.user, self.page, self.api = user, Client(raise_request_exception=False), APIClient()
        self.page.force_login(user)
        self.api.force_authenticate(user)

    def send(self, dataset: Dataset, content: bytes, name: str = "rows.csv") -> Any:
        return self.api.post(
            f"/api/v1/datasets/{dataset.pk}/upload/", _form(content, name), format="multipart"
        )

    def submit(self, dataset: Dataset, content: bytes, name: str = "rows.csv") -> Any:
        return self.page.post(f"/datasets/{dataset.pk}/upload/", _form(content, name))


def _form(content: bytes, name: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content)}


def sentence(answer: Any, status: int) -> str:
    """What a refusal says: the problem document's detail, or the page's text."""
    assert answer.status_code == status, answer.content.decode()[:1000]
    if not answer.request["PATH_INFO"].startswith("/api/"):
        return str(answer.content.decode())
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["instance"][:12]) == (status, "urn:request:")
    return str(problem["detail"])


@pytest.fixture
def somebody(project) -> Callable[..., Asking]:
    return lambda *roles: Asking(member(project, *roles))


@pytest.fixture
def engineer(somebody) -> Asking:
    return somebody(Role.DATA_ENGINEER)


@pytest.fixture
def scientist(somebody) -> Asking:
    return somebody(Role.DATA_SCIENTIST)


@pytest.fixture
def stranger(db) -> Asking:
    """Of this portal, and of none of its projects."""
    return Asking(UserFactory())


@pytest.fixture
def dataset(project) -> Dataset:
    return DatasetFactory(project=project, name="loans")
