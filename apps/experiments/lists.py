"""The lists of experiments and of an experiment's trainings."""

from typing import Any

import django_tables2 as tables
from django.db.models import Count, Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import columns, metric_words
from apps.core.listing import Listing
from apps.experiments import leaderboard
from apps.experiments.models import Experiment, TrainingRun


def _experiment(record: Experiment) -> str:
    return reverse("experiments:experiment_detail", args=[record.pk])


def _last_run(record: Any) -> str | None:
    last = record.last
    return reverse("experiments:run_detail", args=[last.run.pk]) if last else None


class ExperimentList(Listing):
    """Of experiments with their project and dataset; each gets `run_count` and `last`, a leaderboard row."""

    key = "experiments"
    always = frozenset({"name"})
    caption = _("Experiments")

    name = columns.Name(_("Experiment"), linkify=_experiment)
    project = columns.Name(_("Project"), accessor="project__name", order_by="project__name")
    dataset = columns.Name(_("Dataset"), accessor="dataset__name", order_by="dataset__name")
    target = columns.Name(_("Target"), accessor="settings__target", order_by="settings__target")
    model = columns.Name(_("Model"), accessor="model_name")
    run_count = columns.Number(_("Runs"), orderable=False)
    state = columns.Status(_("Last run"), accessor="last__run__pipeline_run__state", orderable=False)
    score = columns.Number(
        _("Its score"), accessor="last__value", digits=3, linkify=_last_run, orderable=False
    )
    started = columns.When(_("Started"), accessor="last__run__created_at", style="relative", orderable=False)

    def complete(self, records: list[Any]) -> list[Any]:
        counted = TrainingRun.objects.filter(experiment__in=records).order_by().values("experiment")
        runs_of = {row["experiment"]: row for row in counted.annotate(count=Count("pk"), last=Max("pk"))}
        last = TrainingRun.objects.select_related("pipeline_run").in_bulk(
            [r["last"] for r in runs_of.values()]
        )
        for experiment in records:
            known = runs_of.get(experiment.pk)
            experiment.run_count = known["count"] if known else 0
            experiment.last = leaderboard.row(last[known["last"]]) if known else None
        return records

    def render_target(self, value: str) -> SafeString:
        return format_html("<code>{}</code>", value)

    def render_score(self, record: Any, value: float) -> SafeString:
        return _score(record.last.metric, value)


class RunList(Listing):
    """
    The leaderboard: of an experiment's runs, each with `row`, what the leaderboard says of it.

    `metric` is what most of them are measured by, and what `?sort=score` orders by.
    """

    key = "runs"
    always = frozenset({"chosen", "run"})
    at_first_hidden = frozenset({"cause"})
    caption = _("Runs")

    chosen = tables.Column("", accessor="pk", orderable=False, exclude_from_export=True)
    run = columns.Word(_("Run"), accessor="number", order_by="number")
    version = columns.Word(
        _("Data"), accessor="dataset_version__short_name", order_by="dataset_version__number"
    )
    state = columns.Status(_("State"), accessor="pipeline_run__state", order_by="pipeline_run__state")
    algorithm = columns.Word(_("Algorithm"), accessor="row__algorithm", order_by="report__algorithm")
    score = columns.Number(_("Score"), accessor="row__value", initial_sort_descending=True)
    gain = columns.Number(_("Gain over naive"), accessor="row__gain", order_by="report__gain", digits=3)
    fit = tables.Column(_("Fit"), accessor="row__fit", orderable=False)
    started = columns.When(_("Started"), accessor="created_at", style="relative")
    by = columns.Person(_("By"), accessor="started_by", order_by="started_by__name")
    cause = columns.Word(_("Set off by"), accessor="cause", order_by="cause")

    def __init__(self, *args: Any, metric: str, **more: Any) -> None:
        self.metric = metric
        super().__init__(*args, **more)
        if metric and "score" in self.columns:
            header = gettext("%(metric)s and 95 %% interval") % {"metric": metric_words.word(metric)}
            self.columns["score"].column.verbose_name = header

    def complete(self, records: list[Any]) -> list[Any]:
        for run in records:
            run.row = leaderboard.row(run)
        return records

    def order_score(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return leaderboard.by_metric(queryset, self.metric, is_descending=is_descending), True

    def render_chosen(self, record: TrainingRun) -> SafeString:
        word = gettext("Compare run %(n)s") % {"n": record.number}
        return format_html(
            '<input type="checkbox" name="run" form="compare" value="{}" aria-label="{}">', record.pk, word
        )

    def render_run(self, record: TrainingRun) -> SafeString:
        word = gettext("run %(n)s") % {"n": record.number}
        return format_html('<a href="{}">{}</a>', reverse("experiments:run_detail", args=[record.pk]), word)

    def render_state(self, record: TrainingRun, bound_column: Any) -> SafeString:
        status = bound_column.column.render(record, bound_column)
        failure = record.pipeline_run.failure
        return (
            format_html("{}<br><span class='text-secondary'>{}</span>", status, failure)
            if failure
            else status
        )

    def render_score(self, record: Any) -> SafeString:
        row = record.row
        other = metric_words.word(row.metric) if row.metric != self.metric else ""
        context = {"metric": other, "value": row.value, "low": row.low, "high": row.high}
        return render_to_string("experiments/_score.html", context)

    def render_fit(self, value: leaderboard.Fit) -> SafeString:
        return render_to_string("experiments/_fit.html", {"fit": value})

    def value_fit(self, value: leaderboard.Fit) -> str:
        return value.word


def _score(metric: str, value: float) -> SafeString:
    number = columns.ui.number(value, "", 3)
    return format_html("{} {}", metric_words.word(metric), number)
