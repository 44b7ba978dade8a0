"""Whether somebody may retrain, with the reason why not."""

from apps.accounts.models import User
from apps.core.said import Said
from apps.monitoring import policy
from apps.monitoring.models import Incident


def why_not_retrain(incident: Incident, user: User) -> Said | None:
    """Who works on incidents decides what is done about them."""
    return policy.why_not_work_on(incident, user)
