"""
Every main page in a browser, light and dark, wide and narrow: nothing runs over the edge, the
console is silent, the content policy holds, and axe finds nothing against WCAG 2.2 AA.

With SCREENSHOTS=folder the pictures of the documentation are drawn as well.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Error, Page
from pytest_django.live_server_helper import LiveServer

from apps.home import navigation
from apps.registry.models import Validation
from tests.e2e import one_process, portfolio
from tests.e2e.browser import chromium
from tests.e2e.portfolio import Portfolio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PICTURES = os.environ.get("SCREENSHOTS")
WIDE, NARROW = 1360, 390
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
"""All that a theme can change."""
DRAWN = {"exclude": [[".main-svg"]]}
"""Thousands of marks; each chart has a table beside it that is looked at."""
MOST_BYTES = 150_000

Address = Callable[[Portfolio], str]


def _of(name: str, of: Callable[[Portfolio], object] | None = None) -> Address:
    """The address of a page, of an object of the portfolio where one is named."""
    return lambda found: reverse(name, args=[of(found).pk] if of else [])  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Shot:
    """`kept`: the themes that the documentation shows a picture of; `who`: whose screen it is."""

    address: Address
    who: str = "ml_ops_engineer"
    kept: tuple[str, ...] = ()
    narrow: bool = False


SHOTS = {
    "home": Shot(_of("home:dashboard"), "approver", ("light", "dark"), narrow=True),
    "projects": Shot(_of("projects:project_list")),
    "project": Shot(_of("projects:project_detail", lambda p: p.project), kept=("light",), narrow=True),
    "people-of-project": Shot(_of("projects:members", lambda p: p.project), "administrator"),
    "datasets": Shot(_of("datasets:dataset_list"), "data_engineer"),
    "dataset": Shot(_of("datasets:dataset_detail", lambda p: p.dataset), "data_engineer"),
    "dataset-version": Shot(
        _of("datasets:version_detail", lambda p: p.dataset.versions.latest("number")),
        "data_engineer",
        ("light",),
    ),
    "experiments": Shot(_of("experiments:experiment_list"), "data_scientist"),
    "experiment": Shot(_of("experiments:experiment_detail", lambda p: p.experiment), "data_scientist"),
    "run": Shot(_of("experiments:run_detail", lambda p: p.run), "data_scientist", ("light",)),
    "validation": Shot(
        _of("registry:validation_detail", lambda p: Validation.objects.get(training_run=p.run)),
        "data_scientist",
    ),
    "models": Shot(_of("registry:model_list")),
    "model": Shot(_of("registry:model_detail", lambda p: p.model)),
    "model-version": Shot(_of("registry:version_detail", lambda p: p.proposal.version), "validator"),
    "approvals": Shot(_of("approvals:proposal_list"), "approver"),
    "review": Shot(
        _of("approvals:proposal_review", lambda p: p.proposal), "approver", ("light", "dark"), narrow=True
    ),
    "releases": Shot(_of("deployments:release_list")),
    "release": Shot(_of("deployments:release_detail", lambda p: p.release)),
    "endpoints": Shot(_of("deployments:endpoint_list")),
    "endpoint": Shot(_of("deployments:endpoint_detail", lambda p: p.endpoint), kept=("light",), narrow=True),
    "monitoring": Shot(_of("monitoring:monitor_list")),
    "monitor": Shot(
        _of("monitoring:monitor_detail", lambda p: p.monitor), kept=("light", "dark"), narrow=True
    ),
    "incident": Shot(_of("monitoring:incident_detail", lambda p: p.incident)),
    "jobs": Shot(_of("pipelines:run_list")),
    "job": Shot(_of("pipelines:run", lambda p: p.release.pipeline_run)),
    "audit": Shot(_of("audit:event_list"), "auditor", ("light",)),
    "people": Shot(_of("accounts:people"), "administrator", ("light",)),
    "tokens": Shot(_of("accounts:tokens")),
    "inbox": Shot(_of("home:inbox"), narrow=True),
}


LISTS = [
    "home:dashboard",
    "projects:project_list",
    "datasets:dataset_list",
    "experiments:experiment_list",
    "registry:model_list",
    "approvals:proposal_list",
    "deployments:endpoint_list",
    "monitoring:monitor_list",
    "pipelines:run_list",
    "audit:event_list",
]


@dataclass
class Stage:
    """A portal with the portfolio in it, and a browser to look at it."""

    url: str
    addresses: dict[str, str]
    cookies: dict[str, str]
    browser: Browser | None = None
    pages: dict[tuple[str, str, int], Page] = field(default_factory=dict)

    def page(self, who: str, theme: str, width: int) -> Page:
        """One for all that a person looks at: each new page is two processes of the browser's."""
        assert self.browser is not None
        key = (who, theme, width)
        if key not in self.pages:
            context = self.browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
            )
            context.add_cookies([{"name": "sessionid", "value": self.cookies[who], "url": self.url}])
            self.pages[key] = context.new_page()
        return self.pages[key]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    """Made once: no page here changes anything."""
    with django_db_blocker.unblock(), patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "1"}):
        made = portfolio.build()
        server = LiveServer("localhost")
        try:
            addresses = {name: shot.address(made) for name, shot in SHOTS.items()}
            found = Stage(server.url, addresses, {who: _signed_in(user) for who, user in made.people.items()})
            with chromium() as found.browser:
                yield found
        finally:
            server.stop()
            call_command("flush", interactive=False, verbosity=0)


def _signed_in(user) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


# The mark is what makes pytest-django create the database that the portfolio is put into.
@pytest.mark.django_db
def test_every_place_of_the_side_bar_is_looked_at():
    looked_at = {reverse(name) for name in LISTS}

    assert {place.url for place in navigation.PLACES} <= looked_at
    assert navigation.places() == navigation.PLACES


def _looks() -> Iterator[tuple[str, str, int]]:
    for name, shot in SHOTS.items():
        yield name, "light", WIDE
        yield name, "dark", WIDE
        if shot.narrow:
            yield name, "light", NARROW


@pytest.mark.parametrize(("name", "theme", "width"), list(_looks()))
def test_a_page_is_whole_silent_and_readable_by_everybody(stage, name, theme, width):
    shot = SHOTS[name]
    portfolio.still_there()
    page = stage.page(shot.who, theme, width)

    with _listening(page) as said:
        answer = page.goto(f"{stage.url}{stage.addresses[name]}", wait_until="load")
        page.wait_for_timeout(150)

    assert answer is not None
    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert _violations(page, RULES if theme == "light" else CONTRAST) == []
    assert said == []
    if PICTURES and width == WIDE and theme in shot.kept:
        _draw(page, Path(PICTURES) / f"{name}-{theme}.png")


@contextmanager
def _listening(page: Page) -> Iterator[list[str]]:
    """What the page's scripts complain of."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    def blame(error: Error) -> None:
        said.append(str(error))

    page.on("console", hear)
    page.on("pageerror", blame)
    yield said
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", blame)


def _violations(page: Page, rules: dict[str, object]) -> list[tuple[str, list[str]]]:
    options = {"resultTypes": ["violations"], "runOnly": rules}
    found = Axe().run(page, DRAWN, options).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]


def _draw(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(600)  # Charts draw themselves after the page has loaded.
    # A page has few colours: with a palette its picture is a third as large.
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as taken:
        taken.convert("RGB").quantize(128).save(path, optimize=True)
    assert path.stat().st_size <= MOST_BYTES, f"{path.name} is too large for the documentation"


def test_the_keyboard_reaches_everything_that_matters(stage):
    page = stage.page("approver", "light", WIDE)
    page.goto(stage.url)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Control+k")
    page.get_by_label("Search pages and objects").fill("default")
    page.get_by_role("dialog").get_by_text("default-risk").first.wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/approvals/")


def test_a_decision_needs_no_javascript(stage):
    """Without a reason it is refused beside the field; nothing is decided."""
    one_process.seal()
    context = stage.browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": stage.cookies["approver"], "url": stage.url}])
    page = context.new_page()
    page.goto(f"{stage.url}{stage.addresses['review']}")

    # Long enough for the browser, which checks the length itself, but not for the portal.
    page.get_by_label("Reason").fill(" " * 12)
    page.get_by_role("button", name="Approve").click()

    assert page.locator(".field.wrong .error").count() == 1
    assert page.get_by_role("button", name="Approve").is_visible()
    context.close()
