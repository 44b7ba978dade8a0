"""Tell the data scientists when a trained model waits for them."""

from django.urls import reverse

from apps.audit import events
from apps.audit.models import Event
from apps.core.said import lined
from apps.core.saying import later as _
from apps.notifications import sending
from apps.projects import access
from apps.projects.roles import Right
from apps.registry import comparison_words
from apps.registry.models import Validation


def on_validation_finished(event: Event) -> None:
    """Only where the portal did not register by itself."""
    facts = events.facts_of(event)
    validation = (
        Validation.objects.select_related(
            "training_run__experiment__project", "training_run__started_by", "champion__model"
        )
        .filter(pk=facts["validation"])
        .first()
    )
    if validation is None or not facts["asks"]:
        return
    run = validation.training_run
    sending.notify(
        event,
        [run.started_by, *access.people_with(Right.TRAIN, validation.project)],
        kind="registry.validation_finished",
        subject=_(
            "%(run)s: %(verdict)s. Register or discard?",
            run=run,
            verdict=Validation.Verdict(validation.verdict).label,
        ),
        body=lined(validation.sentence, "", *comparison_words.differences(validation.report)),
        path=reverse("registry:validation_detail", args=[validation.pk]),
    )
