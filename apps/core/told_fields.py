"""Columns of what people are told later. They are text and JSON to the database, and to migrations."""

import json
from typing import TYPE_CHECKING, Any, cast

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from apps.core.said import NOTHING, Said, own_words, plain, revived

if TYPE_CHECKING:
    _TextField = models.TextField[Said | str, Said]
    _JSONField = models.JSONField[Any, Any]
else:
    _TextField, _JSONField = models.TextField, models.JSONField


class _ToldAttribute(DeferredAttribute):
    """Whatever is assigned is Said when it is read, also before it is saved."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = _as_said(value)


class SaidField(_TextField):
    """
    One Said; NOTHING is the empty text. A text that is assigned is somebody's own words, and is
    stored as it is.
    """

    descriptor_class = _ToldAttribute

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Said | None:
        return None if value is None else _read(value)

    def to_python(self, value: Any) -> Any:
        return _as_said(value)

    def get_prep_value(self, value: Any) -> Any:
        value = _as_said(value)
        return _written(value) if isinstance(value, Said) else super().get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        return cast(str, self.get_prep_value(self.value_from_object(obj)))


class DocumentField(_JSONField):
    """A JSON document in which things may be said."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return revived(super().from_db_value(value, expression, connection))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(plain(value), connection, prepared)


def _as_said(value: Any) -> Any:
    if isinstance(value, str):
        return own_words(value)
    return NOTHING if value is None else value


def _written(what: Said) -> str:
    own = what.facts.get("text", "") if not what.code else None
    if isinstance(own, str) and not own.startswith("{"):
        return own
    return json.dumps(what.as_json(), ensure_ascii=False, sort_keys=True)


def _read(text: str) -> Said:
    if not text.startswith("{"):
        return own_words(text)
    try:
        found = revived(json.loads(text))
    except ValueError:
        return own_words(text)
    return found if isinstance(found, Said) else own_words(text)
