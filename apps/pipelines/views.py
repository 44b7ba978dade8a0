from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.audit.models import Delivery
from apps.core import listing, pages, snippets
from apps.core.errors import NotAllowed
from apps.pipelines import delivering, engine_health, lists, policy, progress, runs, stages
from apps.pipelines.forms import RunFilter
from apps.pipelines.models import PipelineRun
from apps.projects.models import Project

STOP_POLLING = 286


class SignedInRequest(HttpRequest):
    """What the sign-in rule lets through."""

    user: User


@require_safe
def run_list(request: SignedInRequest) -> HttpResponseBase:
    wanted = RunFilter(request.GET, projects=Project.objects.visible_to(request.user))
    found = wanted.narrow(PipelineRun.objects.visible_to(request.user))
    context = {
        "filter": wanted,
        "keeps_it_running": policy.why_not_look_after_engine(request.user) is None,
        "first_steps": [
            _("Upload data, start a training or a release: each starts a job by itself."),
            _("Watch it here or on the page that you started it from."),
            _("When it fails, its page says why, and you can try again."),
        ],
        "snippet": snippets.call(reverse("api:job-list")),
    }
    table = lists.RunList(found.with_everything_for_a_row(), request)
    return listing.show(request, "pipelines/run_list.html", table, context)


@require_safe
def engine(request: SignedInRequest) -> HttpResponse:
    """The part under the list that is for those who keep the engine running."""
    if reason := policy.why_not_look_after_engine(request.user):
        raise NotAllowed(reason)
    return render(request, "pipelines/_engine.html", {"engine": engine_health.look()})


@require_safe
def run_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    context = {
        "run": found,
        **_log(request, found),
        "subject_url": pages.url_of(found.subject_type, found.subject_id),
        "snippet": _snippet(found),
    }
    return render(request, "pipelines/run.html", context)


@require_safe
def run_status(request: SignedInRequest, pk: int) -> HttpResponse:
    """The part that shows how far a run is; it stops being asked for when the run is over."""
    found = _visible(request, pk)
    return render(request, "pipelines/_run_status.html", {"run": found}, status=_polling(found))


@require_safe
def run_log(request: SignedInRequest, pk: int) -> HttpResponse:
    """The end of a step's log, `?step=`; of the current step where none is named."""
    found = _visible(request, pk)
    context = {"run": found, **_log(request, found)}
    return render(request, "pipelines/_run_log.html", context, status=_polling(found))


@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    found = runs.cancel(_visible(request, pk), by=request.user)
    messages.success(request, _("The run is being cancelled."))
    return redirect("pipelines:run", found.pk)


@require_POST
def retry(request: SignedInRequest, pk: int) -> HttpResponse:
    found = runs.retry(_visible(request, pk), by=request.user)
    messages.success(request, _("The run goes on from the step that failed."))
    return redirect("pipelines:run", found.pk)


@require_POST
def deliver_again(request: SignedInRequest, pk: int) -> HttpResponse:
    visible = Delivery.objects.all() if request.user.is_administrator else Delivery.objects.none()
    delivering.deliver_again(get_object_or_404(visible, pk=pk), by=request.user)
    messages.success(request, _("The event is delivered again."))
    return redirect("pipelines:run_list")


def _visible(request: SignedInRequest, pk: int) -> PipelineRun:
    visible = PipelineRun.objects.visible_to(request.user).with_everything_for_a_row()
    return get_object_or_404(visible, pk=pk)


def _log(request: SignedInRequest, found: PipelineRun) -> dict[str, object]:
    named = request.GET.get("step")
    chosen = next((step for step in found.steps.all() if step.name == named), None) or stages.current(found)
    return {"log_step": chosen, "log": progress.log_tail(chosen) if chosen else ""}


def _snippet(found: PipelineRun) -> dict[str, str]:
    url = f"{settings.PORTAL_URL}/api/v1/jobs/{found.pk}/"
    return {
        "curl": f'curl -H "Authorization: Bearer $TOKEN" {url}',
        "python": (
            "import os, requests\n\n"
            f'run = requests.get("{url}",\n'
            '    headers={"Authorization": f"Bearer {os.environ[\'TOKEN\']}"}, timeout=10).json()\n'
            'print(run["state"], [(step["name"], step["state"]) for step in run["steps"]])'
        ),
    }


def _polling(found: PipelineRun) -> int:
    return STOP_POLLING if found.is_final else 200
