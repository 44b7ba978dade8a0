"""What the review page says: evidence under plain questions, who signs, who may not and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.approvals import decisions, figures, manifest, notices, policy, proposals, signoff
from apps.approvals.models import Decision, Proposal, ProposalPerson
from apps.core.said import Said, said
from apps.projects.roles import Role

QUESTIONS: Final[dict[str, str | Promise]] = {
    "data": gettext_lazy("Is the data in order?"),
    "performance": gettext_lazy("Is it better than what serves now?"),
    "guardrails": gettext_lazy("Does it hold up everywhere?"),
    "fairness": gettext_lazy("Does it treat people alike?"),
    "calibration": gettext_lazy("Can its probabilities be taken at their word?"),
    "importance": gettext_lazy("What does it look at?"),
    "package": gettext_lazy("Does what will serve answer like what was trained?"),
    "check": gettext_lazy("Is it ready for its endpoint?"),
    "profile": gettext_lazy("Is it quick and small enough?"),
    "reproducibility": gettext_lazy("Could it be made again?"),
    "limits": gettext_lazy("What is it for, and where does that end?"),
}
PRAISE: Final[dict[str, str | Promise]] = {
    "data": gettext_lazy("The data is in order"),
    "performance": gettext_lazy("At least as good as what serves now"),
    "guardrails": gettext_lazy("Holds up everywhere"),
    "fairness": gettext_lazy("Treats people alike"),
    "calibration": gettext_lazy("Probabilities to be taken at their word"),
    "package": gettext_lazy("Serves what was trained"),
    "check": gettext_lazy("Ready for its endpoint"),
    "profile": gettext_lazy("Quick and small"),
    "reproducibility": gettext_lazy("Can be made again"),
}
WORDS: Final[dict[str, str | Promise]] = {
    "passed": gettext_lazy("Good"),
    "warning": gettext_lazy("Look at this"),
    "failed": gettext_lazy("Not good"),
    "not_measured": gettext_lazy("Not measured"),
    "informs": gettext_lazy("For information"),
}
RISKY: Final = ("failed", "warning", "not_measured")


@dataclass(frozen=True, slots=True)
class Signature:
    """One place in the sign-off rule: who filled it, or nobody yet."""

    role: str
    decision: Decision | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reader may do, and why not. `must_confirm`: they show who they are first."""

    why_not: Said | None
    must_confirm: bool
    why_not_withdraw: Said | None
    role: str


def evidence(proposal: Proposal) -> list[dict[str, Any]]:
    return [
        {
            **item,
            "question": QUESTIONS.get(item["key"], item["key"]),
            "word": WORDS[item["verdict"]],
            "praise": PRAISE.get(item["key"], item["key"]),
            "figure": figures.of(item),
            "template": f"approvals/evidence/_{item['key']}.html",
            "is_open": item["verdict"] in ("warning", "failed"),
        }
        for item in proposal.evidence["items"]
    ]


def tally(items: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """How many items have which verdict, the worst first: (verdict, word, count)."""
    counted = [
        (verdict, str(WORDS[verdict]), sum(item["verdict"] == verdict for item in items))
        for verdict in ("failed", "warning", "not_measured", "passed")
    ]
    return [row for row in counted if row[2]]


def standing(proposal: Proposal, user: User, shown_at: datetime | None, changed: list[Said]) -> Standing:
    """`shown_at`: when the reader last showed who they are."""
    why_not = policy.why_not_decide(proposal, user) or policy.why_not_decide_now(proposal, user)
    if changed and not why_not:
        why_not = said("approvals.void")
    role = policy.role_of(proposal, user)
    return Standing(
        why_not=why_not,
        must_confirm=policy.why_not_authenticated(proposal, shown_at) is not None,
        why_not_withdraw=policy.why_not_withdraw(proposal, user),
        role=str(role.label) if role else "",
    )


def signatures(proposal: Proposal) -> list[Signature]:
    """The places of the sign-off rule, those that are filled first."""
    counting = {decision.pk for decision in decisions.counted(proposal)}
    filled = [
        Signature(_role_word(decision.role), decision, decision.pk in counting)
        for decision in proposal.decisions.all()
    ]
    if proposal.status != Proposal.Status.OPEN:
        return filled
    rule = signoff.rule_for(proposal.tier, proposal.project)
    needed = rule if rule.signoffs else signoff.Rule(proposal.signoffs_needed)
    roles = [one.decision.role for one in filled if one.decision and one.counts]
    empty = [
        Signature(str(role.label), None, False)
        for role, count in signoff.missing(needed, roles).items()
        for _place in range(count)
    ]
    return filled + empty


def may_sign(proposal: Proposal) -> list[User]:
    """Who else could sign now."""
    signed = {decision.person_id for decision in proposal.decisions.all()}
    return [person for person in notices.deciders(proposal) if person.pk not in signed]


def contributors(proposal: Proposal) -> list[ProposalPerson]:
    return list(
        proposal.people.filter(part=ProposalPerson.Part.CONTRIBUTOR)
        .select_related("person")
        .order_by("person__name")
    )


def bound_inputs(proposal: Proposal) -> list[tuple[str, str]]:
    """The twelve inputs by name, as short texts."""
    inputs = proposal.manifest["inputs"]
    return [(str(name), str(manifest.shown(inputs.get(key)))) for key, name in manifest.NAMES.items()]


def would_last_until() -> datetime:
    return timezone.now() + timedelta(days=settings.APPROVAL_DAYS)


def changed_inputs(proposal: Proposal) -> list[Said]:
    return proposals.why_stale(proposal) if proposal.status == Proposal.Status.OPEN else []


def _role_word(role: str) -> str:
    return str(Role(role).label) if role in Role.values else _("rule")
