"""Incidents, captured rows, ground truth and the trace of a request."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import listing, snippets
from apps.core.errors import NotAllowed, TooLarge, WrongState
from apps.core.query_strings import number
from apps.core.said import Said
from apps.monitoring import captured_rows as rows_of
from apps.monitoring import incidents, lists, policy, tables, tracing
from apps.monitoring import truth as truths
from apps.monitoring.forms import AssignForm, ResolveForm, SilenceForm, TruthForm
from apps.monitoring.models import GroundTruth, Incident, Monitor
from apps.monitoring.views import visible

ROWS_ON_A_PAGE = 50
_OPEN = "open"


@require_safe
def incident_list(request: HttpRequest) -> HttpResponseBase:
    user, given = reader(request), request.GET
    found = Incident.objects.visible_to(user).select_related("monitor__endpoint__model__project", "assignee")
    status, is_mine = given.get("status", _OPEN), given.get("mine") == "yes"
    project = number(given.get("project"))
    if status == _OPEN:
        found = found.open()
    elif status in Incident.Status.values:
        found = found.filter(status=status)
    if is_mine:
        found = found.filter(assignee=user)
    if project is not None:
        found = found.filter(monitor__endpoint__model__project=project)
    context = {
        "status": status,
        "mine": is_mine,
        "statuses": Incident.Status.choices,
        "is_filtered": status != _OPEN or is_mine or project is not None,
        "snippet": snippets.call(reverse("api:incident-list") + "?status=open"),
    }
    table = lists.IncidentList(found, request)
    return listing.show(request, "monitoring/incident_list.html", table, context)


@require_safe
def incident_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _incident(request, pk))


def _show(
    request: HttpRequest, incident: Incident, *, resolve: ResolveForm | None = None,
    silence: SilenceForm | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "incident": incident,
        "monitor": incident.monitor,
        "lines": tables.lines(incident.monitor, until=incident.last_window),
        "assign_form": AssignForm(incident),
        "silence_form": silence or SilenceForm(),
        "resolve_form": resolve or ResolveForm(),
        "why_not": _why_not(incident, request),
        "activity": activity.about(incident),
    }
    status = 400 if resolve or silence else 200
    return render(request, "monitoring/incident_detail.html", context, status=status)


def _why_not(incident: Incident, request: HttpRequest) -> Said | None:
    return policy.why_not_work_now(incident) or policy.why_not_work_on(incident, reader(request))


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    incidents.acknowledge(_incident(request, pk), by=reader(request))
    messages.success(request, _("Everybody sees now that you look at it."))
    return redirect("monitoring:incident_detail", pk)


@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    incident = _incident(request, pk)
    if why_not := policy.why_not_work_on(incident, reader(request)):
        raise NotAllowed(why_not)
    form = AssignForm(incident, request.POST)
    if form.is_valid():
        incidents.assign(incident, to=form.cleaned_data["to"], by=reader(request))
        messages.success(request, _("%(person)s was told.") % {"person": form.cleaned_data["to"]})
    else:
        messages.error(request, _("Choose somebody whose role here works on incidents."))
    return redirect("monitoring:incident_detail", pk)


@require_POST
def silence(request: HttpRequest, pk: int) -> HttpResponse:
    incident, form = _incident(request, pk), SilenceForm(request.POST)
    if why_not := policy.why_not_work_on(incident, reader(request)):
        raise NotAllowed(why_not)
    if not form.is_valid():
        return _show(request, incident, silence=form)
    until, reason = timezone.now() + form.span, form.cleaned_data["reason"]
    incidents.silence(incident, until=until, reason=reason, by=reader(request))
    messages.success(request, _("It asks for nobody until then; its windows are judged as before."))
    return redirect("monitoring:incident_detail", pk)


@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    incident, form = _incident(request, pk), ResolveForm(request.POST)
    if why_not := policy.why_not_work_on(incident, reader(request)):
        raise NotAllowed(why_not)
    if not form.is_valid():
        return _show(request, incident, resolve=form)
    incidents.resolve(incident, by=reader(request), **form.cleaned_data)
    messages.success(request, _("The incident is resolved."))
    return redirect("monitoring:incident_detail", pk)


@require_safe
def captured_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """For who may read them; every look is an event, which is why this page alone writes on reading."""
    monitor = visible(request, pk)
    if why_not := policy.why_not_read_rows(monitor.endpoint, reader(request)):
        raise NotAllowed(why_not)
    total = rows_of.count(monitor.endpoint)
    page = Paginator(range(total), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = rows_of.newest(monitor.endpoint, page=page.number, size=ROWS_ON_A_PAGE, by=reader(request))
    headers, rows = rows_of.for_people(shown)
    context = {
        "monitor": monitor,
        "page": page,
        "headers": headers,
        "rows": rows,
    }
    return render(request, "monitoring/captured_rows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def truth(request: HttpRequest, pk: int) -> HttpResponse:
    monitor = visible(request, pk)
    why_not = policy.why_not_send_truth(monitor.endpoint, reader(request))
    if request.method != "POST":
        return _show_truth(request, monitor, TruthForm(), why_not)
    if why_not:
        raise NotAllowed(why_not)
    form = TruthForm(request.POST, request.FILES)
    if form.is_valid() and _received(form, monitor, request):
        return redirect("monitoring:truth", monitor.pk)
    return _show_truth(request, monitor, form, why_not, status=400)


def _received(form: TruthForm, monitor: Monitor, request: HttpRequest) -> bool:
    try:
        rows = truths.read_file(form.cleaned_data["file"])
        received = truths.receive(monitor.endpoint, rows, by=reader(request))
    except (ValidationError, TooLarge, WrongState) as refusal:
        form.add_error("file", refusal if isinstance(refusal, ValidationError) else str(refusal))
        return False
    counts = {"new": received.new, "repeated": received.repeated}
    messages.success(request, _("%(new)d labels are new, %(repeated)d were known.") % counts)
    return True


def _show_truth(
    request: HttpRequest, monitor: Monitor, form: TruthForm, why_not: Said | None, status: int = 200
) -> HttpResponse:
    known = GroundTruth.objects.filter(endpoint=monitor.endpoint).select_related("sent_by")
    context = {
        "monitor": monitor,
        "form": form,
        "why_not": why_not,
        "page": Paginator(known.order_by("-received_at", "-pk"), 25).get_page(request.GET.get("page")),
        "snippet": snippets.call(
            reverse("api:monitor-truth", args=[monitor.pk]),
            "POST",
            [{"correlation_id": "order-4711", "label": "yes"}],
        ),
    }
    return render(request, "monitoring/truth.html", context, status=status)


@require_safe
def request_trace(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("id", "").strip()[:128]
    context = {
        "wanted": wanted,
        "traces": tracing.trace(wanted, reader=reader(request)) if wanted else [],
        "most_files": rows_of.MOST_FILES,
    }
    return render(request, "monitoring/request_trace.html", context)


def _incident(request: HttpRequest, pk: int) -> Incident:
    found = Incident.objects.visible_to(reader(request)).select_related(
        "monitor__endpoint__model__project",
        "monitor__owner",
        "deployment__version__model__project",
        "deployment__version__training_run__dataset_version__dataset",
        "assignee",
        "acknowledged_by",
        "resolved_by",
        "silenced_by",
        "first_window",
        "last_window",
    )
    return get_object_or_404(found, pk=pk)
