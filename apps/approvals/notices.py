"""Tell those who must decide, and those who wait for the decision."""

from django.urls import reverse

from apps.accounts.models import User
from apps.approvals import signoff
from apps.approvals.models import Proposal, ProposalPerson
from apps.audit import events
from apps.audit.models import Event
from apps.core.said import lined, said
from apps.core.saying import later as _
from apps.notifications import sending
from apps.projects import access
from apps.projects.roles import Right


def on_opened(event: Event) -> None:
    """To each person who may decide: the mail leads to the review."""
    proposal = _proposal(event)
    if proposal is None or proposal.status != Proposal.Status.OPEN:
        return
    warned = [item for item in proposal.evidence["items"] if item["verdict"] in ("warning", "failed")]
    body = [
        _(
            "%(who)s asks that %(version)s may answer clients.",
            who=proposal.proposed_by,
            version=proposal.version,
        ),
        signoff.rule_for(proposal.tier, proposal.project).in_words(),
        *(said("core.point", what=item["sentence"]) for item in warned),
        said("approvals.expires", day=proposal.expires_at.isoformat()),
    ]
    sending.notify(
        event,
        deciders(proposal),
        kind=event.name,
        subject=_("Please decide: %(version)s", version=proposal.version),
        body=lined(*body),
        path=_path(proposal),
    )


def on_closed(event: Event) -> None:
    """To who proposed it and who registered the model: what came of it, with the reason."""
    proposal = _proposal(event)
    if proposal is None:
        return
    sending.notify(
        event,
        [proposal.proposed_by, proposal.version.registered_by],
        kind=event.name,
        subject=_(
            "%(version)s: %(state)s", version=proposal.version, state=Proposal.Status(proposal.status).label
        ),
        body=proposal.status_reason,
        path=_path(proposal),
    )


def deciders(proposal: Proposal) -> list[User]:
    """Who could sign: with the right, and without a part in what is proposed."""
    rule = signoff.rule_for(proposal.tier, proposal.project)
    found = access.people_with(Right.DECIDE, proposal.project)
    if rule.validators:
        found += access.people_with(Right.VALIDATE, proposal.project)
    parts = proposal.people.filter(part=ProposalPerson.Part.CONTRIBUTOR).values_list("person_id", flat=True)
    excluded = set() if proposal.project.is_one_person else set(parts)
    return [
        person for person in {person.pk: person for person in found}.values() if person.pk not in excluded
    ]


def _proposal(event: Event) -> Proposal | None:
    return (
        Proposal.objects.select_related("version__model__project", "version__registered_by", "proposed_by")
        .filter(pk=events.facts_of(event)["proposal"])
        .first()
    )


def _path(proposal: Proposal) -> str:
    return reverse("approvals:proposal_review", args=[proposal.pk])
