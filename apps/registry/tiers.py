"""
How much an error of a model would cost. Raising the tier takes one person and holds at once;
lowering it takes two, since it lowers the number of people who must sign.
"""

from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events, sealing
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.registry import policy
from apps.registry.models import RegisteredModel, Tier, TierRequest

RANK: Final = {Tier.AUTONOMOUS: 0, Tier.LOW: 1, Tier.MEDIUM: 2, Tier.HIGH: 3}


@transaction.atomic
def change(model: RegisteredModel, *, to: Tier, by: User, reason: str) -> TierRequest:
    """Raise the tier now, or ask an approver to lower it. Raises NotAllowed, WrongState, ValidationError."""
    sealing.require()
    model = _locked(model)
    if why_not := policy.why_not_ask_for_tier(model, by) or why_not_tier(model, to):
        raise NotAllowed(why_not)
    if len(reason.strip()) < policy.SHORTEST_REASON:
        raise ValidationError({"reason": _("Say in a sentence why; others will read it.")})
    if model.tier_requests.filter(state=TierRequest.State.OPEN).exists():
        raise WrongState(_("A change of this tier waits for an approver already."))
    request = TierRequest.objects.create(
        model=model, before=model.tier, tier=to, reason=reason.strip(), asked_by=by
    )
    events.record(
        "registry.tier_asked", model, by=by, before=model.tier, after=to, detail={"reason": request.reason}
    )
    if RANK[to] > RANK[Tier(model.tier)]:
        _settle(request, TierRequest.State.GRANTED, by)
    return request


@transaction.atomic
def answer(request: TierRequest, *, grant: bool, by: User) -> TierRequest:
    """The second pair of eyes. Raises NotAllowed, WrongState."""
    sealing.require()
    _locked(request.model)
    request = (
        TierRequest.objects.select_for_update(of=("self",))
        .select_related("model__project")
        .get(pk=request.pk)
    )
    if why_not := policy.why_not_answer_tier(request, by):
        raise NotAllowed(why_not)
    if request.state != TierRequest.State.OPEN:
        raise WrongState(
            _("This change was %(state)s already.", state=TierRequest.State(request.state).label)
        )
    _settle(request, TierRequest.State.GRANTED if grant else TierRequest.State.REFUSED, by)
    return request


def why_not_tier(model: RegisteredModel, to: Tier) -> Said | None:
    if to == model.tier:
        return _("The model has this tier.")
    if to == Tier.AUTONOMOUS and model.project.is_finance_grade:
        return _("A finance-grade model is never autonomous.")
    return None


def _settle(request: TierRequest, state: TierRequest.State, by: User) -> None:
    request.state, request.answered_by, request.answered_at = state, by, timezone.now()
    request.save(update_fields=["state", "answered_by", "answered_at"])
    if state == TierRequest.State.REFUSED:
        events.record("registry.tier_refused", request.model, by=by, after=request.tier)
        return
    model = request.model
    model.tier = request.tier
    model.save(update_fields=["tier"])
    events.record(
        "registry.tier_changed",
        model,
        by=by,
        before=request.before,
        after=request.tier,
        asked_by=request.asked_by_id,
    )


def _locked(model: RegisteredModel) -> RegisteredModel:
    return RegisteredModel.objects.select_for_update(of=("self",)).select_related("project").get(pk=model.pk)
