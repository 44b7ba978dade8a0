"""
The MLflow server behind the gate: reached over a socket in a folder that only the portal may
enter, or at an address on a private network. Nothing outside may talk to it directly.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import httpx
from django.conf import settings

from apps.core.errors import Unavailable
from apps.core.saying import later as _

PREFIX = "/mlflow"
SILENT = _("The tracking server does not answer; try again shortly.")


@cache
def client() -> httpx.Client:
    """One client a process. The server closes idle connections after 5 s, so we do after 4."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=4)
    socket = None if settings.MLFLOW_URL else settings.MLFLOW_SOCKET
    return httpx.Client(
        transport=httpx.HTTPTransport(uds=socket, limits=limits),
        base_url=settings.MLFLOW_URL or "http://localhost",
        timeout=httpx.Timeout(connect=3, read=120, write=120, pool=10),
        follow_redirects=False,
        trust_env=False,
    )


def send(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    content: bytes | Iterable[bytes] | None = None,
) -> httpx.Response:
    """Send a request on and return the answer unread (close it). Raises Unavailable."""
    url = f"{PREFIX}{path}" + (f"?{query}" if query else "")
    request = client().build_request(method, url, headers=dict(headers or {}), content=content)
    try:
        return client().send(request, stream=True)
    except httpx.TransportError as error:
        raise Unavailable(SILENT) from error


def call(
    method: str, path: str, document: dict[str, Any] | None = None, query: str = ""
) -> dict[str, Any] | None:
    """A call of MLflow's REST API by the portal itself; None where it knows no such thing."""
    url = f"{PREFIX}/api/2.0/mlflow/{path}" + (f"?{query}" if query else "")
    try:
        response = client().request(method, url, json=document)
    except httpx.TransportError as error:
        raise Unavailable(SILENT) from error
    if response.status_code == httpx.codes.NOT_FOUND:
        return None
    if response.is_error:
        raise Unavailable(
            _("The tracking server refused %(path)s: %(message)s", path=path, message=_message(response))
        )
    answer: dict[str, Any] = response.json()
    return answer


def is_alive() -> bool:
    """Whether it answers at all."""
    try:
        return client().get(f"{PREFIX}/health", timeout=2).is_success
    except httpx.TransportError:
        return False


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json().get("message", response.status_code))
    except ValueError:
        return str(response.status_code)
