from tests.access import WHO, Row

# The gate knows no sessions: whoever shows no token is nobody, signed in or not.
ROWS = {
    "gateway:gate": Row(
        {method: dict.fromkeys(WHO, 401) for method in ("GET", "POST")},
"""The MLflow gate knows tokens alone: a session opens nothing."""

from tests.access import WHO, Row

REFUSED = dict.fromkeys(WHO, 401)

ROWS = {
    "gateway:gate": Row(
        dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), REFUSED),
        lambda project: {"path": "api/2.0/mlflow/experiments/search"},
    )
}
