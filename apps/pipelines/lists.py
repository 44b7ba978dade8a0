"""The list of jobs, and the columns of any list whose rows are runs."""

from collections.abc import Callable
from typing import Any

from django.db.models import Expression, F
from django.db.models.functions import Coalesce, Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import columns, ranking
from apps.core.listing import Listing
from apps.pipelines import stages
from apps.pipelines.models import PipelineRun, State


class HowFar(columns.Part):
    """The stage that a run is at, whom it waits for, or why it failed. `run_of` finds the row's run."""

    def __init__(self, *, run_of: Callable[[Any], PipelineRun]) -> None:
        super().__init__(_("How far"), "pipelines/_how_far.html", exclude_from_export=False)
        self.run_of = run_of

    def render(self, record: object, table: Any) -> SafeString:
        return render_to_string(self.template, {**table.part_context, "run": self.run_of(record)})

    def value(self, record: object) -> str:
        run = self.run_of(record)
        return str(run.failure) or "; ".join(_in_words(stage) for stage in stages.telling(run))


def took(run: str = "") -> Expression:
    """How long a run took, or takes until now; `run` is the path to it."""
    return Coalesce(F(f"{run}finished_at"), Now()) - F(f"{run}created_at")


def by_state(run: str = "") -> Expression:
    """What waits to begin first, what is over last."""
    return ranking.place(f"{run}state", State.values)


def _in_words(stage: stages.Stage) -> str:
    if not stage.waits_for:
        return stage.label
    return gettext("%(stage)s, for %(who)s") % {"stage": stage.label, "who": stage.waits_for}


def _run(record: PipelineRun) -> str:
    return reverse("pipelines:run", args=[record.pk])


def _itself(record: PipelineRun) -> PipelineRun:
    return record


class RunList(Listing):
    """Of runs `with_everything_for_a_row`."""

    key = "jobs"
    always = frozenset({"kind"})
    at_first_hidden = frozenset({"finished_at"})
    caption = _("Jobs")

    kind = columns.Word(_("Job"), linkify=_run)
    subject = columns.Name(_("Of"), accessor="subject_label", order_by="subject_label")
    state = columns.Status(_("State"))
    how_far = HowFar(run_of=_itself)
    project = columns.Name(_("Project"), accessor="project__name", order_by="project__name")
    started_by = columns.Person(_("Started by"), empty_values=(), order_by="started_by__name")
    created_at = columns.When(_("Started"))
    finished_at = columns.When(_("Ended"))
    duration = columns.Duration(_("Took"))

    def render_kind(self, value: str) -> str:
        return str(stages.title(value))

    value_kind = render_kind

    def order_state(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, by_state(), is_descending=is_descending)

    def order_duration(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, took(), is_descending=is_descending)
