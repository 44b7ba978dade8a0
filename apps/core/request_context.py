"""
What the event log wants to know of the request that something happens in, without passing it
everywhere.
"""

from contextvars import ContextVar

address: ContextVar[str] = ContextVar("address", default="")
"""The address the request came from; empty outside a request."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id that the answer carries in X-Request-ID; empty outside a request."""
