"""Where an object has its page: apps declare `pages = {"registry.modelversion": "registry:version"}`."""

from django.urls import NoReverseMatch, reverse

from apps.core import declared


def url_of(object_type: str, object_id: str) -> str | None:
    """The page of the object with that label and id; None where it has none."""
    for name in declared.names("pages", object_type):
        try:
            return reverse(name, args=[object_id])
        except NoReverseMatch:
            continue
    return None
