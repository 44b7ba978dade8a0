from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import reader
from apps.core import snippets
from apps.notifications import preferences as wishes
from apps.notifications import reading, topics
from apps.notifications.models import Notice


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    found = Notice.objects.visible_to(user)
    only_unread = request.GET.get("unread") == "yes"
    context = {
        "page": Paginator(found.unread() if only_unread else found, 30).get_page(request.GET.get("page")),
        "only_unread": only_unread,
        "unread": found.unread().count(),
        "shows_outbox": reading.shows_outbox(user),
        "snippet": snippets.call(reverse("api:notice-list")),
    }
    return render(request, "notifications/notices.html", context)


@require_POST
def mark_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Seen; and on to the page that it is about, where the button said so."""
    notice = get_object_or_404(Notice.objects.visible_to(reader(request)), pk=pk)
    reading.mark_read(notice)
    goes_on = (
        request.POST.get("go") == "on" and notice.path.startswith("/") and not notice.path.startswith("//")
    )
    return redirect(notice.path if goes_on else "notifications:notices")


@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    reading.mark_all_read(reader(request))
    messages.success(request, _("All notices are marked as read."))
    return redirect("notifications:notices")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What comes by e-mail too, and how the last messages went."""
    user = reader(request)
    if request.method == "POST":
        wishes.choose(user, wanted=request.POST.getlist("mail"))
        messages.success(request, _("Your choice holds from now on."))
        return redirect("notifications:preferences")
    unwanted = wishes.unwanted(user)
    context = {
        "choices": [(name, words, name not in unwanted) for name, words in topics.choices()],
        "last": wishes.last_messages(user),
        "address": user.email,
        "keeps_mail": reading.keeps_mail(),
        "shows_outbox": reading.shows_outbox(user),
    }
    return render(request, "notifications/preferences.html", context)


@require_POST
def send_test(request: HttpRequest) -> HttpResponse:
    wishes.send_test(reader(request))
    messages.success(request, _("A message to you is on its way; below you see how it goes."))
    return redirect("notifications:preferences")


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    if not reading.shows_outbox(user):
        raise Http404
    page = Paginator(reading.kept_for(user).defer("html", "text"), 30).get_page(request.GET.get("page"))
    return render(request, "notifications/outbox.html", {"page": page})


@require_safe
def outbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(reading.kept_for(reader(request)), pk=pk)
    return render(request, "notifications/outbox_message.html", {"message": message})
