import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import listing
from apps.core import snippets as api
from apps.core.errors import Unavailable
from apps.deployments import (
    api_keys,
    asking,
    charts,
    endpoints,
    figures,
    history,
    lists,
    places,
    policy,
    reporting,
    rolling_back,
    samples,
    snippets,
)
from apps.deployments.forms import KeyForm, ReasonForm, RollBackForm, SettingsForm, TryForm
from apps.deployments.models import ApiKey, Deployment, Endpoint

PER_PAGE = 25


@require_safe
def endpoint_list(request: HttpRequest) -> HttpResponseBase:
    found = Endpoint.objects.visible_to(reader(request)).select_related("model__project")
    query = request.GET.get("q", "").strip()
    if query:
        found = found.filter(name__icontains=query)
    context = {
        "query": query,
        "snippet": api.call(reverse("api:endpoint-list")),
        "first_steps": [
            _("Register a version of a model and release it."),
            _("When its proposal is approved, the portal makes the endpoint and deploys there."),
            _("Clients call the endpoint's address; what they ask is captured and monitored."),
        ],
    }
    table = lists.EndpointList(found.order_by("name"), request)
    return listing.show(request, "deployments/endpoint_list.html", table, context)


@require_safe
def endpoint_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, visible(request, pk))


@require_safe
def endpoint_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The part that shows the server's state; asks for itself again."""
    endpoint = visible(request, pk)
    return render(request, "deployments/_endpoint_status.html", _status(endpoint))


@require_safe
def endpoint_log(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = visible(request, pk)
    context = {"endpoint": endpoint, "log": places.log_tail(endpoint.name)}
    return render(request, "deployments/_endpoint_log.html", context)


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint, form = visible(request, pk), ReasonForm(request.POST)
    if form.has_error("reason", "max_length"):
        raise ValidationError(list(form.errors["reason"]))
    endpoints.stop(endpoint, by=reader(request), reason=form.cleaned_data.get("reason", ""))
    return _done(request, pk, _("The endpoint stops within a second."))


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    endpoints.start(visible(request, pk), by=reader(request))
    return _done(request, pk, _("The endpoint starts; it answers within seconds."))


@require_POST
def restart(request: HttpRequest, pk: int) -> HttpResponse:
    endpoints.restart(visible(request, pk), by=reader(request))
    return _done(request, pk, _("The scoring server starts anew."))


@require_POST
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint, form = visible(request, pk), SettingsForm(request.POST)
    if not form.is_valid():
        policy.require(policy.why_not_deploy(endpoint.project, reader(request)))
        return _show(request, endpoint, settings_form=form, status=400)
    endpoints.choose(endpoint, by=reader(request), **form.cleaned_data)
    return _done(request, pk, _("The settings are kept; the scoring server takes them over now."))


@require_POST
def roll_back(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint, form = visible(request, pk), RollBackForm(request.POST)
    policy.require(policy.why_not_deploy(endpoint.project, reader(request)))
    if not form.is_valid():
        raise ValidationError(_("Choose a version and say why it is rolled back."))
    to = get_object_or_404(endpoint.deployments.select_related("release"), pk=form.cleaned_data["to"])
    rolling_back.roll_back(endpoint, to=to, by=reader(request), reason=form.cleaned_data["reason"])
    return _done(request, pk, _("%(version)s takes over within seconds.") % {"version": to.version})


@require_POST
def create_key(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint, form = visible(request, pk), KeyForm(request.POST)
    policy.require(policy.why_not_deploy(endpoint.project, reader(request)))
    if not form.is_valid():
        return _show(request, endpoint, key_form=form, status=400)
    key, text = api_keys.create(
        endpoint, label=form.cleaned_data["label"], lifetime=form.lifetime, by=reader(request)
    )
    return _show(request, endpoint, new_key=key, new_key_text=text)


@require_POST
def revoke_key(request: HttpRequest, pk: int, key_pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.filter(endpoint=visible(request, pk)), pk=key_pk)
    api_keys.revoke(key, by=reader(request))
    return _done(request, pk, _("The key is revoked; within a second it opens nothing."))


@require_POST
def try_out(request: HttpRequest, name: str) -> HttpResponse:
    """`/serve/<endpoint>/`: forward one row for a member, outside capture and counting."""
    found = Endpoint.objects.visible_to(reader(request)).select_related("model__project")
    endpoint = get_object_or_404(found, name=name)
    live = endpoint.deployments.live().with_everything_for_a_row().first()
    if live is None:
        raise Unavailable(_("No version is live at this endpoint."))
    form = TryForm(request.POST, signature=live.version.signature, sample={})
    if not form.is_valid():
        return render(request, "deployments/_try_form.html", {"endpoint": endpoint, "form": form}, status=400)
    answer = asking.predict(endpoint, [form.record()])
    context: dict[str, Any] = {
        "form": form,
        "answer": answer,
        "prediction": _prediction(answer),
        "document": json.dumps(answer.content, indent=2, ensure_ascii=False),
    }
    if not getattr(request, "htmx", False):
        return _show(request, endpoint, **context)
    return render(request, "deployments/_try_form.html", context | {"endpoint": endpoint})


def _prediction(answer: asking.Answer) -> dict[str, Any] | None:
    if answer.status != 200:
        return None
    shares = (answer.content.get("probabilities") or [{}])[0]
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return {
        "value": answer.content["predictions"][0],
        "shares": [(name, share * 100) for name, share in ordered],
    }


def visible(request: HttpRequest, pk: int) -> Endpoint:
    found = Endpoint.objects.visible_to(reader(request)).select_related("model__project", "model__owner")
    return get_object_or_404(found, pk=pk)


def _done(request: HttpRequest, pk: int, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("deployments:endpoint_detail", pk)


def _show(request: HttpRequest, endpoint: Endpoint, *, status: int = 200, **more: Any) -> HttpResponse:
    user, status_now = reader(request), _status(endpoint)
    known = _known(status_now["live"])
    why_not_deploy = policy.why_not_deploy(endpoint.project, user)
    context: dict[str, Any] = {
        **status_now,
        "why_not_deploy": why_not_deploy,
        # Who may deploy may stop, without being asked again.
        "why_not_stop": why_not_deploy and policy.why_not_stop(endpoint, user),
        "earlier": rolling_back.choices(endpoint),
        "deployments": Paginator(history.of(endpoint), PER_PAGE).get_page(request.GET.get("page")),
        "keys": endpoint.keys.select_related("created_by")[:50],
        "key_form": KeyForm(initial={"days": 90}),
        "settings_form": SettingsForm.of(endpoint),
        "log": places.log_tail(endpoint.name),
        "call": snippets.call(endpoint, known["sample"]),
        "history_snippet": snippets.read_history(endpoint),
        "charts": _charts(endpoint),
        "activity": activity.about(endpoint, limit=8),
        "data_time": endpoint.reported_at,
        **known,
    }
    return render(request, "deployments/endpoint_detail.html", context | more, status=status)


def _known(live: Deployment | None) -> dict[str, Any]:
    """The live version's form, filled in with a known row."""
    known = samples.of(live.release, most=1) if live else []
    sample = known[0]["inputs"] if known else {}
    form = TryForm(signature=live.version.signature, sample=sample) if live else None
    return {"sample": sample, "form": form}


def _status(endpoint: Endpoint) -> dict[str, Any]:
    held = list(Deployment.objects.filter(endpoint=endpoint).held().with_everything_for_a_row())
    return {
        "endpoint": endpoint,
        "state": reporting.state_of(endpoint),
        "report": endpoint.report,
        "live": next((one for one in held if one.state == Deployment.State.LIVE), None),
        "loaded": figures.loaded(endpoint, held),
        "under_way": [one for one in held if one.state == Deployment.State.DEPLOYING],
    }


def _charts(endpoint: Endpoint) -> list[Any]:
    traffic = figures.last_samples(endpoint)
    probed = figures.last_probes(endpoint)
    found = [charts.traffic(traffic), charts.latency(traffic)] if traffic else []
    return [*found, charts.probes(probed)] if probed else found
