"""Which arrows of the loop are manual, supervised or automatic in a project."""

from django.db import models, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events
from apps.projects import access
from apps.projects.models import Arrow, ArrowSetting, Mode, Project
from apps.projects.roles import Right

DEFAULTS: dict[Arrow, Mode] = {
    Arrow.TRAIN: Mode.AUTOMATIC,
    Arrow.REGISTER: Mode.AUTOMATIC,
    Arrow.RELEASE: Mode.AUTOMATIC,
    Arrow.DEPLOY: Mode.AUTOMATIC,
    Arrow.MONITOR: Mode.AUTOMATIC,
    Arrow.RETRAIN: Mode.SUPERVISED,
}
"""Automatic registration, release and deployment are safe: an approval stands between them."""

RIGHT_TO_SET: dict[Arrow, Right] = {
    Arrow.TRAIN: Right.TRAIN,
    Arrow.REGISTER: Right.TRAIN,
    Arrow.RELEASE: Right.DEPLOY,
    Arrow.DEPLOY: Right.DEPLOY,
    Arrow.MONITOR: Right.MONITOR,
    Arrow.RETRAIN: Right.MONITOR,
}


def modes(project: Project) -> dict[Arrow, Mode]:
    """Every arrow's mode, the default where nobody chose."""
    return _with_defaults(project)


def maturity(projects: models.QuerySet[Project]) -> list[tuple[Project, dict[Arrow, Mode]]]:
    """Every arrow's mode in each of the projects, in two queries."""
    found = projects.prefetch_related("arrow_settings")
    return [(project, _with_defaults(project)) for project in found]


def _with_defaults(project: Project) -> dict[Arrow, Mode]:
    chosen = {setting.arrow: setting.mode for setting in project.arrow_settings.all()}
    return {arrow: Mode(chosen.get(arrow, default)) for arrow, default in DEFAULTS.items()}


def mode(project: Project, arrow: Arrow) -> Mode:
    return modes(project)[arrow]


def chosen_by(project: Project, arrow: Arrow) -> User:
    """Who answers for the arrow's mode: who set it, else who created the project."""
    setting = project.arrow_settings.select_related("set_by").filter(arrow=arrow).first()
    return setting.set_by if setting else project.created_by


@transaction.atomic
def choose(project: Project, arrow: Arrow, mode: Mode, *, by: User) -> ArrowSetting:
    """Set how an arrow runs. Who may do the thing by hand may let it run by itself."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(by, RIGHT_TO_SET[arrow], project)
    before = modes(project)[arrow]
    setting, _created = ArrowSetting.objects.update_or_create(
        project=project,
        arrow=arrow,
        defaults={"mode": mode, "set_by": by, "set_at": timezone.now()},
    )
    events.record("projects.arrow_changed", project, by=by, arrow=arrow, before=before, after=mode)
    return setting
