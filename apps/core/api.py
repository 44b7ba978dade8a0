"""What every API of the portal shares: problem documents (RFC 9457), pages, filters, files as bodies."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.http import Http404, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import DataAndFiles, FileUploadParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler as drf_exception_handler

from apps.core import query_strings, request_context
from apps.core.errors import DomainError, NotAllowed, TooLarge, Unavailable, UnsupportedFormat
from apps.core.paging import IdsFirst


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
    django_paginator_class = IdsFirst
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


class JsonParser(JSONParser):
    """As DRF's, and a sentence for what it decodes but nobody can store or answer."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            document = super().parse(stream, media_type, parser_context)
            json.dumps(document, ensure_ascii=False).encode()
        except RecursionError:
            raise exceptions.ParseError(_("The document is nested too deeply.")) from None
        except UnicodeEncodeError:
            raise exceptions.ParseError(_("A text has half of a character: a lone surrogate.")) from None
        return document


class CsvParser(FileUploadParser):
    """The body is the file: `curl --data-binary @rows.csv -H "Content-Type: text/csv"`."""

    media_type = "text/csv"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles:
        parsed = super().parse(stream, media_type, parser_context)
        # Django closes the files of a request with it; DRF tells it of those in forms alone.
        request = (parser_context or {})["request"]._request
        request._post, request._files = QueryDict(), MultiValueDict({"file": [parsed.files["file"]]})
        return parsed

    def get_filename(self, stream: IO[Any], media_type: str | None, parser_context: Mapping[str, Any]) -> str:
        return super().get_filename(stream, media_type, parser_context) or "data.csv"


def numbers(request: Request, paths: Mapping[str, str]) -> dict[str, int]:
    """
    The filters of the query string that are ids: {name in the query string: path of the lookup}.

    Raises ValidationError for one that is none: a list that is not narrowed would look as if it was.
    """
    asked = {name: request.query_params[name] for name in paths if request.query_params.get(name)}
    found = {name: query_strings.number(text) for name, text in asked.items()}
    if wrong := [name for name, value in found.items() if value is None]:
        raise exceptions.ValidationError(dict.fromkeys(wrong, _("This is not a number.")))
    return {paths[name]: value for name, value in found.items() if value is not None}


def words(request: Request, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The filters of the query string that are words: {name: all that it may be}. Raises ValidationError."""
    asked = {name: request.query_params[name] for name in known if request.query_params.get(name)}
    for name, word in asked.items():
        if word not in known[name]:
            sentence = _("This is none of: %(known)s.") % {"known": ", ".join(filter(None, known[name]))}
            raise exceptions.ValidationError({name: sentence})
    return asked


def filters(
    numbers: Iterable[str] = (), words: Mapping[str, Sequence[str]] | None = None
) -> list[OpenApiParameter]:
    """How the schema tells of them."""
    return [
        *(OpenApiParameter(name, int) for name in numbers),
        *(OpenApiParameter(name, str, enum=list(known)) for name, known in (words or {}).items()),
    ]


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
        return ServiceUnavailable(_("The database does not answer. Nothing was changed; try again shortly."))
    if isinstance(error, Http404):
        return exceptions.NotFound(_("There is nothing at this address, or it is not for you to see."))
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
