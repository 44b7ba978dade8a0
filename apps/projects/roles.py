"""Who may do what, as one table. Everything that asks for a right asks `access.can`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    DATA_ENGINEER = "data_engineer", _("data engineer")
    DATA_SCIENTIST = "data_scientist", _("data scientist")
    ML_OPS_ENGINEER = "ml_ops_engineer", _("ML ops engineer")
    VALIDATOR = "validator", _("validator")
    APPROVER = "approver", _("approver")
    VIEWER = "viewer", _("viewer")


class Right(models.TextChoices):
    """What a member may do in a project. The value is the codename of guardian's permission too."""

    VIEW = "view_project", _("read the project")
    EDIT_DATA = "edit_data", _("upload data, edit recipes and the data dictionary")
    PUBLISH_DATA = "publish_data", _("publish, quarantine and withdraw data")
    TRAIN = "train", _("run experiments, register, discard and propose versions")
    VALIDATE = "validate", _("sign off the independent validation")
    DECIDE = "decide", _("decide on proposals")
    DEPLOY = "deploy", _("release, deploy, stop and roll back")
    MONITOR = "monitor", _("run monitors, incidents and retraining rules")
    SEND_TRUTH = "send_truth", _("send ground truth")
    READ_CAPTURE = "read_capture", _("read captured rows")


_EVERYBODY = frozenset({Right.VIEW})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.DATA_ENGINEER: _EVERYBODY | {Right.EDIT_DATA, Right.PUBLISH_DATA, Right.SEND_TRUTH},
    Role.DATA_SCIENTIST: _EVERYBODY | {Right.EDIT_DATA, Right.TRAIN, Right.SEND_TRUTH, Right.READ_CAPTURE},
    Role.ML_OPS_ENGINEER: _EVERYBODY | {Right.DEPLOY, Right.MONITOR, Right.SEND_TRUTH, Right.READ_CAPTURE},
    Role.VALIDATOR: _EVERYBODY | {Right.VALIDATE, Right.READ_CAPTURE},
    Role.APPROVER: _EVERYBODY | {Right.DECIDE},
    Role.VIEWER: _EVERYBODY,
}
DECIDERS = frozenset({Role.APPROVER, Role.VALIDATOR})


def roles_with(right: Right) -> list[Role]:
    return [role for role, rights in RIGHTS.items() if right in rights]
