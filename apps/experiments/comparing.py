"""Trainings column by column: what was asked of them, what came out, where they differ."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core import metric_words
from apps.core.numbers import NOTHING, number
from apps.experiments import setting_words
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
    cells: tuple[tuple[TrainingRun, Cell], ...]

    @property
    def differs(self) -> bool:
        return len({(cell.text, cell.value) for _run, cell in self.cells}) > 1


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
        yield Line(metric_words.word(name), tuple((run, _metric(run, name)) for run in runs))
    if names:
        yield Line(
            _("Gain over the naive model"), tuple((run, Cell(value=run.report.get("gain"))) for run in runs)
        )


def _metric(run: TrainingRun, name: str) -> Cell:
    found = run.report.get("metrics", {}).get(name)
    if found is None:
        return Cell(NOTHING)
    low, high = found.get("interval") or (None, None)
    return Cell(value=found["value"], low=low, high=high)


def _lines(runs: Sequence[TrainingRun], read: Callable[[TrainingRun], dict[str, str]]) -> Iterator[Line]:
    documents = [(run, read(run)) for run in runs]
    for label in dict.fromkeys(label for _run, known in documents for label in known):
        yield Line(label, tuple((run, Cell(known.get(label, NOTHING))) for run, known in documents))


def _model(run: TrainingRun) -> dict[str, str]:
    parameters = run.report.get("parameters", {})
    return {
        _("Algorithm"): run.report.get("algorithm") or NOTHING,
        **{name: number(value) for name, value in parameters.items()},
    }


def _settings(run: TrainingRun) -> dict[str, str]:
    return {
        setting_words.name(name): setting_words.value(name, value)
        for name, value in setting_words.flat(run.settings).items()
    }


def _origin(run: TrainingRun) -> dict[str, str]:
    return {
        _("Data version"): str(run.dataset_version),
        _("Code commit"): run.code_commit[:12] or NOTHING,
        _("Environment"): run.environment_digest[:12] or NOTHING,
        _("Artifact"): run.artifact_digest[:12] or NOTHING,
    }
