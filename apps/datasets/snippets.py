"""How a program hands a file in and reads a version's rows, ready to copy."""

from django.conf import settings
from django.urls import reverse

from apps.datasets.models import Dataset, DatasetVersion

_HEADER = 'headers={"Authorization": f"Bearer {os.environ[\'TOKEN\']}"}'


def hand_in(dataset: Dataset) -> dict[str, str]:
    """One CSV file, published as soon as it has been read."""
    url = settings.PORTAL_URL + reverse("api:dataset-upload", args=[dataset.pk])
    return {
        "curl": f'curl -H "Authorization: Bearer $TOKEN" \\\n  -F file=@rows.csv -F publish=true \\\n  {url}',
        "python": (
            'import os, requests\n\nwith open("rows.csv", "rb") as rows:\n'
            f'    answer = requests.post(\n        "{url}",\n        {_HEADER},\n'
            '        files={"file": rows},\n        data={"publish": "true"},\n    )\n'
            "answer.raise_for_status()\nprint(answer.json())"
        ),
    }


def read(version: DatasetVersion) -> dict[str, str]:
    """The profile by curl, the rows as a frame by Python."""
    profile, rows = (
        settings.PORTAL_URL + reverse(f"api:datasetversion-{part}", args=[version.pk])
        for part in ("profile", "data")
    )
    return {
        "curl": f'curl -H "Authorization: Bearer $TOKEN" \\\n  {profile}',
        "python": (
            "import io, os, pandas, requests\n\n"
            f'answer = requests.get(\n    "{rows}",\n    {_HEADER},\n)\n'
            "answer.raise_for_status()\nframe = pandas.read_parquet(io.BytesIO(answer.content))"
        ),
    }
