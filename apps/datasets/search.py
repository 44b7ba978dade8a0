from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.search import PER_KIND, SearchHit
from apps.datasets.models import Dataset


def find(user: User, text: str) -> list[SearchHit]:
    """Datasets by name."""
    found = Dataset.objects.visible_to(user).filter(name__icontains=text).select_related("project")
    return [
        SearchHit(dataset.name, _("dataset"), dataset.get_absolute_url(), "database", dataset.project.name)
        for dataset in found[:PER_KIND]
    ]
