"""What every list of the API shares: filters that are understood, or refused with their name."""

import pytest

from apps.core import query_strings
from apps.projects.roles import Role
from tests.factories import DatasetFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("17", 17),
        (str(2**63 - 1), 2**63 - 1),
        *((text, None) for text in (None, "", "-1", "1.5", "x", "²", " 1", str(2**63), "9" * 5000)),
    ],
)
def test_a_number_is_an_id_that_a_row_can_have(text, number):
    assert query_strings.number(text) == number


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("project=abc", "project: This is not a number."),
        ("project=" + "9" * 30, "project: This is not a number."),
    ],
)
def test_a_filter_that_is_none_is_refused_by_its_name(client, administrator, query, detail):
    client.force_login(administrator)

    answer = client.get(f"/api/v1/datasets/?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"] == detail


def test_a_word_that_a_filter_does_not_know_is_refused_with_those_it_knows(client, administrator):
    client.force_login(administrator)

    answer = client.get("/api/v1/dataset-versions/?status=good")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"status": "This is none of: draft, published, quarantined, withdrawn."}


def test_a_filter_narrows_and_an_empty_one_does_not(client, project):
    wanted = DatasetFactory(project=project)
    client.force_login(member(wanted.project, Role.VIEWER))

    def found(query):
        return [row["id"] for row in client.get(f"/api/v1/datasets/?{query}").json()["results"]]

    assert found(f"project={wanted.project_id}") == found("project=") == [wanted.pk]
    assert found(f"project={wanted.project_id + 1}") == []
