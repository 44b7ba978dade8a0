from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import invitations
from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import listing, snippets
from apps.core.errors import NotAllowed
from apps.core.said import Said
from apps.projects import access, joining, lifecycle, lists, loop, members, stages
from apps.projects.forms import MemberForm, ModeForm, ProjectForm
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import DECIDERS, RIGHTS, Role


def _visible(request: HttpRequest, pk: int) -> Project:
    return get_object_or_404(Project.objects.visible_to(reader(request)).select_related("created_by"), pk=pk)


@require_safe
def project_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    found = Project.objects.visible_to(user)
    query = request.GET.get("q", "").strip()
    shows_archived = request.GET.get("archived") == "yes"
    if query:
        found = found.filter(name__icontains=query)
    if not shows_archived:
        found = found.active()
    context = {
        "query": query,
        "shows_archived": shows_archived,
        "why_not_create": lifecycle.why_not_administer(user),
        "snippet": snippets.call(reverse("api:project-list")),
    }
    table = lists.ProjectList(found.order_by("name", "pk"), request)
    return listing.show(request, "projects/project_list.html", table, context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_create(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    _refuse_unless_administrator(user)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = lifecycle.create(by=user, **form.cleaned_data)
        messages.success(request, _("The project is there. Now give people their roles."))
        return redirect("projects:members", project.pk)
    status = 400 if form.is_bound else 200
    return render(request, "projects/project_create.html", {"form": form}, status=status)


@require_safe
def project_detail(request: HttpRequest, pk: int) -> HttpResponse:
    project = _visible(request, pk)
    user = reader(request)
    modes = loop.modes(project)
    held = access.rights_of(user, project)
    context = {
        "project": project,
        "loop": stages.picture(project, modes),
        "arrows": [(arrow, mode, _why_not_set(arrow, held, project)) for arrow, mode in modes.items()],
        "modes": Mode.choices,
        "my_roles": project.memberships.filter(person=user),
        "entries": activity.of_project(project, limit=10),
        "snippet": snippets.call(reverse("api:project-arrows", args=[project.pk])),
    }
    return render(request, "projects/project_detail.html", context)


def _why_not_set(arrow: Arrow, held: frozenset[str], project: Project) -> Said | None:
    right = loop.RIGHT_TO_SET[arrow]
    if project.archived_at:
        return access.why_archived()
    return None if right in held else access.why_not(right)


@require_POST
def choose_mode(request: HttpRequest, pk: int, arrow: str) -> HttpResponse:
    project = _visible(request, pk)
    if arrow not in Arrow.values:
        raise Http404
    form = ModeForm(request.POST)
    if form.is_valid():
        loop.choose(project, Arrow(arrow), Mode(form.cleaned_data["mode"]), by=reader(request))
        messages.success(request, _("The loop runs as you chose from now on."))
    else:
        messages.error(request, _("Choose manual, supervised or automatic."))
    return redirect("projects:project_detail", project.pk)


@require_safe
def members_list(request: HttpRequest, pk: int) -> HttpResponse:
    return _show_members(request, _visible(request, pk), MemberForm())


@require_POST
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """A role for somebody who has an account, or an invitation with the role for who has none."""
    project, form, user = _visible(request, pk), MemberForm(request.POST), reader(request)
    _refuse_unless_administrator(user)
    if not form.is_valid():
        return _show_members(request, project, form, status=400)
    role, person = Role(form.cleaned_data["role"]), form.person()
    if person is None:
        invitation, link = joining.invite(project, form.cleaned_data["email"], role=role, by=user)
        sent = invitations.send(invitation, link)
        return _show_members(request, project, MemberForm(), link=link, invited=invitation.email, sent=sent)
    membership = members.grant(project, to=person, role=role, by=user, group=form.cleaned_data["group"])
    messages.success(
        request,
        _("%(person)s is %(role)s now.") % {"person": person, "role": role.label}
        if membership.is_effective
        else _("%(person)s becomes %(role)s after the delay; they are told of it.")
        % {"person": person, "role": role.label},
    )
    return redirect("projects:members", project.pk)


def _show_members(
    request: HttpRequest,
    project: Project,
    form: MemberForm,
    *,
    link: str = "",
    invited: str = "",
    sent: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "project": project,
        "members": project.memberships.select_related("person", "granted_by"),
        "form": form,
        "why_not_administer": lifecycle.why_not_administer(reader(request)),
        "rights": [(role.label, [right.label for right in RIGHTS[role]]) for role in Role],
        "delayed": ", ".join(str(role.label) for role in Role if role in DECIDERS),
        "delay_hours": 0 if project.is_demo else settings.DECIDER_DELAY_HOURS,
        "link": link,
        "invited": invited,
        "sent": sent,
    }
    return render(request, "projects/members.html", context, status=status)


@require_POST
def revoke(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    project = _visible(request, pk)
    membership = get_object_or_404(project.memberships.select_related("person"), pk=membership_pk)
    members.revoke(membership, by=reader(request))
    messages.success(request, _("%(membership)s: taken away.") % {"membership": membership})
    return redirect("projects:members", project.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: HttpRequest, pk: int) -> HttpResponse:
    project, user = _visible(request, pk), reader(request)
    _refuse_unless_administrator(user)
    form = ProjectForm(request.POST or None, instance=Project.objects.get(pk=project.pk))
    if request.method == "POST" and form.is_valid():
        lifecycle.change(project, by=user, **form.cleaned_data)
        messages.success(request, _("The settings are saved."))
        return redirect("projects:project_settings", project.pk)
    context = {"project": project, "form": form}
    return render(request, "projects/project_settings.html", context, status=400 if form.is_bound else 200)


@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    project = lifecycle.archive(_visible(request, pk), by=reader(request))
    messages.success(request, _("The project is archived: it can be read and not changed."))
    return redirect("projects:project_detail", project.pk)


@require_POST
def remove_demo(request: HttpRequest, pk: int) -> HttpResponse:
    lifecycle.remove_demo(_visible(request, pk), by=reader(request))
    messages.success(request, _("The demo project is removed, with everything in it. Its events stay."))
    return redirect("projects:project_list")


def _refuse_unless_administrator(user: User) -> None:
    if reason := lifecycle.why_not_administer(user):
        raise NotAllowed(reason)
