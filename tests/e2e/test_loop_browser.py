"""The whole loop by pages alone, in a real Chromium, with a window for each person."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.e2e.browser import chromium
from tests.e2e.cases import CASES, Case
from tests.e2e.people import PASSWORD
from tests.e2e.traffic import Clients
from tests.e2e.windows import Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ROLES = {
    "data_engineer": "Dana Engineer",
    "data_scientist": "Sam Scientist",
    "ml_ops_engineer": "Olga Ops",
    "approver": "Anton Approver",
}
REASON = "Played from end to end; the evidence was read."
ARROWS = {"data_scientist": ("train", "register"), "ml_ops_engineer": ("release", "deploy", "monitor")}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def windows(browser, stack, administrator) -> Iterator[dict[str, Window]]:
    """Everybody is invited on the administrator's page and comes in by their link."""
    ada = Window(browser, stack.url, administrator.name, administrator.email)
    sign_in(ada)
    opened = {"administrator": ada}
    for role, name in ROLES.items():
        email = f"{role}.{uuid.uuid4().hex[:6]}@pages.example"
        ada.open("/people/")
        ada.page.locator("form[action$='/invite/'] [name=email]").fill(email)
        ada.press("Invite")
        link = ada.page.locator("pre", has_text="/people/welcome/").inner_text()
        opened[role] = window = Window(browser, stack.url, name, email)
        accept(window, link)
    yield opened
    for window in opened.values():
        window.close()


def sign_in(window: Window) -> None:
    page = window.open("/accounts/login/")
    page.locator("[name=login]").fill(window.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def accept(window: Window, link: str) -> None:
    page = window.open(link.strip())
    for field, value in {"name": window.name, "password": PASSWORD, "repeated": PASSWORD}.items():
        page.locator(f"[name={field}]").fill(value)
    window.press("Create my account")
    page.wait_for_url(lambda url: "/welcome/" not in url)


@dataclass
class Loop:
    case: Case
    windows: dict[str, Window]
    project: str = ""

    def __getattr__(self, role: str) -> Window:
        return self.windows[role]


@pytest.fixture(params=CASES)
def loop(request, windows) -> Loop:
    folder = request.getfixturevalue("real_data") if request.param != "generator" else None
    return Loop(CASES[request.param](folder), windows)


def test_people_play_the_whole_loop_on_its_pages(loop, stack):
    set_up_the_project(loop)
    hand_in_data(loop)
    train(loop)
    approve(loop)
    endpoint = look_at_the_endpoint(loop)
    incident = let_it_drift(loop, endpoint)
    retrain(loop, incident)
    faults = [fault for window in loop.windows.values() for fault in window.faults]
    assert faults == []
    assert stack.faults() == []


def set_up_the_project(loop: Loop) -> None:
    """The administrator makes it and gives roles; who does the work says how far it runs by itself."""
    ada = loop.administrator
    page = ada.open("/projects/new/")
    page.locator("[name=name]").fill(f"{loop.case.name} {uuid.uuid4().hex[:6]}")
    page.locator("[name=purpose]").fill("Played on the pages.")
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/projects/\d+/"))
    loop.project = re.search(r"/projects/\d+/", page.url)[0]  # type: ignore[index]
    for role in ROLES:
        page = ada.open(f"{loop.project}members/")
        page.locator("form[action$='/grant/'] [name=email]").fill(loop.windows[role].email)
        page.locator("form[action$='/grant/'] [name=role]").select_option(role)
        ada.press("Give the role")
        ada.sees(ROLES[role])
    for role, arrows in ARROWS.items():
        for arrow in arrows:
            page = loop.windows[role].open(loop.project)
            form = page.locator(f"form[action$='/arrows/{arrow}/']")
            form.locator("[name=mode]").select_option("automatic")
            form.get_by_role("button").click()


def hand_in_data(loop: Loop) -> None:
    """A file, its profile, and the button that publishes it."""
    dana, case = loop.data_engineer, loop.case
    page = dana.open("/datasets/new/")
    page.locator("[name=project]").select_option(loop.project.split("/")[2])
    page.locator("[name=name]").fill(case.name)
    dana.press("Create the dataset")
    page.locator("[name=file]").set_input_files(
        {"name": case.filename, "mimeType": "text/csv", "buffer": case.csv.encode()}
    )
    dana.press("Upload")
    page.wait_for_url(re.compile(r"/datasets/(versions|uploads)/\d+/"))
    dana.reload_until("button[commandfor=publish], a[href*='/datasets/versions/']")
    if "/versions/" not in page.url:
        page.locator("a[href*='/datasets/versions/']").first.click()
    dana.sees(case.target)
    dana.confirm("Publish")
    dana.sees("Published")


def train(loop: Loop) -> None:
    """The experiment's form, the button, and a training that is watched until its report is there."""
    sam, case, settings = loop.data_scientist, loop.case, loop.case.settings
    page = sam.open("/experiments/new/")
    choice = page.locator("select[name=dataset]")
    wanted = choice.locator("option", has_text=f": {case.name}").last.get_attribute("value")
    choice.select_option(wanted)
    page.locator("#design [name=model_name]").wait_for()
    page.locator("[name=name]").fill("loop")
    page.locator("[name=model_name]").fill(f"{case.model_name}-{loop.project.split('/')[2]}")
    page.locator("[name=target]").select_option(case.target)
    page.locator("[name=positive_class]").fill(settings["positive_class"])
    for field in ("features", "row_key"):
        for column in settings.get(field, []):
            page.locator(f"[name={field}][value='{column}']").check()
    for box in page.locator("[name=algorithms]").all():
        box.set_checked(box.get_attribute("value") in settings["algorithms"])
    for field in ("trials_per_algorithm", "folds"):
        page.locator(f"[name={field}]").fill(str(settings[field]))
    sam.press("Create")
    page.wait_for_url(re.compile(r"/experiments/\d+/"))
    sam.press("Start a training")
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    run = page.url
    # The page asks for itself, and turns into the report at the end: nobody reloads it.
    page.locator("[role=region][aria-label=Trials] tbody tr").first.wait_for()
    page.get_by_role("button", name="Run again").wait_for()
    sam.reload_until("a[href*='/models/validations/']")
    assert page.url.split("?")[0] == run.split("?")[0]
    register(sam)


def register(window: Window) -> None:
    """What is no clear winner is registered by a person with a reason."""
    page = window.page
    page.locator("a[href*='/models/validations/']").first.click()
    # A click does not wait for the page that it leads to.
    page.wait_for_url(re.compile(r"/models/validations/\d+/"))
    button = page.get_by_role("button", name="Register anyway")
    if button.count():
        page.locator("form[action$='/register/'] [name=reason]").fill(REASON)
        button.click()
    link = window.reload_until("a[href*='/models/versions/']")
    link.click()
    page.wait_for_url(re.compile(r"/models/versions/\d+/"))


def approve(loop: Loop) -> None:
    """The approver finds it waiting, reads, signs with a reason; the scientist cannot."""
    anton, sam = loop.approver, loop.data_scientist
    review = waiting_review(loop)
    page = sam.open(review)
    assert page.get_by_role("button", name="Approve", exact=True).count() == 0
    page = anton.open(review)
    page.locator("form[action$='/approve/'] [name=reason]").fill(REASON)
    anton.press("Approve")
    anton.sees("approved")


def waiting_review(loop: Loop) -> str:
    """The address of this project's review, from the approver's inbox."""
    anton, name = loop.approver, loop.case.model_name
    anton.open("/inbox/")
    project = loop.project.split("/")[2]
    link = anton.reload_until(f"main a[href*='/approvals/']:has-text('{name}-{project}')")
    return str(link.get_attribute("href"))


def look_at_the_endpoint(loop: Loop) -> str:
    """It answers at its own address, and on its page, where one row is tried out."""
    olga = loop.ml_ops_engineer
    olga.open("/endpoints/")
    name = f"{loop.case.model_name}-{loop.project.split('/')[2]}"
    olga.reload_until(f"main a[href*='/endpoints/']:has-text('{name}')").click()
    page = olga.page
    olga.reload_until("#try-out form")
    olga.press("Predict")
    page.locator("#try-out .metric-value").first.wait_for()
    olga.sees("Probability of")
    address = page.locator("code", has_text="/invocations").first.inner_text()
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def let_it_drift(loop: Loop, endpoint: str) -> str:
    """Short windows, labels in a file, rows that moved: the chart and the incident appear."""
    olga, clients = loop.ml_ops_engineer, Clients(loop.case, endpoint)
    name = f"{loop.case.model_name}-{loop.project.split('/')[2]}"
    try:
        olga.open("/monitoring/")
        olga.reload_until(f"main a[href^='/monitoring/']:has-text('{name}')").click()
        page = olga.page
        page.wait_for_url(re.compile(r"/monitoring/\d+/"))
        monitor = urlsplit(page.url).path
        olga.follow("Settings")
        values = {"window_seconds": 6, "lateness_seconds": 5, "needed": 2, "among": 3, "minimum_rows": 100}
        for field, value in values.items():
            page.locator(f"[name={field}]").fill(str(value))
        olga.press("Save")
        incident = drift_until_incident(loop, clients, monitor)
        page = olga.open(monitor)
        page.locator(".js-plotly-plot, .chart svg").first.wait_for()
        return incident
    finally:
        clients.close()


def drift_until_incident(loop: Loop, clients: Clients, monitor: str) -> str:
    olga, waves = loop.ml_ops_engineer, clients.waves(loop.case.drifted)
    for _wave in range(90):
        next(waves)
        page = olga.open(monitor)
        found = page.locator("a[href*='/monitoring/incidents/']")
        addresses = [str(one.get_attribute("href")) for one in found.all()]
        matching = [one for one in addresses if re.fullmatch(r"/monitoring/incidents/\d+/", one)]
        if matching:
            send_labels(loop, clients, monitor)
            return matching[0]
    raise AssertionError("No incident was opened.")


def send_labels(loop: Loop, clients: Clients, monitor: str) -> None:
    dana = loop.data_engineer
    text = "correlation_id,label\n" + "".join(f"{key},{label}\n" for key, label in clients.asked.items())
    page = dana.open(f"{monitor}truth/")
    page.locator("[name=file]").set_input_files(
        {"name": "labels.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    dana.press("Send")
    dana.sees(next(reversed(clients.asked)))


def retrain(loop: Loop, incident: str) -> None:
    """The cause is named, the button gathers newer data; the second proposal waits for a person."""
    olga, sam = loop.ml_ops_engineer, loop.data_scientist
    olga.open(incident)
    olga.sees(re.compile("|".join(map(re.escape, loop.case.expected_columns))))
    olga.press("Retrain")
    run = olga.reload_until("main a[href*='/runs/']")
    sam.open(str(run.get_attribute("href")))
    sam.reload_until("a[href*='/models/validations/']")
    register(sam)
    review = waiting_review(loop)
    page = loop.approver.open(review)
    assert page.get_by_role("button", name="Approve", exact=True).count() == 1
