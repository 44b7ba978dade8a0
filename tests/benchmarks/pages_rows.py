"""
The rows of a large, lopsided installation: a tenth of everything hangs on the first of its kind.

Primary keys are given out here, so that rows refer to each other without asking the database.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from psycopg2.extras import execute_values

NOW = datetime.now(UTC).replace(microsecond=0)
HEAVY_CHAIN = uuid.UUID(int=7)
CHAIN_EVENTS = 400
COLUMNS = 20
METRICS = ("jensen_shannon_distance", "psi", "null_value_rate_difference")
AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many there are of each; `scaled(0.01)` is a hundredth, for a first try."""

    events: int = 1_000_000
    runs: int = 100_000
    windows: int = 100_000
    truths: int = 100_000
    notices: int = 100_000
    samples: int = 50_000
    dataset_versions: int = 10_000
    model_versions: int = 5_000
    incidents: int = 5_000
    users: int = 2_000
    models: int = 1_000
    endpoints: int = 300
    projects: int = 200

    @classmethod
    def scaled(cls, scale: float) -> "Sizes":
        sizes = cls()
        return cls(**{name: max(20, round(getattr(sizes, name) * scale)) for name in cls.__slots__})


def heavy(position: int, parents: int) -> int:
    """The id of the parent: every tenth child goes to the first, the others by turns."""
    return 1 if position % 10 == 0 else position % parents + 1


def ago(position: int, total: int, *, days: int = 365) -> datetime:
    """Spread evenly over the last days, the newest last."""
    return NOW - timedelta(days=days) * (1 - position / total)


def digest(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def insert(label: str, rows: Iterable[dict[str, Any]]) -> None:
    """As bulk_create, without building an object and a statement for each of a million rows."""
    model = apps.get_model(label)
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "
    values = ([_stored(field, row) for field in fields] for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        while part := list(islice(values, AT_ONCE)):
            if connection.vendor == "postgresql":
                execute_values(cursor.cursor, f"{into} %s", part, page_size=1000)
            else:
                cursor.executemany(f"{into} ({', '.join(['%s'] * len(fields))})", part)


def _stored(field: "models.Field[Any, Any]", row: dict[str, Any]) -> Any:
    value = row[field.attname] if field.attname in row else field.get_default()
    return field.get_db_prep_save(value, connection)


def people(sizes: Sizes) -> None:
    insert(
        "accounts.user",
        (
            {
                "id": n,
                "email": f"somebody{n}@example.org",
                "name": f"Somebody {n}",
                "password": "!",
                "global_role": "auditor" if n == 2 else "",
                "date_joined": ago(n, sizes.users),
            }
            for n in range(1, sizes.users + 1)
        ),
    )
    insert(
        "projects.project",
        (
            {"id": n, "name": f"Department {n}", "slug": f"department-{n}", "created_by_id": 3}
            for n in range(1, sizes.projects + 1)
        ),
    )
    insert("projects.membership", _memberships(sizes))


def _memberships(sizes: Sizes) -> Iterator[dict[str, Any]]:
    """Person 1 is the member who asks: every role in the heavy project, a role in forty others."""
    roles = [
        str(value) for value, _label in apps.get_model("projects.membership")._meta.get_field("role").choices
    ]
    given = [(project, 1, roles[project % 6]) for project in range(2, min(sizes.projects, 41))]
    given += [(1, 1, role) for role in roles]
    given += [(heavy(n, sizes.projects), n, roles[n % 6]) for n in range(4, sizes.users + 1)]
    for project, person, role in given:
        yield {"project_id": project, "person_id": person, "role": role, "granted_by_id": 3}


def data(sizes: Sizes) -> None:
    insert(
        "datasets.dataset",
        (
            {"id": n, "project_id": heavy(n - 1, sizes.projects), "name": f"table {n}", "created_by_id": 1}
            for n in range(1, sizes.models + 1)
        ),
    )
    insert("datasets.datasetversion", _dataset_versions(sizes))


def _dataset_versions(sizes: Sizes) -> Iterator[dict[str, Any]]:
    schema = {
        "columns": [{"name": f"column_{n}", "kind": "number", "nullable": True} for n in range(COLUMNS)]
    }
    numbers: dict[int, int] = defaultdict(int)
    for n in range(1, sizes.dataset_versions + 1):
        dataset = heavy(n - 1, sizes.models)
        numbers[dataset] += 1
        yield {
            "id": n,
            "dataset_id": dataset,
            "number": numbers[dataset],
            "status": "published",
            "data_digest": digest(n),
            "profile_digest": digest(-n),
            "filename": "rows.csv",
            "rows": 30_000 + n,
            "schema": schema,
            "summary": {"columns": COLUMNS, "size": 2_000_000, "missing_share": 0.01, "duplicate_rows": 3},
            "author_id": 1,
            "published_by_id": 1,
            "published_at": ago(n, sizes.dataset_versions),
            "created_at": ago(n, sizes.dataset_versions),
            "chain": uuid.UUID(int=n),
        }


def trainings(sizes: Sizes) -> None:
    insert(
        "experiments.experiment",
        (
            {
                "id": n,
                "project_id": heavy(n - 1, sizes.projects),
                "name": f"Experiment {n}",
                "model_name": f"risk-{n}",
                "dataset_id": n,
                "settings": {"target": "column_0", "task": "binary"},
                "settings_digest": digest(n),
                "created_by_id": 1,
                "edited_by_id": 1,
            }
            for n in range(1, sizes.models + 1)
        ),
    )
    insert("pipelines.pipelinerun", _pipeline_runs(sizes))
    insert("pipelines.step", _steps(sizes))
    insert("experiments.trainingrun", _training_runs(sizes))


def _experiment_of(run: int, sizes: Sizes) -> int:
    return heavy(run - 1, sizes.models)


def _state(run: int, sizes: Sizes) -> str:
    """Nearly all are over; the newest hundred are under way."""
    if run > sizes.runs - min(100, sizes.runs // 20):
        return ("running", "queued", "waiting")[run % 3]
    return "failed" if run % 20 == 0 else "succeeded"


def _pipeline_runs(sizes: Sizes) -> Iterator[dict[str, Any]]:
    for n in range(1, sizes.runs + 1):
        experiment, state, began = _experiment_of(n, sizes), _state(n, sizes), ago(n, sizes.runs)
        yield {
            "id": n,
            "kind": "training",
            "project_id": heavy(experiment - 1, sizes.projects),
            "subject_type": "experiments.trainingrun",
            "subject_id": str(n),
            "subject_label": f"Experiment {experiment} run {n}",
            "state": state,
            "failure": "The data has no column “y” to learn." if state == "failed" else "",
            "chain": uuid.UUID(int=n),
            "started_by_id": heavy(n, sizes.users),
            "actor": "Person",
            "created_at": began,
            "finished_at": began + timedelta(minutes=4) if state in {"failed", "succeeded"} else None,
        }


def _steps(sizes: Sizes) -> Iterator[dict[str, Any]]:
    names = ("prepare", "train", "log", "validate")
    for run in range(1, sizes.runs + 1):
        state, began = _state(run, sizes), ago(run, sizes.runs)
        for position, name in enumerate(names):
            is_last = position == len(names) - 1
            ours = state if is_last else "succeeded"
            yield {
                "id": (run - 1) * len(names) + position + 1,
                "run_id": run,
                "name": name,
                "position": position,
                "queue": "training",
                "state": ours,
                "attempt": 1,
                "published_at": NOW,
                "lease_until": NOW + timedelta(days=365) if ours == "running" else None,
                "started_at": began,
                "finished_at": began + timedelta(minutes=1) if ours in {"failed", "succeeded"} else None,
            }


def _training_runs(sizes: Sizes) -> Iterator[dict[str, Any]]:
    numbers: dict[int, int] = defaultdict(int)
    versions: dict[int, int] = {}
    for n in range(1, sizes.dataset_versions + 1):
        versions[heavy(n - 1, sizes.models)] = n
    for n in range(1, sizes.runs + 1):
        experiment = _experiment_of(n, sizes)
        numbers[experiment] += 1
        yield {
            "id": n,
            "experiment_id": experiment,
            "number": numbers[experiment],
            "dataset_version_id": versions.get(experiment, 1),
            "pipeline_run_id": n,
            "cause": "button",
            "started_by_id": heavy(n, sizes.users),
            "settings": {"target": "column_0", "task": "binary"},
            "settings_digest": digest(experiment),
            "seed": 0,
            "artifact_digest": digest(n),
            "report": _short_report(n) if _state(n, sizes) == "succeeded" else {},
            "created_at": ago(n, sizes.runs),
        }


def _short_report(n: int) -> dict[str, Any]:
    value = 0.7 + (n % 1000) / 5000
    figure = {"value": value, "interval": [value - 0.02, value + 0.02]}
    return {
        "metric": "roc_auc",
        "metrics": dict.fromkeys(("roc_auc", "average_precision", "accuracy", "f1", "brier"), figure),
        "gain": 2 * value - 1,
        "algorithm": ("linear", "lightgbm", "random_forest")[n % 3],
        "findings": [{"code": "low_gain", "sentence": "It is hardly better than guessing."}]
        if n % 7 == 0
        else [],
    }


def registry(sizes: Sizes) -> None:
    insert(
        "registry.registeredmodel",
        (
            {
                "id": n,
                "project_id": heavy(n - 1, sizes.projects),
                "name": f"risk-{n}",
                "owner_id": heavy(n, sizes.users),
            }
            for n in range(1, sizes.models + 1)
        ),
    )
    chosen = _registered_runs(sizes)
    insert("registry.validation", _validations(chosen))
    insert("registry.modelversion", _model_versions(chosen, sizes))
    insert("approvals.proposal", _proposals(chosen))
    insert("approvals.decision", _decisions(chosen))


def _registered_runs(sizes: Sizes) -> list[tuple[int, int]]:
    """(run, model) of each registered version, in order: finished trainings of that model's experiment."""
    every = max(1, sizes.runs // sizes.model_versions)
    runs = range(1, sizes.runs + 1, every)
    offset = ((run + run // every % 3, run) for run in runs)
    found = [min(moved, sizes.runs) for moved, _run in offset]
    kept = [run for run in dict.fromkeys(found) if _state(run, sizes) == "succeeded"]
    return [(run, _experiment_of(run, sizes)) for run in kept]


def _validations(chosen: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    report = {"metric": "roc_auc", "n": 590, "reasons": ["x" * 200] * 6}
    for n, (run, _model) in enumerate(chosen, 1):
        verdict = ("promote", "promote", "promote", "hold")[n % 4]
        is_open = verdict == "hold" and n % 40 == 0
        yield {
            "id": n,
            "training_run_id": run,
            "pipeline_run_id": run,
            "verdict": verdict,
            "sentence": "Better: roc_auc 0.93 on 590 rows against the champion's 0.92.",
            "report": report,
            "report_digest": digest(n),
            "resolution": "open" if is_open else "registered",
        }


def _model_versions(chosen: list[tuple[int, int]], sizes: Sizes) -> Iterator[dict[str, Any]]:
    numbers: dict[int, int] = defaultdict(int)
    last = {model: n for n, (_run, model) in enumerate(chosen, 1)}
    for n, (run, model) in enumerate(chosen, 1):
        numbers[model] += 1
        live = last[model] == n and model <= sizes.endpoints
        yield {
            "id": n,
            "model_id": model,
            "number": numbers[model],
            "training_run_id": run,
            "artifact_digest": digest(run),
            "signature": {
                "task": "binary",
                "target": "column_0",
                "features": [{"name": f"column_{k}", "kind": "number"} for k in range(1, COLUMNS)],
                "classes": ["no", "yes"],
            },
            "approval_status": "approved"
            if live
            else ("pending_manual_approval" if _is_open(n) else "draft"),
            "approved_digest": digest("approved") if live else "",
            "stage": "production" if live else "development",
            "registered_by_id": 1 if n % 5 else 3,
            "registered_at": ago(n, len(chosen)),
            "chain": uuid.UUID(int=run),
        }


def _is_open(proposal: int) -> bool:
    return proposal % 25 == 0


def _proposals(chosen: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    evidence = {"items": [{"name": f"item {n}", "sentence": "x" * 300} for n in range(12)]}
    for n, (run, _model) in enumerate(chosen, 1):
        when = ago(n, len(chosen))
        status = "open" if _is_open(n) else ("rejected" if n % 9 == 0 else "approved")
        yield {
            "id": n,
            "version_id": n,
            "release_run_id": run,
            "manifest": {f"input {k}": digest(k) for k in range(12)},
            "digest": digest(n),
            "evidence": evidence,
            "evidence_digest": digest("evidence"),
            "tier": "low",
            "signoffs_needed": 1,
            "status": status,
            "proposed_by_id": 3,
            "actor": "Person 3",
            "proposed_at": when,
            "expires_at": NOW + timedelta(days=30),
            "closed_at": None if status == "open" else when,
            "chain": uuid.UUID(int=run),
        }


def _decisions(chosen: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    for n in range(1, len(chosen) + 1):
        if not _is_open(n):
            yield {
                "id": n,
                "proposal_id": n,
                "person_id": 4,
                "verdict": "reject" if n % 9 == 0 else "approve",
                "reason": "The figures hold on the rows that matter.",
                "role": "approver",
                "seen_digest": digest(n),
            }


def serving(sizes: Sizes) -> None:
    chosen = _registered_runs(sizes)
    last = {model: n for n, (_run, model) in enumerate(chosen, 1)}
    models_served = [model for model in range(1, sizes.endpoints + 1) if model in last]
    insert(
        "deployments.endpoint",
        (
            {
                "id": model,
                "model_id": model,
                "name": f"served-{model}",
                "port": 40_000 + model,
                "created_by_id": 1,
                "reported_at": NOW,
            }
            for model in models_served
        ),
    )
    insert("deployments.release", _releases(chosen))
    served = [(n, model) for n, (_run, model) in enumerate(chosen, 1) if model <= sizes.endpoints]
    insert("deployments.deployment", _deployments(served, last, len(chosen)))
    insert("deployments.probeResult", _probes(last, models_served, sizes))
    insert("deployments.trafficsample", _traffic(models_served, sizes))
    insert("monitoring.baseline", _baselines(last, models_served))
    insert("monitoring.monitor", _monitors(models_served, sizes))
    insert("monitoring.windowresult", _windows(last, models_served, sizes))
    insert("monitoring.incident", _incidents(last, models_served, sizes))
    insert("monitoring.groundtruth", _truths(models_served, sizes))
    insert("monitoring.capturefile", _captures(last, models_served, sizes))


def _releases(chosen: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    for n, (run, _model) in enumerate(chosen, 1):
        yield {
            "id": n,
            "version_id": n,
            "pipeline_run_id": run,
            "started_by_id": 1,
            "package_digest": digest(n),
            "proposal_id": n,
            "created_at": ago(n, len(chosen)),
        }


def _deployments(served: list[tuple[int, int]], last: dict[int, int], total: int) -> Iterator[dict[str, Any]]:
    """One for each version of a served model; the newest is live. Their ids are the versions'."""
    for version, model in served:
        is_live = last[model] == version
        began = ago(version, total)
        yield {
            "id": version,
            "endpoint_id": model,
            "version_id": version,
            "release_id": version,
            "proposal_id": version,
            "package_digest": digest(version),
            "state": "live" if is_live else "retired",
            "ticket": "signed" if is_live else "",
            "deployed_by_id": 1,
            "created_at": began,
            "live_from": began,
            "live_to": None if is_live else began + timedelta(days=3),
            "chain": uuid.UUID(int=version),
        }


def _probes(last: dict[int, int], served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    for n in range(1, sizes.samples + 1):
        model = served[heavy(n, len(served)) - 1]
        yield {
            "id": n,
            "deployment_id": last[model],
            "at": ago(n, sizes.samples, days=3),
            "succeeded": n % 500 != 0,
            "latency_ms": 3.0,
        }


def _traffic(served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    for n in range(1, sizes.samples + 1):
        model = served[heavy(n, len(served)) - 1]
        yield {
            "id": n,
            "endpoint_id": model,
            "at": NOW - timedelta(minutes=sizes.samples - n),
            "requests": 600,
            "errors": n % 3,
            "p95_ms": 4.0,
        }


def _baselines(last: dict[int, int], served: list[int]) -> Iterator[dict[str, Any]]:
    for n, model in enumerate(served, 1):
        yield {"id": n, "version_id": last[model], "digest": digest(n), "rows": 24_000}


def _monitors(served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    for model in served:
        owner = 1 if model % 3 == 0 else heavy(model, sizes.users)
        yield {"id": model, "endpoint_id": model, "owner_id": owner, "checked_until": NOW}


def _windows(last: dict[int, int], served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    """The first monitor's windows tell of all its columns; the others' of three."""
    for n in range(1, sizes.windows + 1):
        model = served[heavy(n, len(served)) - 1]
        start = NOW - timedelta(hours=sizes.windows - n + 1)
        verdict = "drifted" if n % 50 == 0 else "stable"
        yield {
            "id": n,
            "monitor_id": model,
            "deployment_id": last[model],
            "start": start,
            "end": start + timedelta(hours=1),
            "rows": 2_000,
            "verdict": verdict,
            "is_breach": verdict == "drifted",
            "features": _features(n, COLUMNS if model == served[0] else 3),
            "created_at": start + timedelta(hours=1),
        }


def _features(window: int, columns: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"column_{column}",
            "role": "feature",
            "kind": "number",
            "verdict": "drifted" if window % 50 == 0 and column == 1 else "stable",
            "n_reference": 24_000,
            "n_window": 2_000,
            "rows": 2_000,
            "metrics": [_metric(name, window, column) for name in METRICS],
            "q_value": 0.4,
            "new_levels": None,
        }
        for column in range(columns)
    ]


def _metric(name: str, window: int, column: int) -> dict[str, Any]:
    return {
        "name": name,
        "value": 0.01 + (window * (column + 3) % 97) / 2000,
        "direction": "above",
        "policy_threshold": 0.1,
        "effective_threshold": 0.1,
        "decides": name == METRICS[0],
        "p_value": None,
        "statistic": None,
    }


def _incidents(last: dict[int, int], served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    opened: set[int] = set()
    for n in range(sizes.incidents, 0, -1):
        monitor = served[heavy(n, len(served)) - 1]
        is_open = monitor not in opened and monitor % 3 == 0
        opened |= {monitor} if is_open else set()
        yield {
            "id": n,
            "monitor_id": monitor,
            "deployment_id": last[monitor],
            "cause": "feature_drift",
            "sentence": "column_1 moved: its median is 3.1 instead of 2.2.",
            "causes": [{"name": "feature_drift", "sentence": "x" * 200}],
            "calls_for_retraining": True,
            "windows": 3,
            "status": "new" if is_open else "resolved",
            "assignee_id": 1 if monitor % 2 else heavy(n, sizes.users),
            "opened_at": ago(n, sizes.incidents),
            "resolved_by_id": None if is_open else 1,
            "resolved_at": None if is_open else ago(n, sizes.incidents),
            "resolution": "" if is_open else "data_fixed",
            "resolution_reason": "" if is_open else "The feed was mended.",
            "chain": uuid.UUID(int=n),
        }


def _truths(served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    for n in range(1, sizes.truths + 1):
        yield {
            "id": n,
            "endpoint_id": served[heavy(n, len(served)) - 1],
            "correlation_id": f"loan-{n}",
            "label": "yes",
            "sent_by_id": 1,
            "received_at": ago(n, sizes.truths),
        }


def _captures(last: dict[int, int], served: list[int], sizes: Sizes) -> Iterator[dict[str, Any]]:
    for n in range(1, sizes.samples + 1):
        model = served[heavy(n, len(served)) - 1]
        began = ago(n, sizes.samples, days=30)
        yield {
            "id": n,
            "endpoint_id": model,
            "deployment_id": last[model],
            "segment": f"served-{model}/{n}",
            "segment_sha256": digest(n),
            "data_digest": digest(-n),
            "rows": 2_000,
            "first_at": began,
            "last_at": began + timedelta(minutes=5),
            "is_counted": True,
        }


def log(sizes: Sizes) -> None:
    """Every event sealed, every delivery done."""
    insert("audit.event", _events(sizes))
    insert(
        "audit.seal",
        (
            {"event_id": n, "sequence": n, "previous": digest(n - 1), "hash": digest(n), "sealed_at": NOW}
            for n in range(1, sizes.events + 1)
        ),
    )
    insert(
        "audit.checkpoint",
        [{"id": 1, "sequence": sizes.events, "hash": digest(sizes.events), "signature": "0" * 128}],
    )
    subscriber = "apps.experiments.triggers.on_published"
    insert(
        "audit.delivery",
        (
            {"id": k, "event_id": n, "subscriber": subscriber, "state": "done", "attempts": 1}
            for k, n in enumerate(range(1, sizes.events + 1, 3), 1)
        ),
    )
    insert("notifications.notice", _notices(sizes))


def _events(sizes: Sizes) -> Iterator[dict[str, Any]]:
    kinds = (
        ("experiments.run_started", "experiments.trainingrun", sizes.runs),
        ("experiments.run_finished", "experiments.trainingrun", sizes.runs),
        ("datasets.version_published", "datasets.datasetversion", sizes.dataset_versions),
        ("registry.version_registered", "registry.modelversion", sizes.model_versions),
        ("monitoring.capture_taken_in", "monitoring.capturefile", sizes.samples),
        ("approvals.proposal_opened", "approvals.proposal", sizes.model_versions),
    )
    last_of_chain = sizes.events - min(CHAIN_EVENTS, sizes.events // 2)
    for n in range(1, sizes.events + 1):
        name, kind, count = kinds[n % len(kinds)]
        subject = str(heavy(n, count))
        label = f"{kind} {subject}"
        yield {
            "id": n,
            "name": name,
            "at": ago(n, sizes.events),
            "chain": HEAVY_CHAIN if n > last_of_chain else uuid.UUID(int=n // 6 + 1000),
            "project_id": heavy(n, sizes.projects),
            "actor": f"Somebody {heavy(n, sizes.users)}",
            "actor_id": heavy(n, sizes.users),
            "object_type": kind,
            "object_id": subject,
            "object_label": label,
            "body": json.dumps({"format": 1, "name": name, "facts": {"run": n, "state": "succeeded"}}),
        }


def _notices(sizes: Sizes) -> Iterator[dict[str, Any]]:
    for n in range(1, sizes.notices + 1):
        yield {
            "id": n,
            "recipient_id": heavy(n, sizes.users),
            "event_id": n,
            "kind": "experiments.run_finished",
            "subject": "The training of Experiment 1 has finished",
            "body": "It reached roc_auc 0.93.",
            "path": f"/runs/{n}/",
            "project_id": heavy(n, sizes.projects),
            "created_at": ago(n, sizes.notices),
            "read_at": None if n % 20 == 0 else NOW,
            "mail": "sent",
        }


def reset_sequences() -> None:
    """What is made afterwards goes on counting where these rows ended."""
    every = [model for config in apps.get_app_configs() for model in config.get_models()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), every):
            cursor.execute(statement)


def fill(sizes: Sizes) -> None:
    for part in (people, data, trainings, registry, serving, log):
        part(sizes)
    reset_sequences()
