"""Trainings column by column: what was asked of them, what came out, where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.core.numbers import NOTHING
from apps.experiments.models import TrainingRun

MOST_RUNS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    text: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """`differs`: not all runs have the same there."""

    label: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        return len({(cell.text, cell.value) for cell in self.cells}) > 1


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    lines: tuple[Line, ...]


def groups(runs: Sequence[TrainingRun], *, only_differences: bool) -> list[Group]:
    """Metrics, the model, settings and origin; groups without a line are left out."""
    found = [
        Group(_("Metrics on held-out rows"), tuple(_metrics(runs))),
        Group(_("Model"), tuple(_lines(runs, _model))),
        Group(_("Settings"), tuple(_lines(runs, _settings))),
        Group(_("Where it comes from"), tuple(_lines(runs, _origin))),
    ]
    if only_differences:
        found = [Group(one.title, tuple(line for line in one.lines if line.differs)) for one in found]
    return [group for group in found if group.lines]


def _metrics(runs: Sequence[TrainingRun]) -> Iterator[Line]:
    names = dict.fromkeys(name for run in runs for name in run.report.get("metrics", {}))
    for name in names:
        yield Line(name, tuple(_metric(run, name) for run in runs))
    if names:
        yield Line(_("gain over the naive model"), tuple(Cell(value=run.report.get("gain")) for run in runs))


def _metric(run: TrainingRun, name: str) -> Cell:
    found = run.report.get("metrics", {}).get(name)
    if found is None:
        return Cell(NOTHING)
    low, high = found.get("interval") or (None, None)
    return Cell(value=found["value"], low=low, high=high)


def _lines(runs: Sequence[TrainingRun], read: Any) -> Iterator[Line]:
    documents = [read(run) for run in runs]
    for label in dict.fromkeys(label for document in documents for label in document):
        yield Line(label, tuple(Cell(_text(document.get(label))) for document in documents))


def _model(run: TrainingRun) -> dict[str, Any]:
    report = run.report
    return {_("algorithm"): report.get("algorithm"), **report.get("parameters", {})}


def _settings(run: TrainingRun) -> dict[str, Any]:
    flat = {name: value for name, value in run.settings.items() if not isinstance(value, dict)}
    for part in ("recipe", "split"):
        flat |= {f"{part}: {name}": value for name, value in run.settings.get(part, {}).items()}
    return flat


def _origin(run: TrainingRun) -> dict[str, Any]:
    return {
        _("data version"): str(run.dataset_version),
        _("code commit"): run.code_commit,
        _("environment"): run.environment_digest[:12],
        _("artifact"): run.artifact_digest[:12],
    }


def _text(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or NOTHING
    if isinstance(value, dict):
        return str(value.get("name", value))
    return str(value)
