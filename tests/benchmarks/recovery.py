"""
What a kill -9 costs: the whole portal on this machine, real trainings, and how long until each run
goes on or says why it failed. Also how soon publishing data leads to a training, and starting up.

`BENCH_KILLS=1` kills once instead of twice in each way.
"""

import contextlib
import html
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.benchmarks.harness import ROOT, Bench
from tests.e2e.cases import CASES, Case
from tests.e2e.people import LINK, Person, eventually
from tests.e2e.stack import SCORING_PORTS, Stack, free_ports, stop

KILLS = int(os.environ.get("BENCH_KILLS") or 2)
PATIENCE_SECONDS = 240.0
STARTING_SECONDS = 300.0
FINAL = ("succeeded", "failed", "cancelled")
CHILD = "apps.experiments.training_child"
ROLES = ("data_engineer", "data_scientist")
# Long enough that a kill meets it in the middle of its search.
LONG_SEARCH = {
    "algorithms": ["linear", "lightgbm", "random_forest"],
    "trials_per_algorithm": 8,
    "folds": 5,
    "time_budget_seconds": 60,
}
PAGES = ("/", "/datasets/", "/experiments/", "/models/", "/jobs/", "/monitoring/", "/audit/", "/approvals/")


@dataclass(slots=True)
class Recovered:
    """One kill: how long until the run went on or was over, and how."""

    how: str
    seconds: float
    outcome: str
    orphans: int


def main() -> None:
    bench = Bench("recovery", KILLS, ("killed", "seconds", "outcome", "orphans"))
    with tempfile.TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True) as folder:
        var = Path(folder)
        cold, warm = _starting(var)
        with _started(var) as (stack, _seconds):
            recovered, reaction, left, rss = _measured(stack)
    for one in recovered:
        bench.row(one.how, one.seconds, one.outcome, one.orphans)
    bench.figure("seconds_max", max(one.seconds for one in recovered))
    bench.figure("orphans", sum(one.orphans for one in recovered))
    bench.figure("runs", len(recovered))
    bench.figure("left_unfinished", left)
    bench.figure("publish_to_claim_s", reaction[0])
    bench.figure("first_progress_s", reaction[1])
    bench.figure("start_cold_s", cold)
    bench.figure("start_warm_s", warm)
    bench.figure("web_rss_mb", rss)
    bench.print()


def _starting(var: Path) -> tuple[float, float]:
    """Into an empty folder (tables, static files), and again with everything there."""
    with _started(var) as (_stack, cold):
        pass
    with _started(var) as (_stack, warm):
        pass
    return cold, warm


@contextlib.contextmanager
def _started(var: Path) -> Iterator[tuple[Stack, float]]:
    """As `make run` does. Seconds until the first page answers."""
    port = free_ports(1)
    began = time.monotonic()
    with (var / "output.txt").open("ab") as output:
        process = psutil.Popen(
            [sys.executable, "-m", "mlops_portal.supervision"],
            cwd=ROOT,
            env=_environment(var, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    stack = Stack(var, process, f"http://localhost:{port}")
    try:
        greeting = f"The portal is at http://localhost:{port}"
        stack.wait_for("the portal", lambda: greeting in stack.output, STARTING_SECONDS)
        yield stack, time.monotonic() - began
    finally:
        stop(stack)


def _environment(var: Path, port: int) -> dict[str, str]:
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in names if name in os.environ} | {
        "VAR_DIR": str(var),
        "PORTAL_PORT": str(port),
        "PORTAL_URL": f"http://localhost:{port}",
        "SCORING_FIRST_PORT": str(free_ports(SCORING_PORTS)),
        "SCORING_PORTS": str(SCORING_PORTS),
        "DEMO": "no",
        "PYTHONUNBUFFERED": "1",
    }


def _measured(stack: Stack) -> tuple[list[Recovered], tuple[float, float], int, int]:
    person = Person(stack.url, "bench@example.org", "Bench")
    # Made at the first start, on another port.
    person.accept(stack.url + urlsplit(stack.first_link).path, first=True)
    person.use_token()
    member = _member(person)
    case = _case()
    first = _upload(member, case)
    reaction = _reaction(stack, member, first)
    killing: dict[str, Callable[[Stack], None]] = {
        "training process": _kill_training,
        "worker's child": _kill_pool_child,
        "whole worker": _kill_worker,
    }
    recovered = []
    for how, kill in killing.items():
        for _turn in range(KILLS):
            recovered.append(_recovery(stack, member, first, how, kill))
    for page in PAGES:
        member.open(page)
    return recovered, reaction, _unfinished(stack), _web_rss(stack)


def _member(administrator: Person) -> Person:
    """Administrators have no rights in projects: somebody who has."""
    page = administrator.submit("/people/invite/", {"email": "member@example.org", "global_role": ""})
    link = LINK.findall(html.unescape(page.text))[0]
    member = Person(administrator.url, "member@example.org", "Member")
    member.accept(link)
    member.use_token()
    project = administrator.post("/projects/", {"name": "Recovery", "purpose": "To be killed."})["id"]
    for role in ROLES:
        administrator.post(f"/projects/{project}/members/", {"email": member.email, "role": role})
    member.post(f"/projects/{project}/arrows/", {"arrow": "train", "mode": "automatic"})
    return member


def _case() -> Case:
    """Real credit applicants where they lie beside the checkout, else the demo's."""
    named = os.environ.get("MLOPS_TEST_DATA")
    places = [Path(named)] if named else [up / "shared" / "data" for up in (ROOT.parent, ROOT.parent.parent)]
    found = next((place for place in places if (place / "bank_marketing").is_dir()), None)
    return CASES["bank_marketing"](found) if found else CASES["generator"](ROOT)


def _upload(person: Person, case: Case) -> dict[str, Any]:
    """An experiment on a first small version, and all of the data as a version that is not published yet."""
    project = person.list("/projects/")[0]["id"]
    dataset = person.post("/datasets/", {"project": project, "name": "calls"})["id"]
    lines = case.csv.splitlines(keepends=True)
    _read(person, dataset, case, "".join(lines[: len(lines) // 4]), publish=True)
    design = {"name": "recovery", "model_name": "recovery", "settings": case.settings | LONG_SEARCH}
    experiment = person.post("/experiments/", {"dataset": dataset, **design})["id"]
    version = _read(person, dataset, case, case.csv, publish=False)
    return {"experiment": experiment, "version": version}


def _read(person: Person, dataset: int, case: Case, text: str, *, publish: bool) -> int:
    files = {"file": (case.filename, text.encode(), "text/csv")}
    answer = person.api.post(
        f"/datasets/{dataset}/upload/", files=files, data={"publish": str(publish).lower()}
    )
    answer.raise_for_status()
    address = f"/uploads/{answer.json()['id']}/"
    done = eventually(
        "the file to be read",
        lambda: found if (found := person.get(address))["state"] != "reading" else None,
        seconds=PATIENCE_SECONDS,
    )
    return int(done["version"])


def _reaction(stack: Stack, person: Person, first: dict[str, Any]) -> tuple[float, float]:
    """Seconds from publishing to the claimed training step, and to its first progress in the API."""
    version = first["version"]
    person.post(f"/dataset-versions/{version}/publish/")
    published = _moment(_one(stack, "SELECT published_at FROM datasets_datasetversion WHERE id = ?", version))
    run = eventually("a training", lambda: person.list("/runs/", dataset_version=version))[0]
    first["run"] = run["id"]
    job = _one(stack, "SELECT pipeline_run_id FROM experiments_trainingrun WHERE id = ?", run["id"])
    claimed = eventually(
        "the first step",
        lambda: _one(stack, "SELECT min(started_at) FROM pipelines_step WHERE run_id = ?", job),
    )
    eventually("progress", lambda: any(step["progress"] for step in person.get(f"/jobs/{job}/")["steps"]))
    seen = (datetime.now(UTC) - published).total_seconds()
    person.post(f"/runs/{run['id']}/cancel/")
    _wait_until_over(stack, job)
    return (_moment(claimed) - published).total_seconds(), seen


def _recovery(
    stack: Stack, person: Person, first: dict[str, Any], how: str, kill: Callable[[Stack], None]
) -> Recovered:
    run = person.post(f"/runs/{first['run']}/repeat/")["id"]
    job = _one(stack, "SELECT pipeline_run_id FROM experiments_trainingrun WHERE id = ?", run)
    eventually("the training's process", lambda: _trainings(stack), seconds=PATIENCE_SECONDS)
    time.sleep(3)
    before = {process.pid for process in _trainings(stack)}
    attempt = _attempts(stack, job)
    kill(stack)
    began = time.monotonic()
    outcome = eventually("recovery", lambda: _outcome(stack, job, attempt), seconds=PATIENCE_SECONDS)
    seconds = time.monotonic() - began
    orphans = sum(1 for process in _trainings(stack) if process.pid in before)
    if outcome == "resumed":
        person.post(f"/runs/{run}/cancel/")
    _wait_until_over(stack, job)
    eventually("its processes to end", lambda: not _trainings(stack), seconds=PATIENCE_SECONDS)
    return Recovered(how, seconds, outcome, orphans)


def _outcome(stack: Stack, job: int, attempt: int) -> str:
    """ "resumed" when the step runs in a new attempt; the state when it is over with a reason."""
    state, failure = _row(stack, "SELECT state, failure FROM pipelines_pipelinerun WHERE id = ?", job)
    if state in FINAL:
        return f"{state}: {_in_words(failure)[:60]}" if failure else ""
    return "resumed" if _attempts(stack, job) > attempt and _trainings(stack) else ""


def _attempts(stack: Stack, job: int) -> int:
    return int(_one(stack, "SELECT sum(attempt) FROM pipelines_step WHERE run_id = ?", job) or 0)


def _wait_until_over(stack: Stack, job: int) -> None:
    eventually(
        "the run to be over",
        lambda: _one(stack, "SELECT state FROM pipelines_pipelinerun WHERE id = ?", job) in FINAL,
        seconds=PATIENCE_SECONDS,
    )


def _unfinished(stack: Stack) -> int:
    """Trainings that the database still calls unfinished after everything is over."""
    wanted = "SELECT count(*) FROM pipelines_pipelinerun WHERE kind = 'training' AND finished_at IS NULL"
    return int(_one(stack, wanted))


def _kill_training(stack: Stack) -> None:
    for process in _trainings(stack):
        process.kill()


def _kill_pool_child(stack: Stack) -> None:
    main = _long_worker(stack)
    child = next(one for one in main.children() if one.children())
    child.kill()


def _kill_worker(stack: Stack) -> None:
    os.killpg(os.getpgid(_long_worker(stack).pid), signal.SIGKILL)


def _long_worker(stack: Stack) -> psutil.Process:
    """The worker's main process: its parent is its guard, not another one of Celery's."""
    workers = [one for one in stack.processes() if "long@%h" in _words(one) and "celery" in _words(one)]
    pids = {one.pid for one in workers if "guard.py" not in " ".join(_words(one))}
    return next(one for one in workers if one.pid in pids and one.ppid() not in pids)


def _trainings(stack: Stack) -> list[psutil.Process]:
    """Processes that train, whoever their parent is by now."""
    found = (one for one in psutil.process_iter() if CHILD in _words(one))
    return [
        one
        for one in found
        if "guard.py" not in " ".join(_words(one)) and str(stack.var) in " ".join(_words(one))
    ]


def _in_words(stored: str) -> str:
    """What was said, as it stands in the database: a code, which is the sentence here, and facts."""
    with contextlib.suppress(ValueError):
        return str(json.loads(stored)["code"])
    return stored


def _words(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    return []


def _web_rss(stack: Stack) -> int:
    """Of the process that answers, the largest of the web server's."""
    web = [one for one in stack.processes() if "granian" in " ".join(_words(one))]
    return round(max(one.memory_info().rss for one in web) / 1024**2)


def _row(stack: Stack, statement: str, *values: object) -> tuple[Any, ...]:
    address = f"file:{stack.var / 'portal.sqlite3'}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=20)) as connection:
        return tuple(connection.execute(statement, values).fetchone())


def _one(stack: Stack, statement: str, *values: object) -> Any:
    return _row(stack, statement, *values)[0]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
