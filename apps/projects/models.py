from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from apps.accounts.models import User
from apps.projects.roles import Right, Role


def sees_every_project(user: User | AbstractBaseUser | AnonymousUser) -> bool:
    """Administrators and auditors, who are nowhere a member."""
    return isinstance(user, User) and (user.is_administrator or user.is_auditor)


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User | AbstractBaseUser | AnonymousUser) -> "ProjectQuerySet":
        """Projects that the person is a member of; all for administrators and auditors."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if sees_every_project(user):
            return self
        return self.filter(pk__in=Membership.objects.filter(person=user).values("project"))

    def active(self) -> "ProjectQuerySet":
        return self.filter(archived_at=None)


class Project(models.Model):
    """What belongs together: data, models, people, rules. Everything else hangs on one."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    purpose = models.TextField(_("purpose"), blank=True)
    is_finance_grade = models.BooleanField(_("finance-grade"), default=False)
    is_one_person = models.BooleanField(_("one-person project"), default=False)
    is_demo = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = [(right.value, right.label) for right in Right]

    def __str__(self) -> str:
        return self.name


class ProjectPermission(UserObjectPermissionBase):
    """guardian's derived copy of what memberships say."""

    content_object = models.ForeignKey(Project, models.CASCADE)


class Membership(models.Model):
    """The truth of who has which role. Ends by deletion; who had it when is in the events."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    group = models.CharField(_("approver group"), max_length=40, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    effective_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["person__name", "role"]
        constraints = [
            models.UniqueConstraint(fields=["project", "person", "role"], name="a_role_is_granted_once"),
            models.CheckConstraint(
                condition=~Q(person=models.F("granted_by")), name="nobody_grants_themselves_a_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"

    @property
    def event_label(self) -> str:
        return f"user:{self.person_id} {self.role}"

    @property
    def is_effective(self) -> bool:
        return self.effective_at <= timezone.now()


class Arrow(models.TextChoices):
    """The steps of the loop that a project lets run by themselves, supervised, or by hand."""

    TRAIN = "train", _("train when data is published")
    REGISTER = "register", _("register a model that is better")
    RELEASE = "release", _("start the release of a registered version")
    DEPLOY = "deploy", _("deploy what was approved")
    MONITOR = "monitor", _("monitor what went live")
    RETRAIN = "retrain", _("retrain after an incident")

    @property
    def word(self) -> str:
        """The label's short form, for the head of a column."""
        return str(_ARROW_WORDS[self])


_ARROW_WORDS = {
    Arrow.TRAIN: _("Train"),
    Arrow.REGISTER: _("Register"),
    Arrow.RELEASE: _("Release"),
    Arrow.DEPLOY: _("Deploy"),
    Arrow.MONITOR: _("Monitor"),
    Arrow.RETRAIN: _("Retrain"),
}


class Mode(models.TextChoices):
    MANUAL = "manual", _("manual")
    SUPERVISED = "supervised", _("supervised")
    AUTOMATIC = "automatic", _("automatic")


class ArrowSetting(models.Model):
    """How one arrow of the loop runs in a project. `set_by` counts as a contributor to what it starts."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="arrow_settings")
    arrow = models.CharField(max_length=20, choices=Arrow)
    mode = models.CharField(max_length=12, choices=Mode)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "arrow"], name="one_setting_per_arrow")]

    def __str__(self) -> str:
        return f"{self.arrow}: {self.mode}"
