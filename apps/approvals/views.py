from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import reader
from apps.approvals import decisions, inbox, lists, policy, proposals, reauthentication, review
from apps.approvals.forms import DecisionForm, WithdrawForm
from apps.approvals.models import Proposal
from apps.audit import activity
from apps.core import listing, snippets


@require_safe
def proposal_list(request: HttpRequest) -> HttpResponseBase:
    """What waits for the reader first, then all that they may see."""
    user = reader(request)
    status, query = request.GET.get("status", ""), request.GET.get("q", "").strip()
    found = Proposal.objects.visible_to(user).for_a_list()
    if status in Proposal.Status.values:
        found = found.filter(status=status)
    if query:
        found = found.filter(version__model__name__icontains=query)
    context = {
        "mine": inbox.mine(user).for_a_list().order_by("expires_at")[:20],
        "statuses": Proposal.Status.choices,
        "status_chosen": status,
        "query": query,
        "steps": [
            _("A registered version is released: packaged, checked and measured."),
            _("Its release asks for an approval; the people who may sign are told."),
            _("They read the evidence here and decide."),
        ],
        "snippet": snippets.call(reverse("api:proposal-list")),
    }
    table = lists.ProposalList(found, request)
    return listing.show(request, "approvals/proposal_list.html", table, context)


@require_safe
def proposal_review(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk)
    return _show(request, proposal, DecisionForm(initial={"seen": proposal.digest}))


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, decisions.approve)


@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, decisions.reject)


@require_POST
def request_changes(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, decisions.request_changes)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    proposal, user, form = _proposal(request, pk), reader(request), WithdrawForm(request.POST)
    if not form.is_valid() and policy.why_not_withdraw(proposal, user) is None:
        raise ValidationError(_("Say in a sentence why; others will read it."))
    proposals.withdraw(proposal, by=user, reason=form.cleaned_data.get("reason", ""))
    messages.success(request, _("The proposal is withdrawn; its release ends."))
    return redirect("approvals:proposal_review", pk)


def _decide(request: HttpRequest, pk: int, verb: Callable[..., Proposal]) -> HttpResponse:
    proposal, form = _proposal(request, pk), DecisionForm(request.POST)
    form.is_valid()
    try:
        decided = verb(
            proposal,
            by=reader(request),
            reason=form.cleaned_data.get("reason", ""),
            seen_digest=form.cleaned_data.get("seen", ""),
            authenticated_at=reauthentication.authenticated_at(request),
        )
    except ValidationError as wrong:
        if not form.errors:
            form.add_error("reason", ValidationError(wrong.messages))
        return _show(request, proposal, form, status=400)
    messages.success(request, _after(decided))
    return redirect("approvals:proposal_review", pk)


def _after(proposal: Proposal) -> str:
    if proposal.status == Proposal.Status.OPEN:
        return _("You have signed. More signatures are needed.")
    return _("%(version)s: %(state)s.") % {
        "version": proposal.version,
        "state": proposal.get_status_display(),
    }


def _proposal(request: HttpRequest, pk: int) -> Proposal:
    found = Proposal.objects.visible_to(reader(request)).select_related(
        "version__model__project", "version__model__owner", "proposed_by", "release_run"
    )
    return get_object_or_404(found.prefetch_related("decisions__person"), pk=pk)


def _show(request: HttpRequest, proposal: Proposal, form: DecisionForm, status: int = 200) -> HttpResponse:
    user = reader(request)
    changed = review.changed_inputs(proposal)
    items, people = review.evidence(proposal), review.people_of(proposal)
    context = {
        "proposal": proposal,
        "items": items,
        "tally": review.tally(items),
        "speaks_for": [item for item in items if item["verdict"] == "passed"],
        "speaks_against": [item for item in items if item["verdict"] in review.RISKY],
        "changed": changed,
        "standing": review.standing(proposal, user, reauthentication.authenticated_at(request), changed),
        "since": review.since_before(proposal, items),
        "signatures": review.signatures(proposal, people),
        "may_sign": review.may_sign(proposal, people) if proposal.status == Proposal.Status.OPEN else [],
        "contributors": people.contributors,
        "serving": proposal.version.model.versions.in_production().exclude(pk=proposal.version_id).first(),
        "until": review.would_last_until(),
        "bound": review.bound_inputs(proposal),
        "form": form,
        "activity": activity.about(proposal),
        "snippet": snippets.call(
            reverse("api:proposal-approve", args=[proposal.pk]),
            "POST",
            {"reason": _("why you approve"), "seen": proposal.digest},
        ),
    }
    return render(request, "approvals/proposal_review.html", context, status=status)
