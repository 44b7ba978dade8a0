"""The known rows of a package, with the answers they had when it was made."""

import json
from typing import Any

from apps.core import storage
from apps.deployments.models import Release


def of(release: Release, most: int = 20) -> list[dict[str, Any]]:
    """Of {"inputs", "outputs"}; empty where the package has none."""
    try:
        content = storage.read_from_folder(str(release.package["folder"]), "samples.json")
    except (storage.NotStored, KeyError):
        return []
    found: list[dict[str, Any]] = json.loads(content)
    return found[:most]
