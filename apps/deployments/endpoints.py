"""Endpoints: made for a model, stopped, started and set by people. The keeper does what the rows say."""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from apps.accounts.models import User
from apps.audit import events
from apps.core.actors import Actor
from apps.core.errors import WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.deployments import policy
from apps.deployments.models import Endpoint
from apps.registry.models import RegisteredModel

Wanted = Endpoint.Wanted
MOST_GOES = 5
T = TypeVar("T", int, str)


def kind_for(model: RegisteredModel) -> str:
    """The kind of endpoint that the model has, or would get."""
    found = model.endpoints.order_by("pk").values_list("kind", flat=True).first()
    return found or Endpoint.Kind.PROCESS.value


def ensure_endpoint(model: RegisteredModel, *, by: User) -> Endpoint:
    """
    The model's endpoint; made with a name and a port of its own where there is none.

    Raises WrongState when every port is taken.
    """
    for _go in range(MOST_GOES):
        if found := model.endpoints.order_by("pk").first():
            return found
        try:
            with transaction.atomic():
                return _make(model, by)
        except IntegrityError:
            continue  # somebody was quicker: theirs is found, or the next port is taken
    raise WrongState(_("No name or port could be had for a new endpoint; try again."))


@transaction.atomic
def stop(endpoint: Endpoint, *, by: User, reason: str) -> Endpoint:
    """Stop answering, at once. ML ops engineers may, and approvers in an emergency."""
    endpoint = _locked(endpoint)
    policy.require(policy.why_not_stop(endpoint, by))
    return set_stopped(endpoint, by=by, reason=reason)


def set_stopped(endpoint: Endpoint, *, by: Actor, reason: Said | str) -> Endpoint:
    """The same for the portal's own rules. The row is locked by the caller."""
    if not str(reason).strip():
        raise WrongState(_("Say why it is stopped."))
    if endpoint.wanted == Wanted.STOPPED:
        raise WrongState(_("This endpoint is already stopped."))
    endpoint.wanted, endpoint.wanted_reason = Wanted.STOPPED, reason
    endpoint.save(update_fields=["wanted", "wanted_reason"])
    events.record("deployments.endpoint_stopped", endpoint, by=by, detail={"reason": reason})
    return endpoint


@transaction.atomic
def start(endpoint: Endpoint, *, by: User) -> Endpoint:
    endpoint = _locked(endpoint)
    policy.require(policy.why_not_deploy(endpoint.project, by))
    if endpoint.wanted == Wanted.RUNNING:
        raise WrongState(_("This endpoint is already started."))
    endpoint.wanted, endpoint.wanted_reason = Wanted.RUNNING, ""
    endpoint.save(update_fields=["wanted", "wanted_reason"])
    events.record("deployments.endpoint_started", endpoint, by=by)
    return endpoint


@transaction.atomic
def restart(endpoint: Endpoint, *, by: User) -> Endpoint:
    """Start its scoring server anew; it does not answer for a second or two."""
    endpoint = _locked(endpoint)
    policy.require(policy.why_not_deploy(endpoint.project, by))
    if endpoint.wanted != Wanted.RUNNING:
        raise WrongState(_("This endpoint is stopped; start it instead."))
    endpoint.restart_token = F("restart_token") + 1
    endpoint.save(update_fields=["restart_token"])
    endpoint.refresh_from_db()
    events.record("deployments.endpoint_restarted", endpoint, by=by, token=endpoint.restart_token)
    return endpoint


@transaction.atomic
def choose(endpoint: Endpoint, *, capture: str, require_key: bool, by: User) -> Endpoint:
    """How requests are captured, and whether clients need a key. Its server starts anew if that changed."""
    endpoint = _locked(endpoint)
    policy.require(policy.why_not_deploy(endpoint.project, by))
    before = (endpoint.capture, endpoint.require_key)
    if before == (capture, require_key):
        return endpoint
    endpoint.capture, endpoint.require_key = capture, require_key
    endpoint.save(update_fields=["capture", "require_key"])
    events.record(
        "deployments.endpoint_changed",
        endpoint,
        by=by,
        capture=capture,
        require_key=require_key,
        before={"capture": before[0], "require_key": before[1]},
    )
    return endpoint


def _locked(endpoint: Endpoint) -> Endpoint:
    return (
        Endpoint.objects.select_for_update(of=("self",)).select_related("model__project").get(pk=endpoint.pk)
    )


def _make(model: RegisteredModel, by: User) -> Endpoint:
    endpoint = Endpoint.objects.create(
        model=model,
        name=_free_name(model),
        port=_free_port(),
        # On a laptop the first request should just be answered; elsewhere nobody asks without a key.
        require_key=settings.PRODUCTION,
        created_by=by,
    )
    events.record("deployments.endpoint_created", endpoint, by=by, port=endpoint.port)
    return endpoint


def _free_name(model: RegisteredModel) -> str:
    base = slugify(f"{model.project.slug}-{model.name}")[:55] or "model"
    return _first_free(lambda n: base if n == 0 else f"{base}-{n + 1}", "name")


def _free_port() -> int:
    port = _first_free(lambda n: settings.SCORING_FIRST_PORT + n, "port")
    if port >= settings.SCORING_FIRST_PORT + settings.SCORING_PORTS:
        raise WrongState(
            _(
                "All %(n)d ports for endpoints are taken; stop one, or set SCORING_PORTS.",
                n=settings.SCORING_PORTS,
            )
        )
    return port


def _first_free(candidate: Callable[[int], T], field: str) -> T:
    taken = set(Endpoint.objects.values_list(field, flat=True))
    number = 0
    while candidate(number) in taken:
        number += 1
    return candidate(number)
