"""
MLflow's registry as a mirror of ours: `<project>.<model>` with our versions and aliases.

Our database is the truth. Mirroring converges: it may run twice, late, or after ten others.
"""

from urllib.parse import urlencode

from apps.tracking import server


def mirror_version(name: str, number: int, run_id: str) -> None:
    """Make MLflow know the version. Its number there may differ; the tag `portal.version` is ours."""
    if server.call("GET", "registered-models/get", query=urlencode({"name": name})) is None:
        server.call("POST", "registered-models/create", {"name": name})
    if _number_there(name, number) is None:
        server.call(
            "POST",
            "model-versions/create",
            {
                "name": name,
                "source": f"runs:/{run_id}/model",
                "run_id": run_id,
                "tags": [{"key": "portal.version", "value": str(number)}],
            },
        )


def mirror_alias(name: str, alias: str, number: int | None) -> None:
    """Point the alias at our version of that number; at nothing when there is none."""
    if number is None:
        server.call("DELETE", "registered-models/alias", {"name": name, "alias": alias})
        return
    there = _number_there(name, number)
    if there is not None:
        server.call("POST", "registered-models/alias", {"name": name, "alias": alias, "version": there})


def _number_there(name: str, number: int) -> str | None:
    wanted = f"name = '{name}' and tags.`portal.version` = '{number}'"
    found = server.call("GET", "model-versions/search", query=urlencode({"filter": wanted}))
    versions = (found or {}).get("model_versions", [])
    return str(versions[0]["version"]) if versions else None
