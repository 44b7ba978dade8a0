"""Pressed twice, and "Back", in a real browser: once is enough, and what was typed stays."""

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from apps.audit.models import Event
from apps.projects.roles import Role
from tests.e2e.browser import chromium
from tests.factories import DatasetVersionFactory, member, proposed, registered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    # Playwright runs a loop of its own in this thread, which Django takes for asynchronous code.
    with patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "1"}), chromium() as browser:
        context = browser.new_context(locale="en-GB")
        yield context
        context.close()


@pytest.fixture
def sign_in(context, live_server):
    def signed_in(user) -> Page:
        client = Client()
        client.force_login(user)
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([session])  # type: ignore[list-item]
        return context.new_page()

    return signed_in


def test_a_double_click_is_sent_once(live_server, sign_in, project):
    version = DatasetVersionFactory(dataset__project=project)
    page = sign_in(member(project, Role.DATA_ENGINEER))
    page.goto(f"{live_server.url}/datasets/versions/{version.pk}/")

    page.get_by_role("button", name="Publish", exact=True).click()
    page.locator("dialog[open]").get_by_role("button", name="Publish", exact=True).dblclick()

    expect(page.locator("#messages")).to_contain_text("Published: it can be trained on.")
    assert Event.objects.filter(name="datasets.version_published").count() == 1


def test_back_from_a_refusal_keeps_what_was_typed(live_server, sign_in, project):
    author = member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER)
    proposal = proposed(registered(project, by=author), by=author)
    page = sign_in(author)
    page.goto(f"{live_server.url}/approvals/{proposal.pk}/")
    page.get_by_role("button", name="Withdraw", exact=True).first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Reason").fill("Too short")
    dialog.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.locator("#main")).to_contain_text("Say in a sentence why")

    page.get_by_role("link", name="Back").click()

    expect(page).to_have_url(f"{live_server.url}/approvals/{proposal.pk}/")
    expect(page.locator("textarea[name='reason']").last).to_have_value("Too short")
    proposal.refresh_from_db()
    assert proposal.status == "open"
