import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v2/"])
def test_a_program_at_a_wrong_address_gets_a_problem_document(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["title"] == "Not Found"
    assert problem["instance"] == f"urn:request:{answer['X-Request-ID']}"


def test_a_person_at_a_wrong_address_gets_a_page(client):
    assert client.get("/nothing/")["Content-Type"].startswith("text/html")
