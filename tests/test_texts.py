"""Every word that people read can be translated: no template has text outside of translate tags."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
NOT_TRANSLATED = frozenset(
    {"CSV", "MLOps Portal", "Python", "curl", "Ctrl", "MLflow", "API", "SHA-256", "IQR"}
)
"""Names, units and keys: the same in every language."""

_LEAVE_OUT = [
    r"{#.*?#}",
    r"{% comment.*?{% endcomment %}",
    r"{% blocktranslate.*?{% endblocktranslate %}",
    r"{%.*?%}",
    r"{{.*?}}",
    r"<(script|style|code|kbd|pre)\b.*?</\1>",
    r"<!--.*?-->",
    r"<[^>]*>",
    r"&\w+;",
]


def bare_words(source: str) -> list[str]:
    for pattern in _LEAVE_OUT:
        source = re.sub(pattern, "\n", source, flags=re.DOTALL)
    lines = (line.strip() for line in source.splitlines())
    return [
        line
        for line in lines
        if re.search(r"[A-Za-z]{2}", line) and line.strip("·:.,() ") not in NOT_TRANSLATED
    ]


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_a_template_has_no_words_of_its_own(path):
    assert bare_words(path.read_text()) == []


def test_a_bare_word_is_found():
    assert bare_words('<p class="x">{% translate "Good" %} <b>Bare</b> {{ value }}</p>') == ["Bare"]
