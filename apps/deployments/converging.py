"""Make one scoring server equal to its endpoint's rows. Safe to repeat; whatever failed is tried again."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.approvals.models import Proposal
from apps.core.errors import DomainError, WrongState
from apps.core.said import Said, of_error
from apps.core.saying import later as _
from apps.deployments import going_live, packages
from apps.deployments.models import Deployment, Endpoint
from apps.deployments.server_process import ServerProcess
from scoring.control import ControlRefused

KEYS_VALID_SECONDS = 60.0
LOAD_WITHIN = timedelta(minutes=3)
State = Deployment.State
Status = dict[str, Any]
log = logging.getLogger(__name__)


class Convergence:
    """What one endpoint's server is to be, round after round."""

    def __init__(self, endpoint: Endpoint, server: ServerProcess) -> None:
        self.server = server
        self.endpoint = endpoint
        self._keys: list[dict[str, Any]] | None = None
        self._keys_until = 0.0
        self._keys_for = -1

    def round(self, endpoint: Endpoint) -> Status | None:
        """One round; the server's status afterwards, or None while it does not answer."""
        self.endpoint = endpoint
        self.server.ensure(endpoint)
        held = list(endpoint.deployments.held().with_everything_for_a_row().order_by("pk"))
        try:
            status = self.server.call("status")
            self._push_keys()
            for deployment in held:
                self._hold(deployment, status)
            return self._drop(held, self.server.call("status"))
        except OSError as silence:
            self._give_up_late_ones(held, str(silence))
            return None

    def _hold(self, deployment: Deployment, status: Status) -> None:
        try:
            if deployment.state == State.DEPLOYING:
                self._bring_to_life(deployment, status)
            elif deployment.state == State.LIVE:
                self._keep_alive(deployment, status)
        except (ControlRefused, DomainError) as refused:
            log.warning("%s: %s", deployment, refused)
            if deployment.state == State.DEPLOYING:
                _fail(deployment, of_error(refused))

    def _bring_to_life(self, deployment: Deployment, status: Status) -> None:
        """Load without traffic, let the one transaction decide, then move the traffic."""
        _require_approved(deployment)
        if not _is_loaded(deployment, status):
            self._load(deployment, ticket=None)
            Deployment.objects.filter(pk=deployment.pk, loaded_at=None).update(loaded_at=timezone.now())
        live = going_live.finish(deployment)
        self.server.call("ticket", digest=live.package_digest, ticket=live.ticket)
        self._move_traffic(live)

    def _keep_alive(self, deployment: Deployment, status: Status) -> None:
        """After a start of the server or of the keeper; nothing where all is as it should be."""
        if not _is_loaded(deployment, status):
            _require_approved(deployment)
            self._load(deployment, ticket=deployment.ticket)
            self._move_traffic(deployment)
            return
        known = status["versions"][deployment.package_digest]
        if known["ticket"] is None:
            self.server.call("ticket", digest=deployment.package_digest, ticket=deployment.ticket)
        if known["weight"] != 1:
            self._move_traffic(deployment)

    def _load(self, deployment: Deployment, *, ticket: str | None) -> None:
        self.server.call(
            "load",
            digest=deployment.package_digest,
            directory=str(packages.on_disk(deployment.release)),
            version=str(deployment.version.number),
            version_id=str(deployment.version_id),
            deployment=str(deployment.pk),
            ticket=ticket,
        )

    def _move_traffic(self, deployment: Deployment) -> None:
        self.server.call("weights", weights={deployment.package_digest: 1})

    def _drop(self, held: list[Deployment], status: Status) -> Status:
        """Unload what answered its last request, and what no row asks for."""
        wanted = {deployment.package_digest: deployment for deployment in self.endpoint.deployments.held()}
        for deployment in held:
            if deployment.state == State.DRAINING and _is_idle(deployment, status):
                going_live.retire(deployment)
                wanted.pop(deployment.package_digest, None)
        kept = {d.package_digest for d in self.endpoint.deployments.held()}
        for digest, known in status["versions"].items():
            if digest not in kept and not known["weight"] and not known["in_flight"]:
                self._unload(digest)
            elif digest not in kept and known["weight"]:
                self._silence(kept, status)
        return status

    def _unload(self, digest: str) -> None:
        try:
            self.server.call("unload", digest=digest)
        except ControlRefused as refused:
            log.warning("%s: %s", self.endpoint, refused)

    def _silence(self, kept: set[str], status: Status) -> None:
        """Something answers that no row says should: it gets no more traffic."""
        weights = {digest: known["weight"] for digest, known in status["versions"].items() if digest in kept}
        try:
            self.server.call("weights", weights=weights)
        except ControlRefused as refused:
            log.warning("%s: %s", self.endpoint, refused)

    def _push_keys(self) -> None:
        now = time.time()
        keys = [
            {"sha256": key.key_hash, "expires": key.expires_at.timestamp()}
            for key in self.endpoint.keys.usable().order_by("pk")
        ]
        unchanged = keys == self._keys and self._keys_for == self.server.starts
        if unchanged and now < self._keys_until - KEYS_VALID_SECONDS / 2:
            return
        self.server.call("keys", keys=keys, valid_until=now + KEYS_VALID_SECONDS)
        self._keys, self._keys_for, self._keys_until = keys, self.server.starts, now + KEYS_VALID_SECONDS

    def _give_up_late_ones(self, held: list[Deployment], why: str) -> None:
        for deployment in held:
            if deployment.state == State.DEPLOYING and timezone.now() > deployment.created_at + LOAD_WITHIN:
                _fail(deployment, _("The scoring server does not answer: %(why)s.", why=why))


def _require_approved(deployment: Deployment) -> None:
    """Nothing else is ever loaded, whatever the deployment's row says."""
    approved = Proposal.objects.filter(
        pk=deployment.proposal_id, status=Proposal.Status.APPROVED, version_id=deployment.version_id
    )
    if not approved.exists():
        raise WrongState(_("%(version)s is not approved.", version=deployment.version))


def _is_loaded(deployment: Deployment, status: Status) -> bool:
    known = status["versions"].get(deployment.package_digest)
    return known is not None and known["deployment"] == str(deployment.pk)


def _is_idle(deployment: Deployment, status: Status) -> bool:
    known = status["versions"].get(deployment.package_digest)
    if known is None or known["deployment"] != str(deployment.pk):
        return True
    return not known["weight"] and not known["in_flight"]


def _fail(deployment: Deployment, reason: Said) -> None:
    try:
        going_live.fail(deployment, reason=reason)
    except WrongState:
        log.info("%s ended meanwhile", deployment)
