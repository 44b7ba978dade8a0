"""Lists as tests read them: the objects on a page, and the file."""

import csv
import io
from typing import Any

from django.http import HttpResponse
from django.test import Client


def shown(client: Client, address: str, **query: str) -> list[Any]:
    """The objects on the page, in its order."""
    return client.get(address, query).context["table"].records


def exported(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    """The rows of the list as a file, each by the words of its header."""
    answer = client.get(address, {"format": "csv", **query})
    return list(csv.DictReader(io.StringIO(text_of(answer))))


def text_of(answer: HttpResponse) -> str:
    return b"".join(answer.streaming_content).decode()
