"""What a person does with a trained model that did not register by itself: register it anyway, or not."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core.errors import NotAllowed, WrongState
from apps.registry import policy, registration
from apps.registry.models import ModelVersion, Validation

Resolution = Validation.Resolution


@transaction.atomic
def register_anyway(validation: Validation, *, by: User, reason: str) -> ModelVersion:
    """
    Register the model of a validation that waits for a person. A reason is needed where the
    verdict is not "better". Raises NotAllowed, WrongState, ValidationError.
    """
    validation = _open(validation, by)
    if validation.verdict != Validation.Verdict.PROMOTE:
        _require_reason(reason)
    _resolve(validation, Resolution.REGISTERED, by, reason)
    return registration.register(validation.training_run, by=by, reason=reason.strip(), validation=validation)


@transaction.atomic
def discard(validation: Validation, *, by: User, reason: str) -> Validation:
    """Say why the model is not wanted. The run and its report stay readable."""
    validation = _open(validation, by)
    _require_reason(reason)
    _resolve(validation, Resolution.DISCARDED, by, reason)
    events.record(
        "registry.run_discarded",
        validation,
        by=by,
        chain=validation.pipeline_run.chain,
        training_run=validation.training_run_id,
        verdict=validation.verdict,
        detail={"reason": validation.resolution_reason},
    )
    return validation


def _open(validation: Validation, by: User) -> Validation:
    validation = (
        Validation.objects.select_for_update(of=("self",))
        .select_related("training_run__experiment__project", "training_run__pipeline_run", "pipeline_run")
        .get(pk=validation.pk)
    )
    if reason := policy.why_not_resolve(validation, by):
        raise NotAllowed(reason)
    if validation.resolution != Resolution.OPEN:
        raise WrongState(
            _("This model is %(resolution)s already.") % {"resolution": validation.get_resolution_display()}
        )
    return validation


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < policy.SHORTEST_REASON:
        raise ValidationError({"reason": _("Say in a sentence why; others will read it.")})


def _resolve(validation: Validation, resolution: Resolution, by: User, reason: str) -> None:
    validation.resolution, validation.resolution_reason = resolution, reason.strip()
    validation.resolved_by, validation.resolved_at = by, timezone.now()
    validation.save(update_fields=["resolution", "resolution_reason", "resolved_by", "resolved_at"])
