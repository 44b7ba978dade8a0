from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import reader
from apps.automation import retraining
from apps.automation.models import Retraining
from apps.core import snippets
from apps.monitoring.models import Incident


@require_safe
def retraining_list(request: HttpRequest) -> HttpResponse:
    found = Retraining.objects.visible_to(reader(request)).select_related(
        "incident__monitor__endpoint__model__project", "training_run__experiment", "decided_by"
    )
    context = {
        "page": Paginator(found, 25).get_page(request.GET.get("page")),
        "snippet": snippets.call(reverse("api:retraining-list")),
    }
    return render(request, "automation/retraining_list.html", context)


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    incident = get_object_or_404(Incident.objects.visible_to(reader(request)), pk=pk)
    retraining.start(incident, by=reader(request))
    messages.success(request, _("Newer data are gathered now; the training starts when they are there."))
    return redirect("monitoring:incident_detail", pk)
