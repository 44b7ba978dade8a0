from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import invitations, lists, profiles
from apps.accounts import people as members_of_the_portal
from apps.accounts import tokens as api_tokens
from apps.accounts.forms import GlobalRoleForm, InviteForm, ProfileForm, TokenForm, WelcomeForm
from apps.accounts.models import ApiToken, Invitation, User
from apps.accounts.requests import reader
from apps.core import appearance, listing, snippets
from apps.core.errors import NotAllowed

BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    return _show_people(request, InviteForm())


@require_POST
def invite(request: HttpRequest) -> HttpResponseBase:
    """The link is shown once, to the administrator, whether or not the e-mail goes out."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _show_people(request, form, status=400)
    invitation, link = invitations.invite(by=reader(request), **form.cleaned_data)
    sent = invitations.send(invitation, link)
    return _show_people(request, InviteForm(), link=link, invited=invitation, sent=sent)


def _show_people(
    request: HttpRequest,
    form: InviteForm,
    *,
    link: str = "",
    invited: Invitation | None = None,
    sent: bool = False,
    status: int = 200,
) -> HttpResponseBase:
    user = reader(request)
    if not (user.is_administrator or user.is_auditor):
        raise NotAllowed(_("Only administrators and auditors see who has an account."))
    query = request.GET.get("q", "").strip()
    found = User.objects.order_by("name", "pk")
    if query:
        found = found.filter(Q(name__icontains=query) | Q(email__icontains=query))
    context = {
        "query": query,
        "invitations": Invitation.objects.open().select_related("invited_by").order_by("-pk")[:50],
        "form": form,
        "link": link,
        "invited": invited,
        "sent": sent,
        "snippet": snippets.call(reverse("api:person-list")),
    }
    table = lists.PersonList(found, request, context={"roles": User.GlobalRole.choices})
    return listing.show(request, "accounts/people.html", table, context, status=status)


@require_POST
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    visible = Invitation.objects.visible_to(reader(request))
    invitations.revoke(get_object_or_404(visible, pk=pk), by=reader(request))
    messages.success(request, _("The invitation is revoked; its link leads nowhere."))
    return redirect("accounts:people")


@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    person = members_of_the_portal.deactivate(_person(request, pk), by=reader(request))
    messages.success(request, _("%(person)s is shut out; sessions and tokens ended.") % {"person": person})
    return redirect("accounts:people")


@require_POST
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    person = members_of_the_portal.activate(_person(request, pk), by=reader(request))
    messages.success(request, _("%(person)s may sign in again.") % {"person": person})
    return redirect("accounts:people")


@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponseBase:
    person = _person(request, pk)
    form = GlobalRoleForm(request.POST)
    if not form.is_valid():
        return _show_people(request, InviteForm(), status=400)
    members_of_the_portal.change_role(person, form.cleaned_data["global_role"], by=reader(request))
    messages.success(request, _("The role of %(person)s is changed.") % {"person": person})
    return redirect("accounts:people")


def _person(request: HttpRequest, pk: int) -> User:
    """People are visible to administrators and auditors; to others there is nobody."""
    user = reader(request)
    if user.is_administrator or user.is_auditor:
        return get_object_or_404(User, pk=pk)
    raise Http404


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        profiles.change(user, **form.cleaned_data)
        answer = redirect("accounts:profile")
        _keep_language(answer, form.cleaned_data["language"])
        messages.success(request, _("Your profile is saved."))
        return answer
    status = 400 if form.is_bound else 200
    return render(request, "accounts/profile.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens, and the form to make one. A new one's text is in this one answer and nowhere else."""
    user = reader(request)
    form, made, text = TokenForm(request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        made, text = api_tokens.create(
            user, label=values["label"], scope=values["scope"], lifetime=form.lifetime, by=user
        )
        form = TokenForm()
    context = {
        "form": form,
        "made": made,
        "text": text,
        "tokens": user.tokens.filter(run_reference="").order_by("-pk")[:100],
        "now": timezone.now(),
        "try_it": _try(made, text) if made else "",
        "example": snippets.call(reverse("api:me"))["curl"],
    }
    status = 400 if form.is_bound else 200
    return render(request, "accounts/tokens.html", context, status=status)


def _try(made: ApiToken, text: str) -> str:
    """What the new token is first good for, ready to paste."""
    if made.scope == ApiToken.Scope.TRACKING:
        return f"export MLFLOW_TRACKING_URI={settings.PORTAL_URL}/mlflow\nexport MLFLOW_TRACKING_TOKEN={text}"
    return snippets.call(reverse("api:me"))["curl"].replace("$TOKEN", text)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = reader(request)
    visible = ApiToken.objects.all() if user.is_administrator else user.tokens.all()
    api_tokens.revoke(get_object_or_404(visible, pk=pk), by=user)
    messages.success(request, _("The token is revoked; nothing can use it any more."))
    return redirect("accounts:tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password", "repeated")
@login_not_required  # Whoever was invited has no account yet; the link's secret lets them in.
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    invitation = invitations.find(secret)
    if invitation is None:
        return render(request, "accounts/link_over.html", status=404)
    form = WelcomeForm(request.POST or None, known_email=invitation.email)
    if request.method == "POST" and form.is_valid():
        user = invitations.accept(invitation, **_of(form))
        login(request, user, backend=BACKEND)
        return redirect("home:dashboard")
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/welcome.html", context, status=400 if form.is_bound else 200)


def _of(form: WelcomeForm) -> dict[str, str]:
    return {name: value for name, value in form.cleaned_data.items() if name != "repeated"}


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the choice, with the account where there is one, and return to the page."""
    answer = redirect(appearance.way_back(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        _keep_language(answer, language)
        if isinstance(request.user, User):
            profiles.change(request.user, language=language)
    return answer


@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Which columns of a list are shown to the reader from now on."""
    chosen = listing.named(request.POST.get("list", ""))
    if chosen is None:
        raise Http404
    hidden = chosen.can_hide() - set(request.POST.getlist("shown"))
    profiles.choose_columns(reader(request), chosen.key, hidden=hidden)
    return redirect(appearance.way_back(request))


def _keep_language(answer: HttpResponse, language: str) -> None:
    """For the sign-in page, which knows nobody."""
    if language:
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax")
    else:
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
