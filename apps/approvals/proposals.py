"""Open, withdraw and end proposals. Deciding on them is `decisions`' part."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import evidence, manifest, people, policy, signoff
from apps.approvals.manifest import Release
from apps.approvals.models import Decision, Proposal
from apps.audit import events
from apps.core import declared, storage
from apps.core.actors import Actor, Rule, System, label, person_behind
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said, joined
from apps.core.saying import later as _
from apps.pipelines import runs
from apps.pipelines.models import PipelineRun
from apps.registry import approval
from apps.registry.models import ModelVersion, Tier

Status = Proposal.Status
PORTAL = System("approvals")


@transaction.atomic
def open_for(
    version: ModelVersion,
    *,
    release_run: PipelineRun,
    package: dict[str, Any],
    check: dict[str, Any],
    profile: dict[str, Any],
    endpoint_class: str,
    by: Actor,
    chain: uuid.UUID,
) -> Proposal:
    """
    Freeze what is to be decided on, and ask for the decision.

    `package` has at least "digest"; `by` is a person or a person's rule. An autonomous model whose
    gates all pass is approved at once by its rule, which is recorded; if one fails, a person signs.
    Raises NotAllowed, WrongState.
    """
    person = person_behind(by)
    if not isinstance(person, User):
        raise NotAllowed(_("A person, or a rule of a person, proposes."))
    version = (
        ModelVersion.objects.select_for_update(of=("self",))
        .select_related(
            "model__project", "training_run__dataset_version__dataset", "training_run__experiment"
        )
        .get(pk=version.pk)
    )
    bound = manifest.of(version, Release(package["digest"], endpoint_class))
    shown = evidence.gather(version, package=package, check=check, profile=profile)
    approval.ask(version, by=by, chain=chain)
    tier = signoff.effective_tier(version.model.tier, version.model.project)
    proposal = Proposal.objects.create(
        version=version,
        release_run=release_run,
        manifest=bound,
        digest=manifest.digest(bound),
        evidence=shown,
        evidence_digest=storage.put_document(shown),
        tier=tier,
        signoffs_needed=_signoffs(tier, version, shown),
        proposed_by=person,
        actor=label(by),
        expires_at=timezone.now() + timedelta(days=settings.PROPOSAL_DAYS),
        chain=chain,
    )
    people.record(proposal, person.pk)
    _record("approvals.proposal_opened", proposal, by=by, tier=tier, evidence=proposal.evidence_digest)
    if not proposal.signoffs_needed:
        _approve_by_rule(proposal, person)
    return proposal


@transaction.atomic
def withdraw(proposal: Proposal, *, by: Actor, reason: Said | str) -> Proposal:
    """Take a proposal back; its release ends with that. Raises NotAllowed, WrongState."""
    proposal = locked(proposal)
    if isinstance(by, User) and (why_not := policy.why_not_withdraw(proposal, by)):
        raise NotAllowed(why_not)
    require_open(proposal)
    return end(proposal, Status.WITHDRAWN, by=by, reason=reason)


def why_stale(proposal: Proposal) -> list[Said]:
    """What changed of the bound inputs since the proposal was opened; empty where nothing did."""
    return manifest.changes(proposal.manifest, current_manifest(proposal))


def current_digest(proposal: Proposal) -> str:
    """
    The digest of the bound inputs as they are now: what goes to `promotion.promote`, so that
    anything that changed since the approval stops the deployment.
    """
    return manifest.digest(current_manifest(proposal))


def current_manifest(proposal: Proposal) -> dict[str, Any]:
    """
    Deployments tell what the release is now by `bound_inputs = {"approvals.proposal": "apps.x.y"}`:
    a function Proposal → manifest.Release.
    """
    frozen = proposal.manifest["inputs"]
    release = Release(frozen["package"], frozen["endpoint_class"])
    for told in declared.resolved("bound_inputs", "approvals.proposal"):
        release = told(proposal) or release
    return manifest.of(proposal.version, release)


@transaction.atomic
def mark_stale(proposal: Proposal, *, changed: list[Said], by: Actor) -> Proposal:
    proposal = locked(proposal)
    require_open(proposal)
    return end(proposal, Status.STALE, by=by, reason=joined(*changed))


def locked(proposal: Proposal) -> Proposal:
    return (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("version__model__project", "release_run")
        .get(pk=proposal.pk)
    )


def require_open(proposal: Proposal) -> None:
    if proposal.status != Status.OPEN:
        raise WrongState(_("This proposal is already %(state)s.", state=Status(proposal.status).label))


def end(proposal: Proposal, status: Status, *, by: Actor, reason: Said | str) -> Proposal:
    """
    Close a locked, open proposal: its version follows, its release run looks again. Whether this
    person may is the caller's question.
    """
    close(proposal, status, reason)
    if status == Status.REJECTED:
        approval.reject(proposal.version, by=by, chain=proposal.chain)
    else:
        approval.hand_back(proposal.version, by=by, chain=proposal.chain)
    _record(f"approvals.proposal_{status}", proposal, by=by, reason=reason)
    runs.wake(f"proposal:{proposal.pk}")
    return proposal


def grant(proposal: Proposal, *, by: Actor, reason: Said | str) -> Proposal:
    """Close a locked, open proposal that has its signatures: its version is approved for its digest."""
    close(proposal, Status.APPROVED, reason)
    approval.approve(
        proposal.version,
        digest=proposal.digest,
        until=timezone.now() + timedelta(days=settings.APPROVAL_DAYS),
        by=by,
        chain=proposal.chain,
    )
    _record("approvals.proposal_approved", proposal, by=by, reason=reason)
    runs.wake(f"proposal:{proposal.pk}")
    return proposal


def close(proposal: Proposal, status: Status, reason: Said | str) -> None:
    proposal.status, proposal.status_reason, proposal.closed_at = status, reason, timezone.now()
    proposal.save(update_fields=["status", "status_reason", "closed_at"])


def _signoffs(tier: Tier, version: ModelVersion, shown: dict[str, Any]) -> int:
    needed = signoff.rule_for(tier, version.model.project).signoffs
    return needed or (0 if evidence.passes(shown) else 1)


def _approve_by_rule(proposal: Proposal, person: User) -> None:
    rule = Rule("approve", person)
    reason = _("Autonomous tier: every gate passed, so the rule approved.")
    Decision.objects.create(
        proposal=proposal,
        person=person,
        verdict=Decision.Verdict.APPROVE,
        reason=reason,
        role="rule",
        seen_digest=proposal.digest,
    )
    _record("approvals.decision_made", proposal, by=rule, verdict=Decision.Verdict.APPROVE, role="rule")
    grant(proposal, by=rule, reason=reason)


def _record(name: str, proposal: Proposal, *, by: Actor, reason: Said | str = "", **facts: Any) -> None:
    events.record(
        name,
        proposal,
        by=by,
        chain=proposal.chain,
        proposal=proposal.pk,
        version=proposal.version_id,
        digest=proposal.digest,
        detail={"reason": reason} if reason else None,
        **facts,
    )
