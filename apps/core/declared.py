"""
What apps declare on their AppConfig, as dotted strings of their own modules.

A higher app shows up lower down through these, without an import. They are resolved where
they are used, never at start, so that nothing heavy is loaded into the web process.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string


@cache
def _all(attribute: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (key, dotted)
        for config in apps.get_app_configs()
        for key, value in getattr(config, attribute, {}).items()
        for dotted in ([value] if isinstance(value, str) else value)
    )


def names(attribute: str, key: str) -> list[str]:
    """The dotted strings that apps declare under that key, lowest app first."""
    return [dotted for declared_key, dotted in _all(attribute) if declared_key == key]


def items(attribute: str) -> Iterator[tuple[str, str]]:
    """Every (key, dotted string) of that kind."""
    return iter(_all(attribute))


def resolve(dotted: str) -> Any:
    return import_string(dotted)


def resolved(attribute: str, key: str) -> list[Any]:
    return [import_string(dotted) for dotted in names(attribute, key)]


def one(attribute: str, key: str) -> Any:
    """The single thing declared under that key. Raises LookupError when nobody or two declare it."""
    found = names(attribute, key)
    if len(found) != 1:
        raise LookupError(f"{len(found)} apps declare {attribute}[{key!r}], not one.")
    return import_string(found[0])
