"""How many must sign a proposal, and in which part: the sign-off rule of each risk tier."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from apps.core.said import Said, said
from apps.projects.models import Project
from apps.projects.roles import Role
from apps.registry.models import Tier


@dataclass(frozen=True, slots=True)
class Rule:
    """`signoffs` people in all, of whom `validators` sign the independent validation."""

    signoffs: int
    validators: int = 0

    @property
    def approvers(self) -> int:
        return self.signoffs - self.validators

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def in_words(self) -> Said:
        if not self.signoffs:
            return said("approvals.rule_decides")
        if not self.validators:
            return said("approvals.approvers_sign", approvers=self.approvers)
        return said("approvals.approvers_and_validator_sign", approvers=self.approvers)


RULES: Final[dict[Tier, Rule]] = {
    Tier.AUTONOMOUS: Rule(0),
    Tier.LOW: Rule(1),
    Tier.MEDIUM: Rule(2),
    Tier.HIGH: Rule(3, validators=1),
}


def effective_tier(tier: Tier | str, project: Project) -> Tier:
    """A model of a finance-grade project is never autonomous, whatever its row says."""
    tier = Tier(tier)
    return Tier.MEDIUM if tier == Tier.AUTONOMOUS and project.is_finance_grade else tier


def rule_for(tier: Tier | str, project: Project) -> Rule:
    return RULES[effective_tier(tier, project)]


def is_satisfied(rule: Rule, roles: Iterable[str]) -> bool:
    """`roles`: in which part each person who approved signed. Nobody is counted twice."""
    return not any(missing(rule, roles).values())


def missing(rule: Rule, roles: Iterable[str]) -> dict[Role, int]:
    """How many signatures are still needed of each part."""
    signed = list(roles)
    validators, approvers = signed.count(Role.VALIDATOR), signed.count(Role.APPROVER)
    return {
        Role.APPROVER: max(rule.approvers - approvers, 0),
        Role.VALIDATOR: max(rule.validators - validators, 0),
    }
