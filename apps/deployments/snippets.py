"""How to call an endpoint and the API, ready to copy."""

import json
from typing import Any

from django.conf import settings

from apps.deployments.models import Endpoint, Release


def call(endpoint: Endpoint, record: dict[str, Any]) -> dict[str, str]:
    """One request with a known row, at the endpoint's own address."""
    url = f"{endpoint.address}/invocations"
    body = json.dumps({"dataframe_records": [record]}, ensure_ascii=False)
    key = ' \\\n  -H "Authorization: Bearer $KEY"' if endpoint.require_key else ""
    quoted = body.replace("'", "'\\''")
    return {
        "curl": f"curl {url}{key} \\\n  -H 'Content-Type: application/json' \\\n  -d '{quoted}'",
        "python": _python_call(url, record, endpoint.require_key),
    }


def _python_call(url: str, record: dict[str, Any], needs_key: bool) -> str:
    header = ',\n    headers={"Authorization": f"Bearer {os.environ[\'KEY\']}"}' if needs_key else ""
    imports = "import os, requests" if needs_key else "import requests"
    return (
        f"{imports}\n\nrow = {record!r}\n"
        f'answer = requests.post("{url}",\n'
        f'    json={{"dataframe_records": [row]}}{header}, timeout=10)\n'
        "answer.raise_for_status()\nprint(answer.json())"
    )


def read_release(release: Release) -> dict[str, str]:
    return _api(f"/releases/{release.pk}/", "release", 'print(release["state"], release["package_digest"])')


def read_history(endpoint: Endpoint) -> dict[str, str]:
    return _api(
        f"/endpoints/{endpoint.pk}/history/?at=2026-01-01T12:00:00Z",
        "served",
        'print(served["version"], served["live_from"], served["live_to"])',
    )


def _api(path: str, name: str, then: str) -> dict[str, str]:
    url = f"{settings.PORTAL_URL}/api/v1{path}"
    return {
        "curl": f"curl -H \"Authorization: Bearer $TOKEN\" '{url}'",
        "python": (
            "import os, requests\n\n"
            f'{name} = requests.get("{url}",\n'
            '    headers={"Authorization": f"Bearer {os.environ[\'TOKEN\']}"}, timeout=10).json()\n'
            f"{then}"
        ),
    }
