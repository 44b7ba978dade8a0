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
from apps.approvals import figures, manifest, policy, proposals, signoff
from apps.approvals.models import Decision, Proposal, ProposalPerson
from apps.core.said import Said, said
from apps.projects import access
from apps.projects.roles import Right, Role

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
class People:
    """Who holds which part at this moment, and who had a hand in what is proposed."""

    approvers: list[User]
    validators: list[User]
    contributors: list[ProposalPerson]

    def hold(self, decision: Decision) -> bool:
        """Whether who decided may still sign in the part in which they did."""
        holders = self.validators if decision.role == Role.VALIDATOR else self.approvers
        return any(person.pk == decision.person_id for person in holders)


@dataclass(frozen=True, slots=True)
class Since:
    """What is different from the version's proposal before; `verdicts` as (question, before, now)."""

    proposal: Proposal
    inputs: list[Said]
    verdicts: list[tuple[str, str, str]]


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
    role = policy.role_of(proposal, user)
    why_not = policy.why_not_decide_as(role, proposal, user) or policy.why_not_decide_now(proposal, user)
    if changed and not why_not:
        why_not = said("approvals.void")
    return Standing(
        why_not=why_not,
        must_confirm=policy.why_not_authenticated(proposal, shown_at) is not None,
        why_not_withdraw=policy.why_not_withdraw(proposal, user),
        role=str(role.label) if role else "",
    )


def people_of(proposal: Proposal) -> People:
    project, rule = proposal.project, signoff.rule_for(proposal.tier, proposal.project)
    contributors = proposal.people.filter(part=ProposalPerson.Part.CONTRIBUTOR)
    return People(
        approvers=access.people_with(Right.DECIDE, project),
        validators=access.people_with(Right.VALIDATE, project) if rule.validators else [],
        contributors=list(contributors.select_related("person").order_by("person__name")),
    )


def signatures(proposal: Proposal, people: People) -> list[Signature]:
    """The places of the sign-off rule, those that are filled first."""
    filled = [
        Signature(
            _role_word(decision.role),
            decision,
            decision.verdict == Decision.Verdict.APPROVE and people.hold(decision),
        )
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


def may_sign(proposal: Proposal, people: People) -> list[User]:
    """Who else could sign now."""
    excluded = {decision.person_id for decision in proposal.decisions.all()}
    if not policy.decides_alone(proposal):
        excluded |= {one.person_id for one in people.contributors}
    found = {person.pk: person for person in (*people.approvers, *people.validators)}
    return [person for pk, person in found.items() if pk not in excluded]


def since_before(proposal: Proposal, items: list[dict[str, Any]]) -> Since | None:
    """What is different from what was last proposed of this version; None where it is the first."""
    before = Proposal.objects.filter(version=proposal.version_id, pk__lt=proposal.pk).first()
    if before is None:
        return None
    verdicts = {item["key"]: item["verdict"] for item in before.evidence["items"]}
    changed = [
        (str(item["question"]), verdicts.get(item["key"], "not_measured"), item["verdict"])
        for item in items
        if verdicts.get(item["key"]) != item["verdict"]
    ]
    return Since(before, manifest.changes(before.manifest, proposal.manifest), changed)


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
