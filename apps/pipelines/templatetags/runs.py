"""How templates read a run: `{% load runs %}`."""

from django import template

from apps.pipelines import policy, stages

register = template.Library()
register.filter("stages", stages.of)
register.filter("telling", stages.telling)
register.filter("advance", stages.advance)
register.filter("run_title", stages.title)
register.filter("why_not_cancel", policy.why_not_cancel)
register.filter("why_not_retry", policy.why_not_retry)
