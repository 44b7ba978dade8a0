"""The loop of one project as a picture: who moves each arrow, and where each stage leads."""

from collections.abc import Mapping

from django.urls import Resolver404, resolve

from apps.core import declared
from apps.core.loop_picture import LoopPicture, StageFacts, loop
from apps.projects.models import Arrow, Mode, Project

SETTINGS: dict[tuple[str, str], Arrow] = {
    ("data", "train"): Arrow.TRAIN,
    ("validate", "register"): Arrow.REGISTER,
    ("register", "release"): Arrow.RELEASE,
    ("release", "score"): Arrow.DEPLOY,
    ("score", "monitor"): Arrow.MONITOR,
    ("decide", "retrain"): Arrow.RETRAIN,
}
"""The arrows that a project can set. The others follow by themselves from the one before."""

FOLLOWING = (("train", "validate"), ("monitor", "decide"), ("retrain", "train"))

PAGES = {
    "data": "/datasets/",
    "train": "/experiments/",
    "validate": "/models/",
    "register": "/models/",
    "release": "/approvals/",
    "score": "/endpoints/",
    "monitor": "/monitoring/",
    "decide": "/monitoring/",
    "retrain": "/experiments/",
}


def picture(project: Project, modes: Mapping[Arrow, Mode]) -> LoopPicture:
    """
    The project's loop. Apps say more of a stage by declaring
    `loop_stages = {"projects.loop": "apps.x.stages.facts"}`: project → {stage key: StageFacts}.
    """
    facts = {key: StageFacts(url=_url(page, project)) for key, page in PAGES.items()}
    for tell in declared.resolved("loop_stages", "projects.loop"):
        facts |= tell(project)
    ways = {pair: modes[arrow].value for pair, arrow in SETTINGS.items()}
    return loop({**ways, **dict.fromkeys(FOLLOWING, Mode.AUTOMATIC.value)}, facts)


def _url(page: str, project: Project) -> str:
    """The page about a stage, where this installation has it."""
    try:
        resolve(page)
    except Resolver404:
        return ""
    return f"{page}?project={project.pk}"
