"""Errors as the API answers them: RFC 9457, application/problem+json."""

from http import HTTPStatus

import msgspec

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """What is wrong with a request, as a sentence for the person who wrote it."""

    def __init__(self, status: int, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after

    def body(self, request_id: str) -> bytes:
        return msgspec.json.encode(
            {
                "type": "about:blank",
                "title": HTTPStatus(self.status).phrase,
                "status": self.status,
                "detail": self.detail,
                "request_id": request_id,
            }
        )

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        headers = [("content-type", CONTENT_TYPE), ("x-request-id", request_id)]
        if self.retry_after is not None:
            headers.append(("retry-after", str(self.retry_after)))
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers.append(("www-authenticate", "Bearer"))
        return headers
