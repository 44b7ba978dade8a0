"""What every API of the portal shares: problem documents (RFC 9457), pages, scopes by visibility."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler as drf_exception_handler

from apps.core import request_context
from apps.core.errors import DomainError, NotAllowed, TooLarge, Unavailable, UnsupportedFormat


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ServiceUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"


class ContentTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Unsupported(exceptions.APIException):
    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported"


class Pagination(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Any refusal as `application/problem+json` with a sentence in `detail`."""
    response = drf_exception_handler(_as_api_exception(error), dict(context))
    if response is not None:
        response.data = _problem(response)
        response.content_type = "application/problem+json"
    return response


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, DomainError):
        return _refusal(error)
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, OperationalError):
        return ServiceUnavailable(_("The database does not answer. Nothing was changed."))
    if isinstance(error, Http404):
        return exceptions.NotFound()
    return error


def _refusal(error: DomainError) -> exceptions.APIException:
    answers: dict[type[DomainError], type[exceptions.APIException]] = {
        NotAllowed: exceptions.PermissionDenied,
        Unavailable: ServiceUnavailable,
        TooLarge: ContentTooLarge,
        UnsupportedFormat: Unsupported,
    }
    found = next((answer for kind, answer in answers.items() if isinstance(error, kind)), Conflict)
    return found(str(error))


def _problem(response: Response) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
        "detail": _sentence(response.data),
        "instance": f"urn:request:{request_context.request_id.get()}",
    }
    if response.status_code == status.HTTP_400_BAD_REQUEST and isinstance(response.data, dict):
        problem["errors"] = response.data
    return problem


def _sentence(data: Any) -> str:
    if isinstance(data, dict):
        if "detail" in data:
            return str(data["detail"])
        return " ".join(f"{field}: {_sentence(errors)}" for field, errors in data.items())
    if isinstance(data, list):
        return " ".join(_sentence(item) for item in data)
    return str(data)
