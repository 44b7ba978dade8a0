"""Remove what approvals hold of a demo project."""

from apps.approvals.models import Decision, Proposal
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    Decision.objects.filter(proposal__version__model__project=project).delete()
    Proposal.objects.filter(version__model__project=project).delete()
