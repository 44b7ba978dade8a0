"""
Every list and every page of one object, on a large database: queries and server time.

`BENCH_SCALE=0.01` tries a hundredth of everything; DATABASE_URL=postgresql://… measures on a
database of its own beside that one. Asked as a member of the busiest project and as an auditor,
who sees everything, in this process: what is timed is the server's work without the network.
Budgets: 10 queries for a list, 20 for a page of one object or one put together from all apps, 150 ms
for 95 of 100 requests. CPU time stands beside it: it tells the page's cost from a busy machine's.
"""

import contextlib
import gc
import importlib
import logging
import os
import pkgutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.benchmarks import pages_database
from tests.benchmarks.harness import Bench, quantile

ASKS = int(os.environ.get("BENCH_ASKS") or 20)
MEMBER, AUDITOR = 1, 2
LIST_BUDGET, DETAIL_BUDGET, P95_BUDGET_MS = 10, 20, 150
FINE = frozenset({200, 286})

# What answers with a file, another service or a fixed text is no page.
NOT_PAGES = frozenset(
    {"audit:export_json", "audit:export_csv", "audit:public_key", "audit:chain", "home:health"}
    | {"datasets:version_data", "api:datasetversion-data", "api:schema", "api:docs", "home:status"}
    | {"accounts:welcome", "pipelines:run_log", "api:job-log", "gateway:gate"}
)
COMPOSED = frozenset({"home:dashboard", "home:inbox", "home:search"})
"""Pages put together from all apps; they have the budget of a page of one object."""
THE_FIRST = (
    "projects:project_detail",
    "projects:project_settings",
    "projects:members",
    "datasets:dataset_detail",
    "experiments:experiment_detail",
    "experiments:experiment_edit",
    "experiments:compare",
    "pipelines:run",
    "pipelines:run_status",
    "registry:model_detail",
    "deployments:endpoint_detail",
    "monitoring:monitor_detail",
    "monitoring:monitor_settings",
    "monitoring:captured_rows",
    "monitoring:truth",
    "monitoring:incident_detail",
    "audit:event",
)
"""Pages whose first object is the one that a tenth of everything hangs on."""
QUERIES = {
    "experiments:compare": ["run=11&run=21&run=31"],
    "experiments:experiment_detail": ["", "sort=-score"],
    "pipelines:run_list": ["", "page=500", "state=failed"],
    "audit:event_list": ["", "before=5000"],
    "home:search": ["q=risk-12"],
}


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    address: str
    is_list: bool


@dataclass(slots=True)
class Measured:
    queries: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    status: int = 0


def main() -> None:
    with pages_database.filled() as objects:
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        logging.getLogger("django.request").setLevel(logging.CRITICAL)
        with transaction.atomic():
            bench, missed = _bench(objects)
            transaction.set_rollback(True)
        connection.close()
    bench.print()
    if missed:
        print("\n".join(missed), file=sys.stderr)
        raise SystemExit(1)


def _bench(objects: Mapping[str, Mapping[str, object]]) -> tuple[Bench, list[str]]:
    bench = Bench("pages", ASKS, ("page", "as", "queries", "p50 ms", "p95 ms", "cpu ms", "over"))
    found, skipped = _pages(objects)
    worst = {True: 0, False: 0}
    slowest, dearest, broken = 0.0, 0.0, []
    for page in found:
        for who, pk in (("member", MEMBER), ("auditor", AUDITOR)):
            measured = _measure(_client(pk), page.address)
            if measured.status in {403, 404, 405}:
                continue  # Not everything is theirs: who may see what is tests/access's matter.
            if measured.status not in FINE:
                broken.append(f"{page.name} ({page.address}) answers {measured.status} to a {who}")
                continue
            p50, p95 = (1000 * quantile(measured.seconds, share) for share in (0.5, 0.95))
            cpu = 1000 * quantile(measured.cpu_seconds, 0.5)
            worst[page.is_list] = max(worst[page.is_list], measured.queries)
            slowest, dearest = max(slowest, p95), max(dearest, cpu)
            over = _over(page, measured.queries, p95)
            bench.row(_label(page), who, measured.queries, p50, p95, cpu, over)
    bench.figure("list_queries_max", worst[True])
    bench.figure("detail_queries_max", worst[False])
    bench.figure("p95_ms", slowest)
    bench.figure("cpu_ms_max", dearest)
    bench.figure("pages", len(found))
    if skipped:
        bench.notes.append(f"Not asked, for want of an object: {', '.join(skipped)}.")
    return bench, broken


def _over(page: Page, queries: int, p95_ms: float) -> str:
    budget = LIST_BUDGET if page.is_list else DETAIL_BUDGET
    words = (["queries"] if queries > budget else []) + (["time"] if p95_ms > P95_BUDGET_MS else [])
    return " ".join(words)


def _label(page: Page) -> str:
    query = page.address.partition("?")[2]
    return f"{page.name}?{query}" if query else page.name


def _client(pk: int) -> Client:
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(importlib.import_module("apps.accounts.models").User.objects.get(pk=pk))
    return client


def _measure(client: Client, address: str) -> Measured:
    """The first answer, which may load modules and templates, is not counted."""
    measured = Measured(status=client.get(address).status_code)
    if measured.status not in FINE:
        return measured
    gc.collect()
    gc.freeze()  # As the web process does once it has loaded everything.
    for _turn in range(ASKS):
        with _counted() as queries:
            began, cpu_began = time.perf_counter(), time.process_time()
            client.get(address)
            measured.cpu_seconds.append(time.process_time() - cpu_began)
            measured.seconds.append(time.perf_counter() - began)
        measured.queries = max(measured.queries, len(queries))
    return measured


@contextlib.contextmanager
def _counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def _pages(objects: Mapping[str, Mapping[str, object]]) -> tuple[list[Page], list[str]]:
    """Every page there is, and the names of those that nothing is known to show on."""
    rows = _matrix()
    project = importlib.import_module("apps.projects.models").Project.objects.get(pk=1)
    known = {**{name: {"pk": 1} for name in THE_FIRST}, **objects}
    found, skipped = [], []
    for name, takes_arguments in sorted(_names(get_resolver())):
        row = rows.get(name)
        if name in NOT_PAGES or ":" not in name or (row is not None and "GET" not in row.methods):
            continue
        if not takes_arguments:
            arguments: Mapping[str, object] | None = {}
        else:
            arguments = known.get(name) or (row.kwargs(project) if row else None)
        if arguments is None:
            skipped.append(name)
            continue
        address = reverse(name, kwargs=dict(arguments))
        for query in QUERIES.get(name, [row.query.removeprefix("?") if row else ""]):
            found.append(
                Page(name, f"{address}?{query}" if query else address, not arguments and name not in COMPOSED)
            )
    return found, skipped


def _matrix() -> dict[str, object]:
    """What tests/access knows of each address: its methods, and how to make an object for it."""
    access = importlib.import_module("tests.access")
    modules = (
        importlib.import_module(f"tests.access.{one.name}") for one in pkgutil.iter_modules(access.__path__)
    )
    return {name: row for module in modules for name, row in module.ROWS.items()}


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, bool]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield f"{namespace}{entry.name}", bool(entry.pattern.regex.groupindex)
        else:
            yield from _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


if __name__ == "__main__":
    main()
