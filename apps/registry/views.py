from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import listing, snippets
from apps.core.errors import NotAllowed
from apps.core.query_strings import number
from apps.projects.models import Project
from apps.registry import charts, comparison_words, lineage, lists, model_cards, policy, resolving, tiers
from apps.registry.forms import AnswerForm, ReasonForm, TierForm
from apps.registry.models import ModelVersion, RegisteredModel, Tier, TierRequest, Validation

PER_PAGE = 25
STATES = [*ModelVersion.Stage.choices, *ModelVersion.ApprovalStatus.choices]


@require_safe
def model_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    projects = Project.objects.visible_to(user)
    query, project = request.GET.get("q", "").strip(), number(request.GET.get("project"))
    state = _state(request)
    newest = ModelVersion.objects.filter(model=OuterRef("pk")).order_by("-number")
    found = (
        RegisteredModel.objects.visible_to(user)
        .select_related("project", "owner")
        .annotate(newest=Subquery(newest.values("number")[:1]))
        .prefetch_related(_in_production())
    )
    if query:
        found = found.filter(Q(name__icontains=query) | Q(purpose__icontains=query))
    if project is not None:
        found = found.filter(project=project)
    if state:
        found = found.filter(Exists(ModelVersion.objects.in_state(state).filter(model=OuterRef("pk"))))
    context = {
        "projects_to_choose": projects,
        "query": query,
        "project_chosen": project,
        "states": STATES,
        "state_chosen": state,
        "is_filtered": bool(query or project is not None or state),
        "steps": [
            _("Upload a table and publish it."),
            _("Create an experiment on it; a training starts by itself."),
            _("A model that is better than the champion is registered here."),
        ],
        "snippet": snippets.call(reverse("api:model-list")),
    }
    table = lists.ModelList(found.order_by("project__name", "name", "pk"), request)
    return listing.show(request, "registry/model_list.html", table, context)


@require_safe
def model_detail(request: HttpRequest, pk: int) -> HttpResponse:
    user = reader(request)
    model = get_object_or_404(
        RegisteredModel.objects.visible_to(user)
        .select_related("project", "owner")
        .prefetch_related(_in_production()),
        pk=pk,
    )
    versions = model.versions.select_related(
        "training_run__validation", "training_run__dataset_version__dataset", "registered_by"
    )
    points = model_cards.same_metric(model_cards.measured(versions[:50]))
    state = _state(request)
    shown = versions.in_state(state) if state else versions
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    open_request = model.tier_requests.filter(state=TierRequest.State.OPEN).select_related("asked_by").first()
    context = {
        "model": model,
        "page": page,
        "states": STATES,
        "state_chosen": state,
        "trend": charts.metric_trend(points[-1].metric, points) if len(points) > 1 else None,
        "tier_form": TierForm(initial={"tier": model.tier}),
        "why_not_tier": policy.why_not_ask_for_tier(model, user),
        "tier_request": open_request,
        "why_not_answer": policy.why_not_answer_tier(open_request, user) if open_request else None,
        "activity": activity.about(model, *page),
        "snippet": snippets.call(reverse("api:model-detail", args=[model.pk])),
    }
    return render(request, "registry/model_detail.html", context)


@require_safe
def version_detail(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(
        ModelVersion.objects.visible_to(reader(request)).select_related(
            "model__project",
            "model__owner",
            "registered_by",
            "training_run__experiment__project",
            "training_run__dataset_version__dataset",
            "training_run__pipeline_run",
            "training_run__started_by",
            "training_run__validation__champion__model__project",
        ),
        pk=pk,
    )
    report = model_cards.training_report(version)
    validation: Validation | None = getattr(version.training_run, "validation", None)
    context = {
        "model_version": version,
        "validation": validation,
        "held_out": report.get("held_out", {}),
        "report": report,
        "differences": comparison_words.differences(validation.report) if validation else [],
        "lineage": lineage.picture(version),
        "activity": activity.about(version),
        "snippet": snippets.call(reverse("api:modelversion-detail", args=[version.pk])),
    }
    return render(request, "registry/version_detail.html", context)


@require_safe
def validation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show_validation(request, _validation(request, pk))


@require_POST
def register(request: HttpRequest, pk: int) -> HttpResponse:
    validation, form = _validation(request, pk), ReasonForm(request.POST)
    try:
        version = resolving.register_anyway(validation, by=reader(request), reason=_reason(form))
    except ValidationError as wrong:
        return _show_validation(request, validation, errors=wrong.messages, status=400)
    messages.success(request, _("%(version)s is registered.") % {"version": version})
    return redirect("registry:version_detail", version.pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    validation, form = _validation(request, pk), ReasonForm(request.POST)
    try:
        resolving.discard(validation, by=reader(request), reason=_reason(form))
    except ValidationError as wrong:
        return _show_validation(request, validation, errors=wrong.messages, status=400)
    messages.success(request, _("The model is discarded; the run and its report stay."))
    return redirect("registry:validation_detail", validation.pk)


@require_POST
def change_tier(request: HttpRequest, pk: int) -> HttpResponse:
    user = reader(request)
    model = get_object_or_404(RegisteredModel.objects.visible_to(user), pk=pk)
    if why_not := policy.why_not_ask_for_tier(model, user):
        raise NotAllowed(why_not)
    form = TierForm(request.POST)
    if not form.is_valid():
        raise ValidationError(_("Choose a tier and say why."))
    to, reason = Tier(form.cleaned_data["tier"]), form.cleaned_data["reason"]
    asked = tiers.change(model, to=to, by=user, reason=reason)
    is_done = asked.state == TierRequest.State.GRANTED
    messages.success(
        request, _("The tier is raised.") if is_done else _("An approver must confirm the lower tier.")
    )
    return redirect("registry:model_detail", model.pk)


@require_POST
def answer_tier(request: HttpRequest, pk: int) -> HttpResponse:
    user = reader(request)
    asked = get_object_or_404(
        TierRequest.objects.select_related("model__project").filter(
            model__in=RegisteredModel.objects.visible_to(user)
        ),
        pk=pk,
    )
    form = AnswerForm(request.POST)
    grants = form.is_valid() and form.cleaned_data["answer"] == "grant"
    tiers.answer(asked, grant=grants, by=user)
    messages.success(request, _("The tier is changed.") if grants else _("The tier stays as it is."))
    return _back_to(asked.model)


def _back_to(model: RegisteredModel) -> HttpResponseRedirect:
    return redirect("registry:model_detail", model.pk)


def _state(request: HttpRequest) -> str:
    """The state of versions that is asked for; nothing where it is none."""
    wanted = request.GET.get("state", "")
    return wanted if wanted in dict(STATES) else ""


def _in_production() -> Prefetch:
    return Prefetch("versions", ModelVersion.objects.in_production(), to_attr="live")


def _validation(request: HttpRequest, pk: int) -> Validation:
    found = Validation.objects.visible_to(reader(request)).select_related(
        "training_run__experiment__project",
        "training_run__dataset_version__dataset",
        "training_run__started_by",
        "champion__model__project",
        "pipeline_run",
        "resolved_by",
    )
    return get_object_or_404(found, pk=pk)


def _reason(form: ReasonForm) -> str:
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


def _show_validation(
    request: HttpRequest, validation: Validation, *, errors: list[str] | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "validation": validation,
        "report": validation.report,
        "differences": comparison_words.differences(validation.report),
        "model_version": ModelVersion.objects.select_related("model__project")
        .filter(training_run=validation.training_run)
        .first(),
        "form": ReasonForm(request.POST or None),
        "errors": errors or [],
        "why_not": policy.why_not_resolve(validation, reader(request)),
        "activity": activity.about(validation),
        "snippet": snippets.call(reverse("api:validation-detail", args=[validation.pk])),
    }
    return render(request, "registry/validation_detail.html", context, status=status)
