"""The models that serve, as the home page lists them."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import columns, numbers
from apps.core.listing import Listing
from apps.core.portfolio import Served


def _measured_at(value: str, record: Served) -> str | None:
    return (record.lights.url or None) if value else None


def _light(word: Any, accessor: str) -> columns.Light:
    return columns.Light(word, accessor=accessor, linkify=_measured_at, attrs={"a": {"class": "plain-link"}})


def _model(record: Served) -> str:
    return record.row.url


class Portfolio(Listing):
    """Of core.portfolio's Served."""

    key = "portfolio"
    css = "tight"
    always = frozenset({"model"})
    caption = _("Models that serve")

    model = columns.Name(_("Model"), accessor="row__model", linkify=_model)
    project = columns.Name(_("Project"), accessor="row__project")
    tier = columns.Word(_("Tier"), accessor="row__tier")
    champion = columns.Word(_("Champion"), accessor="row__champion")
    health = columns.Status(_("Health"), accessor="row__health")
    drift = _light(_("Drift"), "lights__drift")
    performance = _light(_("Performance"), "lights__performance")
    data_quality = _light(_("Data quality"), "lights__data_quality")
    traffic = columns.Number(_("Requests, 24 h"), accessor="row__requests")
    owner = columns.Person(_("Owner"), accessor="row__owner", orderable=False)

    def render_health(self, record: Served) -> SafeString:
        drawn = columns.status(record.row.health)
        url = record.row.endpoint_url
        return format_html('<a class="plain-link" href="{}">{}</a>', url, drawn) if url else drawn

    def render_traffic(self, record: Served, value: float) -> SafeString:
        line = columns.sparkline(record.row.traffic, gettext("Requests per hour"))
        return format_html("{} <span class='num'>{}</span>", line, numbers.number(int(value)))
