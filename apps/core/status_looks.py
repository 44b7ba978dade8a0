"""How each status of the portal looks: word, icon and tone together, never colour alone."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Look:
    """`tone` is one of ok, warn, bad, busy, info, quiet; `icon` is in static/icons.svg."""

    word: str | Promise
    tone: str
    icon: str


_QUIET = "quiet"

LOOKS: Final[dict[str, Look]] = {
    # steps and runs
    "pending": Look(_("Pending"), _QUIET, "circle-dashed"),
    "queued": Look(_("Queued"), _QUIET, "clock"),
    "running": Look(_("Running"), "busy", "loader"),
    "in_progress": Look(_("In progress"), "busy", "loader"),
    "waiting": Look(_("Waiting"), "warn", "hourglass"),
    "succeeded": Look(_("Succeeded"), "ok", "circle-check"),
    "completed": Look(_("Completed"), "ok", "circle-check"),
    "failed": Look(_("Failed"), "bad", "circle-x"),
    "cancelled": Look(_("Cancelled"), _QUIET, "ban"),
    "skipped": Look(_("Skipped"), _QUIET, "player-skip-forward"),
    "lost": Look(_("Lost"), "bad", "circle-x"),
    # dataset versions
    "reading": Look(_("Being read"), "busy", "loader"),
    "read": Look(_("Read"), "ok", "circle-check"),
    "refused": Look(_("Refused"), "bad", "hand-stop"),
    "added": Look(_("New"), "info", "plus"),
    "removed": Look(_("Gone"), "warn", "minus"),
    "retyped": Look(_("Other type"), "warn", "arrows-left-right"),
    "changed": Look(_("Changed"), "info", "pencil"),
    "moved": Look(_("Moved"), "warn", "trending-up"),
    "steady": Look(_("About the same"), _QUIET, "check"),
    "same": Look(_("The same"), _QUIET, "check"),
    "validating": Look(_("Validating"), "busy", "loader"),
    "published": Look(_("Published"), "ok", "circle-check"),
    "quarantined": Look(_("Quarantined"), "bad", "alert-octagon"),
    # model versions, proposals
    "draft": Look(_("Draft"), _QUIET, "pencil"),
    "discarded": Look(_("Discarded"), _QUIET, "trash"),
    "pending_manual_approval": Look(_("Awaiting approval"), "warn", "hourglass"),
    "approved": Look(_("Approved"), "ok", "shield-check"),
    "rejected": Look(_("Rejected"), "bad", "thumb-down"),
    "revoked": Look(_("Revoked"), "bad", "ban"),
    "expired": Look(_("Expired"), "warn", "calendar-time"),
    "superseded": Look(_("Superseded"), _QUIET, "versions"),
    "stale": Look(_("Stale"), "warn", "refresh"),
    "withdrawn": Look(_("Withdrawn"), _QUIET, "arrow-back-up"),
    "changes_requested": Look(_("Changes requested"), "warn", "message"),
    "development": Look(_("Development"), "info", "flask"),
    "staging": Look(_("Staging"), "info", "packages"),
    "production": Look(_("Production"), "ok", "rocket"),
    "archived": Look(_("Archived"), _QUIET, "archive"),
    # deployments, endpoints
    "deploying": Look(_("Deploying"), "busy", "loader"),
    "canary": Look(_("Canary"), "info", "git-branch"),
    "live": Look(_("Live"), "ok", "bolt"),
    "draining": Look(_("Draining"), "busy", "droplet"),
    "retired": Look(_("Retired"), _QUIET, "archive"),
    "rolled_back": Look(_("Rolled back"), "warn", "arrow-back-up"),
    "stopped": Look(_("Stopped"), _QUIET, "player-stop"),
    # incidents
    "open": Look(_("Open"), "info", "circle-dot"),
    "new": Look(_("New"), "bad", "alert-circle"),
    "acknowledged": Look(_("Acknowledged"), "warn", "eye"),
    "assigned": Look(_("Assigned"), "info", "user-check"),
    "resolved": Look(_("Resolved"), "ok", "circle-check"),
    # retraining
    "collecting": Look(_("Collects newer data"), "busy", "loader"),
    "started": Look(_("Started"), "ok", "player-play"),
    "asked": Look(_("Waits for a person"), "warn", "hourglass"),
    "suppressed": Look(_("Suppressed"), _QUIET, "hand-stop"),
    # checks, signals and verdicts
    "passed": Look(_("Passed"), "ok", "circle-check"),
    "warning": Look(_("Warning"), "warn", "alert-triangle"),
    "critical": Look(_("Critical"), "bad", "alert-octagon"),
    "stable": Look(_("Stable"), "ok", "circle-check"),
    "not_enough_data": Look(_("Not enough data"), _QUIET, "help"),
    "no_data": Look(_("No data"), "warn", "circle-dashed"),
    "missing_column": Look(_("Missing column"), "bad", "circle-x"),
    "drifted": Look(_("Drifted"), "bad", "trending-up"),
    "promote": Look(_("Promote"), "ok", "thumb-up"),
    "hold": Look(_("Hold"), "warn", "hand-stop"),
    "reject": Look(_("Reject"), "bad", "thumb-down"),
    "inconclusive": Look(_("Inconclusive"), _QUIET, "help"),
    "fair": Look(_("Fair"), "ok", "circle-check"),
    "below_four_fifths": Look(_("Below four fifths"), "bad", "alert-octagon"),
    "uncertain": Look(_("Uncertain"), "warn", "help"),
    "reference": Look(_("Reference"), _QUIET, "circle-dot"),
    "too_few": Look(_("Too few rows"), _QUIET, "help"),
    # health
    "healthy": Look(_("Healthy"), "ok", "heartbeat"),
    "degraded": Look(_("Degraded"), "warn", "alert-triangle"),
    "unreachable": Look(_("Unreachable"), "bad", "circle-x"),
    "unknown": Look(_("Unknown"), _QUIET, "help"),
    # switches
    "active": Look(_("Active"), "ok", "player-play"),
    "paused": Look(_("Paused"), _QUIET, "player-pause"),
    "silenced": Look(_("Silenced"), _QUIET, "volume-off"),
    # how far an arrow of the loop goes by itself
    "manual": Look(_("Manual"), _QUIET, "user"),
    "supervised": Look(_("Supervised"), "info", "user-check"),
    "automatic": Look(_("Automatic"), "ok", "robot"),
}

ALIASES: Final = {
    "pass": "passed",
    "ok": "passed",
    "fail": "failed",
    "warn": "warning",
    "error": "failed",
    "done": "succeeded",
    "down": "unreachable",
}


def look(status: object) -> Look:
    """The look of a status; one that is not known is shown by its own word, without a tone."""
    value = str(getattr(status, "value", status) or "unknown").lower()
    known = LOOKS.get(ALIASES.get(value, value))
    return known or Look(value.replace("_", " ").capitalize(), _QUIET, "point")
