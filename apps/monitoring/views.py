"""Monitors: the overview, one monitor with its windows and columns, its settings and owner."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import declared, listing, snippets
from apps.core.errors import NotAllowed
from apps.core.query_strings import number
from apps.core.said import Said
from apps.deployments.models import Deployment, Endpoint
from apps.monitoring import lights, lists, owners, policy, setting_up, tables, tuning
from apps.monitoring.forms import OwnerForm, TuningForm
from apps.monitoring.models import Baseline, GroundTruth, Incident, Monitor, WindowResult

WINDOWS, STRIP = 120, 40
"""Windows that the page draws, and those that it has a link to."""


def visible(request: HttpRequest, pk: int) -> Monitor:
    monitors = Monitor.objects.visible_to(reader(request))
    return get_object_or_404(monitors.select_related("endpoint__model__project", "owner"), pk=pk)


@require_safe
def monitor_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    monitors = setting_up.monitors_for_lists(user).order_by("endpoint__name")
    project = number(request.GET.get("project"))
    if project is not None:
        monitors = monitors.filter(endpoint__model__project=project)
    context = {
        "unmonitored": _unmonitored(user),
        "is_filtered": project is not None,
        "snippet": snippets.call(reverse("api:monitor-list")),
        "first_steps": [
            _("Bring an approved version live."),
            _("Its monitor and its baseline are set up by themselves, unless the project wants otherwise."),
            _("Send ground truth when it is known: then the real performance is shown too."),
        ],
    }
    table = lists.MonitorList(lights.with_newest(monitors), request)
    return listing.show(request, "monitoring/monitor_list.html", table, context)


def _unmonitored(user: User) -> list[tuple[Deployment, Said | None]]:
    """With why the person may not start a monitor there; in two queries whatever their number."""
    found = setting_up.unmonitored(user)[:20]
    reasons = policy.why_not_start_each([deployment.endpoint for deployment in found], user)
    return list(zip(found, reasons, strict=True))


@require_POST
def start(request: HttpRequest, endpoint_pk: int) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint.objects.visible_to(reader(request)), pk=endpoint_pk)
    monitor = setting_up.start(endpoint, by=reader(request))
    messages.success(request, _("The monitor is set up. Its baseline is counted now."))
    return redirect("monitoring:monitor_detail", monitor.pk)


@require_safe
def monitor_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """`?window=` chooses the window whose columns are shown, the newest where none is named."""
    monitor, user = visible(request, pk), reader(request)
    live = _live(monitor)
    version = live.version if live else None
    baseline = Baseline.objects.filter(version=version).first() if version else None
    results = _newest_windows(monitor)
    chosen = _chosen(results, request.GET.get("window", ""))
    incidents = Incident.objects.filter(monitor=monitor).select_related("assignee")
    context = {
        "monitor": monitor,
        "live": live,
        "baseline": baseline,
        "baseline_run": setting_up.baseline_run(version) if version and not baseline else None,
        "state": lights.states([monitor])[monitor.pk],
        "last": results[-1] if results else None,
        "measured": _newest_measured(results),
        "charts": declared.resolve("apps.monitoring.pictures.of_monitor")(results),
        "chosen": chosen,
        "columns": _columns(results, chosen),
        "strip": results[-STRIP:],
        "windows": results[-8:][::-1],
        "open_incidents": incidents.open()[:5],
        "closed_incidents": incidents.filter(status=Incident.Status.RESOLVED)[:5],
        "truths": GroundTruth.objects.filter(endpoint=monitor.endpoint).count(),
        "owner_is_gone": policy.why_not_change(monitor, monitor.owner) is not None,
        "why_not_change": policy.why_not_change(monitor, user),
        "why_not_read_rows": policy.why_not_read_rows(monitor.endpoint, user),
        "activity": activity.about(monitor, limit=8),
        "data_time": results[-1].end if results else None,
    }
    return render(request, "monitoring/monitor_detail.html", context)


def _newest_windows(monitor: Monitor) -> list[WindowResult]:
    """Oldest first. They share few deployments, whose trainings are large: each is read once."""
    deployments = Deployment.objects.select_related("version__model__project", "version__training_run")
    windows = WindowResult.objects.filter(monitor=monitor).prefetch_related(
        Prefetch("deployment", queryset=deployments)
    )
    return list(windows.order_by("-start")[:WINDOWS])[::-1]


def _chosen(results: list[WindowResult], wanted: str) -> WindowResult | None:
    compared = [result for result in results if result.features]
    named = (result for result in compared if str(result.pk) == wanted)
    return next(named, compared[-1] if compared else None)


def _columns(results: list[WindowResult], chosen: WindowResult | None) -> list[tables.ColumnRow]:
    """The columns of the chosen window, with how they got there."""
    if chosen is None:
        return []
    importance = declared.resolve("apps.monitoring.pictures.importance_of")(chosen.deployment.version)
    return tables.column_rows(results[: results.index(chosen) + 1], importance)


@require_safe
def monitor_column(request: HttpRequest, pk: int, column: str) -> HttpResponse:
    """Training and one window on each other; `?window=` chooses another than the newest."""
    monitor = visible(request, pk)
    windows = WindowResult.objects.filter(monitor=monitor).select_related("deployment__version")
    compared = windows.exclude(features=[]).order_by("-start")
    wanted = number(request.GET.get("window"))
    result = (compared if wanted is None else compared.filter(pk=wanted)).first()
    if result is None:
        raise Http404
    feature = next((one for one in result.features if one["name"] == column), None)
    chart = declared.resolve("apps.monitoring.pictures.of_feature")(monitor, result, column)
    if feature is None or chart is None:
        raise Http404
    newest = list(compared[:60])[::-1]
    context = {
        "monitor": monitor,
        "result": result,
        "column": column,
        "feature": feature,
        "chart": chart,
        "newer": compared.filter(start__gt=result.start).order_by("start").first(),
        "older": compared.filter(start__lt=result.start).first(),
        "line": [tables.severity(_named(one, column)) for one in newest],
    }
    return render(request, "monitoring/monitor_column.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def monitor_settings(request: HttpRequest, pk: int) -> HttpResponse:
    monitor, user = visible(request, pk), reader(request)
    why_not = policy.why_not_change(monitor, user)
    if request.method == "POST" and why_not:
        raise NotAllowed(why_not)
    form = TuningForm(monitor, request.POST if request.method == "POST" else None)
    if form.is_valid() and _saved(form, monitor, request):
        return redirect("monitoring:monitor_detail", monitor.pk)
    context = {"monitor": monitor, "form": form, "owner_form": OwnerForm(monitor), "why_not": why_not}
    status = 400 if form.is_bound else 200
    return render(request, "monitoring/monitor_settings.html", context, status=status)


def _saved(form: TuningForm, monitor: Monitor, request: HttpRequest) -> bool:
    try:
        tuning.change(monitor, form.tuning(), by=reader(request))
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    messages.success(request, _("The settings hold from the next window on."))
    return True


@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    monitor, user = visible(request, pk), reader(request)
    if why_not := policy.why_not_change(monitor, user):
        raise NotAllowed(why_not)
    form = OwnerForm(monitor, request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose somebody whose role here works on incidents."))
        return redirect("monitoring:monitor_settings", monitor.pk)
    owners.hand_over(monitor, to=form.cleaned_data["to"], by=user)
    messages.success(request, _("%(person)s owns this monitor now.") % {"person": form.cleaned_data["to"]})
    return redirect("monitoring:monitor_detail", monitor.pk)


def _live(monitor: Monitor) -> Deployment | None:
    return (
        monitor.endpoint.deployments.filter(state=Deployment.State.LIVE)
        .select_related("version__training_run", "version__model__project")
        .first()
    )


def _newest_measured(results: list[WindowResult]) -> WindowResult | None:
    return next((one for one in reversed(results) if one.performance.get("joined")), None)


def _named(result: WindowResult, column: str) -> dict[str, object] | None:
    return next((one for one in result.features if one["name"] == column), None)
