import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """
    A person who signs in with an e-mail address.

    `global_role` is what holds across projects. Superuser means nothing here: rights come
    from memberships and the global role alone. `hidden_columns` is core.listing's: by list, the
    columns that the person does not want to see.
    """

    class GlobalRole(models.TextChoices):
        NONE = "", _("none")
        ADMINISTRATOR = "administrator", _("administrator")
        AUDITOR = "auditor", _("auditor")

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    global_role = models.CharField(max_length=20, choices=GlobalRole, blank=True, default="")
    language = models.CharField(_("language"), max_length=5, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True, default="")
    hidden_columns = models.JSONField(blank=True, default=dict)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_address")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def event_label(self) -> str:
        """Without the name, which may have to be forgotten one day."""
        return f"user:{self.pk}"

    @property
    def zone(self) -> zoneinfo.ZoneInfo | None:
        """The time zone that the person chose; None is the installation's."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (ValueError, zoneinfo.ZoneInfoNotFoundError):
            return None

    @property
    def is_administrator(self) -> bool:
        return self.is_active and self.global_role == self.GlobalRole.ADMINISTRATOR

    @property
    def is_auditor(self) -> bool:
        return self.is_active and self.global_role == self.GlobalRole.AUDITOR


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, user: User) -> "InvitationQuerySet":
        """All for those who see who has an account, none for others."""
        return self.all() if user.is_administrator or user.is_auditor else self.none()

    def open(self) -> "InvitationQuerySet":
        """Those of people: the first administrator's link belongs to nobody."""
        return self.filter(accepted_at=None, expires_at__gt=timezone.now()).exclude(email="")


class Invitation(models.Model):
    """
    A one-time link that lets somebody in. Only the sha256 of its secret is kept.

    The first administrator's link is one too; it is made once, when there is nobody yet.
    """

    email = models.EmailField(blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    global_role = models.CharField(max_length=20, choices=User.GlobalRole, blank=True, default="")
    project_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=20, blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="invitations")
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email or self.event_label

    @property
    def event_label(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True)


class ApiToken(models.Model):
    """
    A key for programs. Only its sha256 is kept; the text is shown once.

    `scope` limits what the owner's rights are good for through it. `run_reference`, where
    set, ties it to one MLflow run: it may write to that alone.
    """

    class Scope(models.TextChoices):
        READ = "read", _("read the API")
        WRITE = "write", _("read and write the API")
        TRACKING = "tracking", _("log to MLflow")

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    label = models.CharField(_("label"), max_length=80)
    scope = models.CharField(_("scope"), max_length=10, choices=Scope)
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    run_reference = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[ApiTokenQuerySet] = ApiTokenQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"
