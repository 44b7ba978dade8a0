"""The stations of the loop as programs pass them, each with what must be true there."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.cases import Case
from tests.e2e.people import Person, eventually, sentence
from tests.e2e.traffic import Clients

WINDOW = {"window_seconds": 6, "lateness_seconds": 5, "needed": 2, "among": 3, "minimum_rows": 100}
ROLES = ("data_engineer", "data_scientist", "ml_ops_engineer", "approver", "viewer")
ARROWS = {
    "data_scientist": ("train", "register"),
    "ml_ops_engineer": ("release", "deploy", "monitor"),
}
REASON = "Played from end to end; the evidence was read."
OF_THE_FIRST_HALF = (
    "datasets.upload_received",
    "datasets.version_created",
    "datasets.version_published",
    "experiments.run_started",
    "experiments.run_finished",
    "registry.validation_finished",
    "registry.version_registered",
    "deployments.release_started",
    "approvals.proposal_opened",
    "approvals.decision_refused",
    "approvals.decision_made",
    "registry.version_approved",
    "approvals.proposal_approved",
    "registry.version_promoted",
    "deployments.deployment_live",
    "monitoring.monitor_created",
)
OF_THE_SECOND_HALF = (
    "monitoring.window_judged",
    "monitoring.incident_opened",
    "automation.retraining_started",
)
"""In this order in one chain, whatever happens beside them."""


@dataclass
class Loop:
    """One project and how far it has come."""

    case: Case
    people: dict[str, Person]
    administrator: Person
    project: int
    endpoint: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, role: str) -> Person:
        return self.people[role]


def begin(case: Case, team: dict[str, Person], administrator: Person) -> Loop:
    """A project with its people and arrows."""
    name = f"{case.name} {uuid.uuid4().hex[:6]}"
    project = administrator.post("/projects/", {"name": name, "purpose": "End to end."})["id"]
    for role in ROLES:
        administrator.post(f"/projects/{project}/members/", {"email": team[role].email, "role": role})
    for role, arrows in ARROWS.items():
        for arrow in arrows:
            team[role].post(f"/projects/{project}/arrows/", {"arrow": arrow, "mode": "automatic"})
    retrain = "automatic" if case.retrains_by_itself else "supervised"
    team["ml_ops_engineer"].post(f"/projects/{project}/arrows/", {"arrow": "retrain", "mode": retrain})
    return Loop(case, team, administrator, project)


def publish_data(loop: Loop) -> dict[str, Any]:
    """A first file, so that an experiment can be designed on it; then all of the data."""
    data = loop.data_engineer
    dataset = data.post("/datasets/", {"project": loop.project, "name": loop.case.name})["id"]
    first = upload(data, dataset, loop.case.filename, loop.case.beginning, publish=True)
    assert first["status"] == "published"
    design = {"name": "loop", "model_name": loop.case.model_name, "settings": loop.case.settings}
    loop.data_engineer.is_refused(403, "/experiments/", {"dataset": dataset, **design})
    loop.data_scientist.post("/experiments/", {"dataset": dataset, **design})
    version = upload(data, dataset, loop.case.filename, loop.case.csv, publish=False)
    assert version["number"] == first["number"] + 1
    loop.data_scientist.is_refused(403, f"/dataset-versions/{version['id']}/publish/")
    published = data.post(f"/dataset-versions/{version['id']}/publish/")
    assert published["status"] == "published"
    return dict(published)


def upload(person: Person, dataset: int, filename: str, text: str, *, publish: bool) -> dict[str, Any]:
    """A file handed in, and the version that it became."""
    answer = person.api.post(
        f"/datasets/{dataset}/upload/",
        files={"file": (filename, text.encode(), "text/csv")},
        data={"publish": str(publish).lower()},
    )
    assert answer.status_code == 202, answer.text
    address = f"/uploads/{answer.json()['id']}/"
    done = eventually("the file to be read", lambda: finished(person.get(address), "reading"))
    assert done["state"] == "read", done
    version = person.get(f"/dataset-versions/{done['version']}/")
    assert version["rows"] == text.count("\n") - 1
    return dict(version)


def train_by_publishing(loop: Loop, version: dict[str, Any]) -> dict[str, Any]:
    person = loop.data_scientist
    runs = eventually("a training", lambda: person.list("/runs/", dataset_version=version["id"]))
    assert [run["cause"] for run in runs] == ["data"]
    return finished_run(person, runs[0]["id"])


def finished_run(person: Person, run: int) -> dict[str, Any]:
    found = eventually(
        "the training",
        lambda: finished(person.get(f"/runs/{run}/"), "pending", "queued", "running", "waiting"),
    )
    assert found["state"] == "succeeded", found["failure"]
    assert found["artifact_digest"]
    assert found["code_commit"] or found["environment_digest"]
    assert person.get(f"/runs/{run}/trials/")
    return found


def finished(found: dict[str, Any], *unfinished: str) -> dict[str, Any]:
    return {} if found["state"] in unfinished else found


def register(loop: Loop, run: dict[str, Any]) -> dict[str, Any]:
    """What is better registers by itself; the rest waits for a data scientist and a reason."""
    person = loop.data_scientist
    validation = validation_of(person, run)
    if validation["verdict"] != "promote":
        assert validation["resolution"] == "open", validation
        path = f"/validations/{validation['id']}/register/"
        assert "reason" in person.is_refused(400, path, {"reason": ""})
        loop.viewer.is_refused(403, path, {"reason": REASON})
        version = person.post(path, {"reason": REASON})
        person.is_refused(409, path, {"reason": REASON})
    else:
        assert validation["resolution"] == "registered", validation
        version = next(one for one in person.list("/model-versions/") if one["training_run"] == run["id"])
    assert version["artifact_digest"] == run["artifact_digest"]
    return dict(version)


def validation_of(person: Person, run: dict[str, Any]) -> dict[str, Any]:
    found = eventually(
        "the validation",
        lambda: [one for one in person.list("/validations/") if one["training_run"] == run["id"]],
    )
    assert found[0]["sentence"]
    return dict(found[0])


def wait_for_proposal(loop: Loop, version: dict[str, Any]) -> dict[str, Any]:
    """Packaged, checked and profiled by the release; then a person is asked, by mail too."""
    person = loop.approver

    def opened() -> list[Any]:
        releases = [one for one in person.list("/releases/") if one["version"] == version["id"]]
        assert not any(one["state"] == "failed" for one in releases), releases
        return [one for one in person.list("/approvals/", status="open") if one["version"] == version["id"]]

    proposal = eventually("the proposal", opened)[0]
    path = f"/approvals/{proposal['id']}/"
    eventually(
        "the approver's notice", lambda: [one for one in person.list("/notices/") if one["path"] == path]
    )
    assert mailed(loop, person, path), "No e-mail leads the approver to the review."
    assert "Approve" in person.open(path)
    return dict(proposal)


def mailed(loop: Loop, to: Person, path: str) -> bool:
    """Whether a kept e-mail to the person holds the link, as the administrator sees it."""
    link, reader = f'href="{to.url}{path}"', loop.administrator

    def found() -> bool:
        listed = reader.open("/notices/outbox/")
        numbers = re.findall(r'href="/notices/outbox/(\d+)/"', listed)
        pages = (reader.open(f"/notices/outbox/{number}/") for number in numbers)
        return any(link in page and f"<dd>{to.email}</dd>" in page for page in pages)

    return eventually("the e-mail", found, seconds=30)


def approve(loop: Loop, proposal: dict[str, Any]) -> None:
    """Only an approver decides, on what they saw, once."""
    path = f"/approvals/{proposal['id']}/approve/"
    seen = {"reason": REASON, "seen": proposal["digest"]}
    for refused in (loop.data_scientist, loop.ml_ops_engineer, loop.data_engineer, loop.viewer):
        assert "Only approvers" in refused.is_refused(403, path, seen)
    loop.stranger.is_refused(404, path, seen)
    loop.administrator.is_refused(403, path, seen)
    assert "anew" in loop.approver.is_refused(403, path, {**seen, "seen": "0" * 64})
    assert loop.approver.post(path, seen)["status"] == "approved"
    loop.approver.is_refused(409, path, seen)


def wait_until_live(loop: Loop, version: dict[str, Any]) -> dict[str, Any]:
    person = loop.ml_ops_engineer
    live = eventually(
        "the deployment",
        lambda: [
            one for one in person.list("/deployments/", version=version["id"]) if one["state"] == "live"
        ],
    )[0]
    found = eventually(
        "the release to end",
        lambda: [
            one for one in person.list("/releases/") if one["id"] == live["release"] and one["verify_report"]
        ],
    )
    assert found[0]["failure"] == ""
    return dict(person.get(f"/endpoints/{live['endpoint']}/"))


def wait_for_monitor(loop: Loop, endpoint: dict[str, Any]) -> dict[str, Any]:
    """It is set up by itself; the ops engineer makes its windows short."""
    person = loop.ml_ops_engineer
    monitor = eventually(
        "the monitor",
        lambda: [one for one in person.list("/monitors/") if one["endpoint"] == endpoint["name"]],
    )[0]
    loop.data_scientist.is_refused(403, f"/monitors/{monitor['id']}/tune/", WINDOW)
    tuned = person.post(f"/monitors/{monitor['id']}/tune/", WINDOW)
    assert tuned["window_seconds"] == WINDOW["window_seconds"]
    return dict(tuned)


def ask(loop: Loop, clients: Clients) -> str:
    """Both protocols at the endpoint's own address. Returns one request's id."""
    answers = [clients.ask(record) for record in loop.case.quiet]
    assert all(len(answer["predictions"]) == 1 for answer in answers)
    several = clients.ask_in_open_inference_protocol(loop.case.quiet[:5])
    assert {tensor["name"] for tensor in several["outputs"]} == {"label", "probabilities"}
    assert several["outputs"][0]["shape"] == [5]
    labels = {record[loop.case.target] for record in loop.case.quiet}
    assert set(several["outputs"][0]["data"]) <= labels
    return next(iter(clients.asked))


def press_the_button(loop: Loop, before: dict[str, Any]) -> None:
    """A training that a person starts, and takes back: it leaves nothing behind."""
    person, path = loop.data_scientist, f"/experiments/{before['experiment']}/runs/"
    loop.ml_ops_engineer.is_refused(403, path)
    run = person.post(path)
    assert run["cause"] == "button"
    person.post(f"/runs/{run['id']}/cancel/")
    ended = eventually(
        "the cancelling", lambda: finished(person.get(f"/runs/{run['id']}/"), "pending", "queued", "running")
    )
    assert ended["state"] == "cancelled"
    assert ended["artifact_digest"] == ""


def drift(loop: Loop, clients: Clients, monitor: dict[str, Any]) -> dict[str, Any]:
    """
    The world moves, its labels come, and after two windows the cause is named. What the outcomes
    alone said of it before may stand in an incident of its own.
    """
    path = f"/monitors/{monitor['id']}/"
    loop.viewer.is_refused(403, path + "truth/", [])
    loop.ml_ops_engineer.is_refused(400, path + "truth/", {"correlation_id": "x"})
    assert clients.send_labels(loop.data_engineer, monitor["id"])["new"] == len(loop.case.quiet)
    waves = clients.waves(loop.case.drifted)

    def opened() -> list[Any]:
        next(waves)
        clients.send_labels(loop.data_engineer, monitor["id"])
        incidents = loop.ml_ops_engineer.list("/incidents/", status="open")
        expected = set(loop.case.expected_columns)
        return [one for one in incidents if one["monitor"] == monitor["id"] and named_by(one) & expected]

    incident = eventually("an incident that names what moved", opened)[0]
    windows = loop.ml_ops_engineer.list(path + "windows/")
    assert any(one["is_breach"] for one in windows)
    assert incident["sentence"]
    rows = loop.data_scientist.get(path + "rows/")
    assert rows["rows"]
    assert sentence(loop.data_engineer.api.get(path + "rows/"), 403)
    return dict(incident)


def named_by(incident: dict[str, Any]) -> set[str]:
    return {column for cause in incident["causes"] for column in cause["columns"]}


def retrain(loop: Loop, incident: dict[str, Any]) -> dict[str, Any]:
    """By itself where the project lets it, else by the button of who works on incidents."""
    person = loop.ml_ops_engineer

    def noted() -> list[Any]:
        return [one for one in person.list("/retrainings/") if one["incident"] == incident["id"]]

    first = eventually("what becomes of the incident", noted)[0]
    path = f"/incidents/{incident['id']}/retrain/"
    loop.viewer.is_refused(403, path)
    if not loop.case.retrains_by_itself:
        assert first["outcome"] in ("asked", "suppressed"), first
        person.post(path)
    person.is_refused(409, path)
    asked = eventually("the retraining", lambda: [one for one in noted() if one["training_run"]])[0]
    assert asked["outcome"] == "started"
    assert asked["collected"]["labelled_rows"] >= 30
    return finished_run(loop.data_scientist, asked["training_run"])


def trace(loop: Loop, asked: str, version: dict[str, Any], run: dict[str, Any], model: dict[str, Any],
          proposal: dict[str, Any]) -> None:  # fmt: skip
    """From one answered request to who approved it and the data behind it."""
    found = loop.viewer.get(f"/requests/{asked}/")
    assert len(found) == 1
    path = found[0]
    assert path["dataset_version"]["data_digest"] == version["data_digest"]
    assert path["run"]["id"] == run["id"]
    assert path["version"] == {
        **path["version"],
        "id": model["id"],
        "artifact_digest": model["artifact_digest"],
    }
    assert path["proposal"]["digest"] == proposal["digest"]
    assert [one["person"] for one in path["proposal"]["decisions"]] == [loop.approver.email]
    assert (
        "What stood behind" in (page := loop.viewer.open(f"/monitoring/requests/?id={asked}"))
        or asked in page
    )
    assert sentence(loop.stranger.api.get(f"/requests/{asked}/"), 404)


def check_the_log(loop: Loop, version: dict[str, Any]) -> None:
    """One chain of events from the file to the retraining; sealed, and it holds."""
    person = loop.administrator
    received = person.list("/audit/events/", action="datasets.version_created", project=loop.project)
    chain = uuid.UUID(next(one["chain"] for one in received if one["object_id"] == str(version["id"])))
    names = [one["name"] for one in all_events(person, chain)]
    missing = [name for name in (*OF_THE_FIRST_HALF, *OF_THE_SECOND_HALF) if name not in names]
    assert not missing, (missing, names)
    for half in (OF_THE_FIRST_HALF, OF_THE_SECOND_HALF):
        places = [names.index(name) for name in half]
        assert places == sorted(places), names
    asked = person.post("/audit/verifications/")
    done = eventually(
        "the verification",
        lambda: [
            one
            for one in person.list("/audit/verifications/")
            if one["id"] == asked["id"] and one["finished_at"]
        ],
    )
    assert done[0]["broken_at"] is None, done
    assert done[0]["sealed"] > len(names)


def all_events(person: Person, chain: uuid.UUID) -> list[dict[str, Any]]:
    """Of one chain, the oldest first."""
    found, address = [], f"/audit/events/?chain={chain}"
    while address:
        answer = person.api.get(address)
        answer.raise_for_status()
        found += answer.json()["results"]
        address = answer.json()["next"]
    return found[::-1]
