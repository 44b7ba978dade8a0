from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

from apps.core import appearance, numbers, sparklines, status_looks

ROOT = Path(__file__).resolve().parents[2]


def rendered(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\u2013"),
        (float("nan"), "\u2013"),
        (float("-inf"), "\u2212∞"),
        (0, "0"),
        (0.0, "0"),
        (1234567, "1,234,567"),
        (0.812345, "0.8123"),
        (-12.5, "\u221212.5"),
        (1234.5678, "1,235"),
        (0.00001234, "1.234e\u221205"),
    ],
)
def test_numbers_keep_four_significant_digits(value, text):
    with override("en"):
        assert numbers.number(value) == text


def test_numbers_follow_the_reader_s_language():
    with override("de"):
        assert numbers.number(1234.5, digits=6) == "1.234,5"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1,023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (5 * 1024**4, "5 TiB")],
)
def test_sizes_are_in_binary_units(size, text):
    with override("en"):
        assert numbers.byte_size(size) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.0123, "12 ms"),
        (2.34, "2.3 s"),
        (61, "1 min 1 s"),
        (timedelta(hours=26), "1 d 2 h"),
        (3600, "1 h"),
    ],
)
def test_durations_name_their_two_largest_units(span, text):
    with override("en"):
        assert numbers.duration(span) == text


def test_a_status_is_said_in_word_icon_and_tone():
    part = rendered("{% status 'quarantined' %}")
    assert "Quarantined" in part
    assert "tone-bad" in part
    assert "#alert-octagon" in part


def test_an_unknown_status_is_escaped_and_shown_by_its_own_word():
    part = rendered("{% status s %}", s="<b>_odd")
    assert "&lt;b&gt; odd" in part


def test_every_look_has_a_drawing_in_the_sprite():
    sprite = (ROOT / "static" / "icons.svg").read_text()
    missing = [s for s, look in status_looks.LOOKS.items() if f'id="{look.icon}"' not in sprite]
    assert missing == []


def test_a_time_carries_its_exact_moment():
    moment = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    part = rendered("{% when moment %}", moment=moment)
    assert 'datetime="2026-10-25T01:30:00+00:00"' in part
    assert "data-local" in part


def test_a_digest_is_short_and_copied_whole():
    part = rendered("{% digest value %}", value="sha256:" + "ab" * 32)
    assert ">abababababab<" in part
    assert f'data-copy="sha256:{"ab" * 32}"' in part


def test_hostile_names_stay_text_in_every_small_part():
    hostile = '"><script>alert(1)</script>'
    source = "{% copy x %}{% digest x %}{% person x %}{% status x %}{% icon 'x' x %}{% metric x 1 %}"
    part = rendered(source + "{% sparkline v x %}{% number 1 x %}", x=hostile, v=[1, 2])
    assert "<script" not in part


def test_a_sparkline_spans_its_picture_and_breaks_at_gaps():
    line = sparklines.sparkline([0, 5, None, 10], width=100, height=20)
    assert line.path == "M2.0 18.0L34.0 10.0M98.0 2.0"
    assert (line.last_x, line.last_y) == ("98.0", "2.0")


def test_a_flat_sparkline_runs_through_the_middle():
    assert sparklines.sparkline([3, 3], height=20).path == "M2.0 10.0L94.0 10.0"


def test_a_sparkline_keeps_its_threshold_in_the_picture():
    line = sparklines.sparkline([0, 1], height=20, threshold=2)
    assert line.threshold_y == "2.0"


def test_a_sparkline_of_nothing_says_so():
    assert "no values yet" in rendered("{% sparkline v %}", v=[None, float("nan")])


def test_a_sparkline_is_drawn_the_same_in_german():
    with override("de"):
        assert 'd="M2.0 22.0L94.0 2.0"' in rendered("{% sparkline v %}", v=[0.5, 1.5])


def test_paging_keeps_the_filters():
    request = RequestFactory().get("/", {"status": "open", "page": "1"})
    page = Paginator(range(30), 10).page(1)
    part = render_to_string("ui/_pagination.html", {"page": page}, request=request)
    assert 'href="?status=open&amp;page=2"' in part


def test_a_filter_can_be_taken_away():
    request = RequestFactory().get("/", {"status": "open", "q": "a b"})
    assert rendered("{% without 'status' %}", request=request) == "?q=a+b"


def test_nothing_yet_and_nothing_left_are_told_apart():
    assert "Clear filters" in render_to_string("ui/_empty.html", {"clear_url": "/x"})
    fresh = render_to_string("ui/_empty.html", {"title": "No datasets yet", "steps": ["Upload"]})
    assert "Clear filters" not in fresh
    assert "<li>Upload</li>" in fresh


def test_the_theme_is_kept_and_the_way_back_stays_here():
    request = RequestFactory().post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
    answer = appearance.set_theme(request)
    assert answer.cookies["theme"].value == "dark"
    assert answer.headers["Location"] == "/"


def test_an_invented_theme_counts_as_none():
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = "</style>"
    assert appearance.theme(request) == {"theme": "auto"}


def test_metrics_in_a_report_s_sentences_are_named_for_people():
    sentence = "Promote: roc_auc 0.76 against 0.75; accuracy and macro_f1 agree, roc_auc_like stays."
    assert rendered("{{ s|in_words }}", s=sentence) == (
        "Promote: ROC AUC 0.76 against 0.75; accuracy and F1, mean of the classes agree, roc_auc_like stays."
    )
