import pytest

from apps.approvals import decisions
from apps.projects.roles import Role
from tests.factories import ProjectFactory, member, proposed, registered

REASON = "Held against the champion, and the groups look fair."


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def author(project):
    return member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER, name="Ada Author")


@pytest.fixture
def approver(project):
    return member(project, Role.APPROVER, name="Alan Approver")


@pytest.fixture
def validator(project):
    return member(project, Role.VALIDATOR, name="Vera Validator")


@pytest.fixture
def propose(project, author):
    def make(tier="low", by=author, **changes):
        return proposed(registered(project, by=by, tier=tier), by=by, **changes)

    return make


@pytest.fixture
def approve():
    def sign(proposal, by, **changes):
        return decisions.approve(
            proposal, by=by, **({"reason": REASON, "seen_digest": proposal.digest} | changes)
        )

    return sign
