"""Wrong token, wrong role, foreign project; pressed twice, sent again, opened with "Back"."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiToken
from apps.approvals.models import Decision
from apps.audit.models import Event
from apps.datasets.models import Dataset, Upload
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.bad_input.conftest import ROWS, sentence
from tests.factories import DatasetVersionFactory, proposed, registered

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Bearer mlp_wrong", "unknown, expired or revoked"),
        ("Bearer", "Authorization: Bearer"),
        ("Token x", "Authorization: Bearer"),
        ("", "credentials were not provided"),
    ],
)
def test_a_wrong_token_is_refused(header, words):
    answer = Client().get("/api/v1/me/", headers={"Authorization": header} if header else {})

    assert words in sentence(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_role_is_told_so_and_a_stranger_finds_nothing(somebody, stranger, dataset):
    viewer = somebody(Role.VIEWER)

    for ask in (viewer.send, viewer.submit):
        assert "data engineer" in sentence(ask(dataset, ROWS), 403)
    for ask in (stranger.send, stranger.submit):
        assert "othing at this address" in sentence(ask(dataset, ROWS), 404)
    assert not Upload.objects.exists()


def test_a_foreign_project_is_no_choice_and_looks_like_none(stranger, project):
    def create(pk):
        return sentence(
            stranger.api.post("/api/v1/datasets/", {"project": pk, "name": "x"}, format="json"), 400
        )

    assert create(project.pk).replace(str(project.pk), "N") == create(987_654).replace("987654", "N")
    assert "not one of the available choices" in sentence(
        stranger.page.post("/datasets/new/", {"project": project.pk, "name": "x"}), 400
    )
    assert not Dataset.objects.exists()


def test_a_double_click_makes_one_upload_and_leads_to_it_twice(engineer, dataset):
    first, second = (engineer.submit(dataset, ROWS) for _click in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert engineer.send(dataset, ROWS).json()["id"] == Upload.objects.get().pk


def test_a_double_click_publishes_once_and_says_so(engineer, dataset):
    version = DatasetVersionFactory(dataset=dataset)

    assert engineer.page.post(f"/datasets/versions/{version.pk}/publish/").status_code == 302
    for ask, root in ((engineer.page, "/datasets/versions"), (engineer.api, "/api/v1/dataset-versions")):
        words = sentence(ask.post(f"{root}/{version.pk}/publish/"), 409)
        assert "is published; this cannot be done with it now" in words

    assert Event.objects.filter(name="datasets.version_published").count() == 1


def test_an_old_form_that_is_sent_again_changes_nothing(project, somebody):
    """ "Back" to the review, and Approve once more: the decision was made."""
    author, approver = somebody(Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER).user, somebody(Role.APPROVER)
    proposal = proposed(registered(project, by=author), by=author)
    form = {"reason": "The evidence is good and complete.", "seen": proposal.digest}
    click = reverse("approvals:approve", args=[proposal.pk])

    assert approver.page.post(click, form).status_code == 302
    again = approver.page.post(click, form)
    by_program = approver.api.post(f"/api/v1/approvals/{proposal.pk}/approve/", form, format="json")

    for answer in (again, by_program):
        assert "already" in sentence(answer, 409)
    assert Decision.objects.count() == 1


def test_the_address_of_a_button_is_no_page_and_says_so(engineer, dataset):
    version = DatasetVersionFactory(dataset=dataset)

    answer = engineer.page.get(f"/datasets/versions/{version.pk}/publish/")

    assert "when its button is pressed; there is no page to look at" in sentence(answer, 405)
    assert answer.headers["Allow"] == "POST"


def test_a_form_that_is_sent_after_the_sign_out_leads_back_to_its_page(engineer, dataset):
    version = DatasetVersionFactory(dataset=dataset)
    page = f"/datasets/versions/{version.pk}/"
    engineer.page.logout()

    answer = engineer.page.post(f"{page}publish/", headers={"Referer": f"http://testserver{page}?page=2"})

    assert answer.headers["Location"] == f"/accounts/login/?next={page}%3Fpage%3D2"
    shown = engineer.page.get(answer.headers["Location"]).content.decode()
    assert "You were signed out, so what you sent was not used." in shown
    version.refresh_from_db()
    assert version.status == "draft"


def test_no_other_site_is_led_back_to(client, dataset):
    answer = client.post(f"/datasets/{dataset.pk}/upload/", headers={"Referer": "https://evil.example/x"})

    assert answer.headers["Location"] == "/accounts/login/?next=/"


def test_a_form_without_the_token_against_forgery_is_refused(engineer):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(engineer.user)

    answer = browser.post("/people/me/tokens/", {"label": "x", "scope": "read", "days": "7"})

    assert "This form is no longer valid" in sentence(answer, 403)
    assert not ApiToken.objects.exists()


def test_a_form_that_is_not_complete_says_what_is_missing(administrator):
    browser = Client()
    browser.force_login(administrator)

    assert "This field is required" in sentence(browser.post("/projects/new/", {"purpose": "Kept."}), 400)
    assert "Kept." in browser.post("/projects/new/", {"purpose": "Kept."}).content.decode()
    assert not Project.objects.exists()


def test_a_reason_that_is_too_long_is_told_so(engineer, dataset):
    version = DatasetVersionFactory(dataset=dataset)

    answer = engineer.page.post(f"/datasets/versions/{version.pk}/quarantine/", {"reason": "x" * 2001})

    assert "at most 2000 characters" in sentence(answer, 400)
