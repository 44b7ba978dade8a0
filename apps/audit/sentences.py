"""Events as people read them: "Ada Lovelace registered the version credit 3"."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SENTENCES: Final[dict[str, str | Promise]] = {
    "accounts.user_invited": gettext_lazy("invited %(object)s"),
    "accounts.user_joined": gettext_lazy("joined the portal"),
    "approvals.decision_made": gettext_lazy("decided on %(object)s"),
    "approvals.decision_refused": gettext_lazy("was refused a decision on %(object)s"),
    "approvals.proposal_approved": gettext_lazy("approved %(object)s"),
    "approvals.proposal_changes_requested": gettext_lazy("asked for changes to %(object)s"),
    "approvals.proposal_expired": gettext_lazy("let %(object)s expire"),
    "approvals.proposal_opened": gettext_lazy("asked for the approval of %(object)s"),
    "approvals.proposal_rejected": gettext_lazy("rejected %(object)s"),
    "approvals.proposal_stale": gettext_lazy("made %(object)s stale: what it was about has changed"),
    "approvals.proposal_withdrawn": gettext_lazy("withdrew %(object)s"),
    "audit.detail_erased": gettext_lazy("erased the personal detail of an event"),
    "audit.log_verified": gettext_lazy("verified the event log"),
    "audit.verification_asked": gettext_lazy("asked for a verification of the event log"),
    "automation.retraining_asked": gettext_lazy("asked a person about the %(object)s"),
    "automation.retraining_started": gettext_lazy("started the %(object)s"),
    "automation.retraining_suppressed": gettext_lazy("held back the %(object)s"),
    "datasets.upload_received": gettext_lazy("uploaded %(object)s"),
    "datasets.upload_refused": gettext_lazy("refused the upload %(object)s"),
    "datasets.version_created": gettext_lazy("created the dataset version %(object)s"),
    "datasets.version_published": gettext_lazy("published the dataset version %(object)s"),
    "datasets.version_quarantined": gettext_lazy("quarantined the dataset version %(object)s"),
    "datasets.version_withdrawn": gettext_lazy("withdrew the dataset version %(object)s"),
    "deployments.deployment_failed": gettext_lazy("could not deploy %(object)s"),
    "deployments.deployment_live": gettext_lazy("took %(object)s live"),
    "deployments.deployment_ordered": gettext_lazy("ordered the deployment of %(object)s"),
    "deployments.deployment_retired": gettext_lazy("retired %(object)s"),
    "deployments.endpoint_restarted": gettext_lazy("restarted the endpoint %(object)s"),
    "deployments.endpoint_started": gettext_lazy("started the endpoint %(object)s"),
    "deployments.endpoint_stopped": gettext_lazy("stopped the endpoint %(object)s"),
    "deployments.release_ended": gettext_lazy("ended the %(object)s"),
    "deployments.release_started": gettext_lazy("started the %(object)s"),
    "deployments.rolled_back": gettext_lazy("rolled back %(object)s"),
    "experiments.experiment_created": gettext_lazy("created the experiment %(object)s"),
    "experiments.experiment_edited": gettext_lazy("edited the experiment %(object)s"),
    "experiments.run_finished": gettext_lazy("finished the training run %(object)s"),
    "experiments.run_logged": gettext_lazy("logged the training run %(object)s to MLflow"),
    "experiments.run_started": gettext_lazy("started the training run %(object)s"),
    "monitoring.baseline_built": gettext_lazy("built the %(object)s"),
    "monitoring.capture_read": gettext_lazy("read captured rows of %(object)s"),
    "monitoring.capture_taken_in": gettext_lazy("took in captured rows of %(object)s"),
    "monitoring.incident_acknowledged": gettext_lazy("acknowledged the incident %(object)s"),
    "monitoring.incident_assigned": gettext_lazy("assigned the incident %(object)s"),
    "monitoring.incident_opened": gettext_lazy("opened the incident %(object)s"),
    "monitoring.incident_resolved": gettext_lazy("resolved the incident %(object)s"),
    "monitoring.incident_silenced": gettext_lazy("silenced the incident %(object)s"),
    "monitoring.monitor_created": gettext_lazy("created the %(object)s"),
    "monitoring.truth_received": gettext_lazy("sent ground truth to %(object)s"),
    "monitoring.window_judged": gettext_lazy("judged a window of %(object)s"),
    "notifications.preferences_chosen": gettext_lazy("chose what comes by e-mail"),
    "notifications.test_asked": gettext_lazy("asked for a test message"),
    "pipelines.delivery_retried": gettext_lazy("delivered an event again"),
    "pipelines.run_cancel_requested": gettext_lazy("asked to cancel the job %(object)s"),
    "pipelines.run_cancelled": gettext_lazy("cancelled the job %(object)s"),
    "pipelines.run_failed": gettext_lazy("recorded that the job %(object)s failed"),
    "pipelines.run_retried": gettext_lazy("tried the job %(object)s again"),
    "pipelines.run_started": gettext_lazy("started the job %(object)s"),
    "pipelines.run_succeeded": gettext_lazy("completed the job %(object)s"),
    "projects.arrow_changed": gettext_lazy("changed how far the loop runs by itself in %(object)s"),
    "projects.project_created": gettext_lazy("created the project %(object)s"),
    "projects.role_granted": gettext_lazy("granted a role: %(object)s"),
    "projects.role_revoked": gettext_lazy("revoked a role: %(object)s"),
    "registry.model_created": gettext_lazy("created the model %(object)s"),
    "registry.run_discarded": gettext_lazy("discarded the run %(object)s"),
    "registry.tier_asked": gettext_lazy("asked for another risk tier of %(object)s"),
    "registry.tier_changed": gettext_lazy("changed the risk tier of %(object)s"),
    "registry.tier_refused": gettext_lazy("refused another risk tier of %(object)s"),
    "registry.validation_finished": gettext_lazy("finished the %(object)s"),
    "registry.version_approved": gettext_lazy("approved the model version %(object)s"),
    "registry.version_archived": gettext_lazy("archived the model version %(object)s"),
    "registry.version_expired": gettext_lazy("saw the approval of %(object)s end"),
    "registry.version_handed_back": gettext_lazy("handed the model version %(object)s back"),
    "registry.version_proposed": gettext_lazy("put the model version %(object)s before its approvers"),
    "registry.version_rejected": gettext_lazy("rejected the model version %(object)s"),
    "registry.version_revoked": gettext_lazy("took the approval of %(object)s back"),
    "registry.version_superseded": gettext_lazy("found the approval of %(object)s overtaken"),
    "registry.version_promoted": gettext_lazy("promoted the model version %(object)s"),
    "registry.version_registered": gettext_lazy("registered the model version %(object)s"),
}

_APP_ICONS: Final = {
    "accounts": "user",
    "approvals": "shield-check",
    "audit": "history",
    "automation": "robot",
    "datasets": "database",
    "deployments": "bolt",
    "experiments": "flask",
    "monitoring": "heartbeat",
    "notifications": "bell",
    "pipelines": "list-check",
    "projects": "folders",
    "registry": "box",
}


def sentence(name: str, label: str) -> str:
    """What was done, without who did it: "published the dataset version credit 2"."""
    known = SENTENCES.get(name)
    if known is not None:
        return str(known) % {"object": label}
    # An event that has no sentence of its own: "endpoint key revoked: scoring".
    words = name.partition(".")[2].replace("_", " ")
    return _("%(what)s: %(object)s") % {"what": words, "object": label}


def icon(name: str) -> str:
    return _APP_ICONS.get(name.partition(".")[0], "history")
