"""The MLflow gate knows tokens alone: a session opens nothing."""

from tests.access import WHO, Row

REFUSED = dict.fromkeys(WHO, 401)

ROWS = {
    "gateway:gate": Row(
        {method: REFUSED for method in ("GET", "POST", "PUT", "PATCH", "DELETE")},
        lambda project: {"path": "api/2.0/mlflow/experiments/search"},
    )
}
