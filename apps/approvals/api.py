from collections.abc import Callable

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import ApiToken
from apps.accounts.requests import reader
from apps.approvals import decisions, policy, proposals, reauthentication, review
from apps.approvals.models import Proposal
from apps.approvals.serializers import (
    DecideSerializer,
    ProposalDetailSerializer,
    ProposalSerializer,
    WithdrawSerializer,
)
from apps.core.api import filters, numbers, words
from apps.core.errors import NotAllowed

_PATHS = {"project": "version__model__project", "version": "version"}
_WORDS = {"status": Proposal.Status.values}


@extend_schema_view(list=extend_schema(parameters=filters(_PATHS, _WORDS)))
class ProposalViewSet(ReadOnlyModelViewSet[Proposal]):
    """Requests for approval, their evidence, and the decisions on them."""

    queryset = Proposal.objects.none()
    serializer_class = ProposalSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Proposal]:
        found = Proposal.objects.visible_to(reader(self.request)).select_related(
            "version__model__project", "proposed_by"
        )
        found = found.filter(**numbers(self.request, _PATHS), **words(self.request, _WORDS))
        return found.prefetch_related("decisions__person")

    @extend_schema(responses=ProposalDetailSerializer)
    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """With the frozen evidence, and what changed of the bound inputs since."""
        proposal = self.get_object()
        proposal.changed = review.changed_inputs(proposal)  # type: ignore[attr-defined]
        return Response(ProposalDetailSerializer(proposal).data)

    @extend_schema(request=DecideSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        return self._decide(request, decisions.approve)

    @extend_schema(request=DecideSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        return self._decide(request, decisions.reject)

    @extend_schema(request=DecideSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"], url_path="request-changes", url_name="request-changes")
    def request_changes(self, request: Request, pk: str) -> Response:
        return self._decide(request, decisions.request_changes)

    @extend_schema(request=WithdrawSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        proposal, user = self.get_object(), reader(request)
        if reason := policy.why_not_withdraw(proposal, user):
            raise NotAllowed(reason)
        values = WithdrawSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        proposals.withdraw(proposal, by=user, reason=values.validated_data["reason"])
        return self._answer(proposal)

    def _decide(self, request: Request, verb: Callable[..., Proposal]) -> Response:
        """Who may not learns that first, whatever they sent: a refusal is recorded."""
        proposal, user = self.get_object(), reader(request)
        values = DecideSerializer(data=request.data)
        if policy.why_not_decide(proposal, user) is None:
            values.is_valid(raise_exception=True)
        told = values.validated_data if values.is_valid() else {}
        by_token = isinstance(request.auth, ApiToken)
        verb(
            proposal,
            by=user,
            reason=told.get("reason", ""),
            seen_digest=told.get("seen", ""),
            authenticated_at=None if by_token else reauthentication.authenticated_at(request._request),
        )
        return self._answer(proposal)

    def _answer(self, proposal: Proposal) -> Response:
        return Response(ProposalSerializer(self.get_queryset().get(pk=proposal.pk)).data)
