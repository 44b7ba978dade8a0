import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.audit import activity, checkpoints, erasure, events, exporting, reading, verifying
from apps.audit.forms import EventFilter
from apps.audit.keyset import keyset_page
from apps.audit.models import EventQuerySet, Verification
from apps.core import snippets
from apps.core.errors import NotAllowed

PER_PAGE = 50
MOST_OF_A_CHAIN = 500


class SignedInRequest(HttpRequest):
    """What the sign-in rule lets through."""

    user: reading.Reader  # type: ignore[assignment]


@require_safe
def event_list(request: SignedInRequest) -> HttpResponse:
    wanted, found = _filtered(request)
    page = keyset_page(found, PER_PAGE, before=request.GET.get("before"), after=request.GET.get("after"))
    sees_everything = reading.reads_everything(request.user)
    context = {
        "filter": wanted,
        "page": page,
        "entries": activity.entries(page.rows),
        "sees_everything": sees_everything,
        "verification": Verification.objects.first() if sees_everything else None,
        "snippet": snippets.call(reverse("api:event-list")),
    }
    return render(request, "audit/event_list.html", context)


@require_safe
def event_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(reading.visible_to(request.user).select_related("seal", "detail"), pk=pk)
    detail = events.detail_of(found)
    if not reading.reads_everything(request.user):
        detail.pop("address", None)
    context = {
        "event": found,
        "entry": activity.entries([found])[0],
        "facts": _before_first(events.facts_of(found)),
        "detail": detail,
        "body": json.dumps(json.loads(found.body), indent=2, ensure_ascii=False),
        "may_erase": request.user.is_administrator and bool(detail),
    }
    return render(request, "audit/event_detail.html", context)


@require_safe
def chain(request: SignedInRequest, chain: uuid.UUID) -> HttpResponse:
    """One line from what set it off to what came of it."""
    found = get_list_or_404(reading.of_chain(chain, request.user)[: MOST_OF_A_CHAIN + 1])
    context = {
        "chain": chain,
        "entries": activity.entries(found[:MOST_OF_A_CHAIN]),
        "is_cut": len(found) > MOST_OF_A_CHAIN,
        "most": MOST_OF_A_CHAIN,
    }
    return render(request, "audit/chain.html", context)


@require_POST
def verify(request: SignedInRequest) -> HttpResponse:
    _require_global(request.user)
    made = verifying.ask(by=request.user)
    if made.finished_at is None:
        messages.info(request, _("The log is long, so a worker verifies it; the result will stand here."))
    elif made.holds:
        messages.success(request, _("Everything holds."))
    else:
        messages.error(request, str(made.reason))
    return redirect("audit:event_list")


@require_POST
def erase(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(reading.visible_to(request.user), pk=pk)
    erasure.erase(found, by=request.user)
    messages.success(request, _("The detail is gone; the log tells that you erased it."))
    return redirect("audit:event", found.pk)


@require_safe
def export_json(request: SignedInRequest) -> StreamingHttpResponse:
    _wanted, found = _filtered(request)
    lines = exporting.json_lines(found, request.user)
    return _download(lines, "application/x-ndjson", "events.jsonl")


@require_safe
def export_csv(request: SignedInRequest) -> StreamingHttpResponse:
    _wanted, found = _filtered(request)
    return _download(exporting.csv_lines(found), "text/csv; charset=utf-8", "events.csv")


@require_safe
def public_key(request: SignedInRequest) -> HttpResponse:
    """What checkpoints are verified with. Not a secret: keep a copy elsewhere."""
    return HttpResponse(checkpoints.public_key_hex() + "\n", content_type="text/plain")


def _filtered(request: SignedInRequest) -> tuple[EventFilter, EventQuerySet]:
    wanted = EventFilter(request.GET, projects=reading.projects_of(request.user))
    return wanted, wanted.narrow(reading.visible_to(request.user))


def _before_first(facts: dict[str, Any]) -> dict[str, Any]:
    """Sealed facts lie in the order of their names; people read what was before what is after."""
    first = {name: facts[name] for name in ("before", "after") if name in facts}
    return first | facts


def _require_global(reader: reading.Reader) -> None:
    if not reading.reads_everything(reader):
        raise NotAllowed(_("Only administrators and auditors verify the whole log."))


def _download(lines: object, content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=content_type)  # type: ignore[arg-type]
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
