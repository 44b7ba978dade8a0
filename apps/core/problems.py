"""Problem documents (RFC 9457) where no view of the API was reached: programs get no page of HTML."""

from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from apps.core import request_context


def answer(status: int, sentence: str) -> HttpResponse:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
        "instance": f"urn:request:{request_context.request_id.get()}",
    }
    return JsonResponse(problem, status=status, content_type="application/problem+json")
