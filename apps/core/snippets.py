"""The API call that a page shows: the same thing for programs."""

import json
from typing import Any

from django.conf import settings

Body = dict[str, Any] | list[Any] | None


def call(path: str, method: str = "GET", body: Body = None) -> dict[str, str]:
    """`curl` and `python`, with the address of this portal and the token left to the environment."""
    url = f"{settings.PORTAL_URL}{path}"
    return {"curl": _curl(url, method, body), "python": _python(url, method, body)}


def _curl(url: str, method: str, body: Body) -> str:
    parts = ["curl"] if method == "GET" else [f"curl -X {method}"]
    parts.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        parts += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join([*parts, url])


def _python(url: str, method: str, body: Body) -> str:
    sent = "" if body is None else f"    json={body!r},\n"
    return (
        "import os, requests\n\n"
        f"answer = requests.{method.lower()}(\n"
        f'    "{url}",\n'
        '    headers={"Authorization": f"Bearer {os.environ[\'TOKEN\']}"},\n'
        f"{sent})\n"
        "answer.raise_for_status()\n"
        "print(answer.json())"
    )
