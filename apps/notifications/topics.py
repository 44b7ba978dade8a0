"""What people are told of, in words: the kinds of notices, as a person chooses among them."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TOPICS: Final[list[tuple[str | Promise, tuple[str, ...]]]] = [
    (_("A proposal waits for my decision"), ("approvals.proposal_opened",)),
    (
        _("A proposal of mine was decided on, or ended without a decision"),
        (
            "approvals.proposal_approved",
            "approvals.proposal_rejected",
            "approvals.proposal_changes_requested",
            "approvals.proposal_withdrawn",
            "approvals.proposal_stale",
            "approvals.proposal_expired",
        ),
    ),
    (_("I was given a role, or somebody new decides beside me"), ("projects.role_granted",)),
    (_("An incident is mine"), ("monitoring.incident",)),
    (_("A retraining waits for my answer"), ("automation.asked",)),
    (_("An endpoint is live without a monitor"), ("monitoring.wanted",)),
    (
        _("An endpoint was stopped, or does not answer as it should"),
        ("deployments.probe_failed", "deployments.endpoint_stopped"),
    ),
    (_("A registered version waits for its release"), ("deployments.release_asked",)),
    (_("An approved version waits to be deployed"), ("deployments.deploy_asked",)),
    (_("A release failed"), ("deployments.release_ended",)),
    (_("A trained model waits to be registered or discarded"), ("registry.validation_finished",)),
    (_("New data waits to be trained on"), ("experiments.training_asked",)),
    (_("A training of mine failed"), ("experiments.run_failed",)),
    (
        _("Data of mine was refused, quarantined or withdrawn"),
        ("datasets.upload_refused", "datasets.version_quarantined", "datasets.version_withdrawn"),
    ),
]
"""Each with the kinds of notices that it stands for; the first of them is its name."""

_NAMES: Final = {kind: kinds[0] for _words, kinds in TOPICS for kind in kinds}


def choices() -> list[tuple[str, str | Promise]]:
    """What a person chooses among, as (name, words)."""
    return [(kinds[0], words) for words, kinds in TOPICS]


def name_of(kind: str) -> str:
    """The topic that a notice belongs to; a kind may name an object behind its two words."""
    known = ".".join(kind.split(".")[:2])
    return _NAMES.get(known, known)
