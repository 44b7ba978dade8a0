"""The MLflow gate knows tokens alone: a session opens nothing."""

from tests.access import WHO, Row

REFUSED = dict.fromkeys(WHO, 401)

ROWS = {
    "gateway:gate": Row(
        dict.fromkeys(("GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"), REFUSED),
        lambda project: {"path": "api/2.0/mlflow/experiments/search"},
    )
}
