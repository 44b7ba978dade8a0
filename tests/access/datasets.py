import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core import storage
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import ADMINISTRATOR, AUDITOR, ROLES, STRANGER, action, api_action, api_page, page
from tests.factories import DatasetFactory, DatasetVersionFactory, UploadFactory

EDITORS = (Role.DATA_ENGINEER, Role.DATA_SCIENTIST)
PUBLISHERS = (Role.DATA_ENGINEER,)


def dataset(project: Project) -> dict[str, Any]:
    return {"pk": DatasetFactory(project=project).pk}


def version(project: Project) -> dict[str, Any]:
    digest = storage.put_bytes(f"rows of {project.pk}".encode())
    profile = storage.put_document(
        {"rows": 1, "duplicate_rows": 0, "columns": [], "correlations": [], "notes": []}
    )
    made = DatasetVersionFactory(dataset__project=project, data_digest=digest, profile_digest=profile)
    return {"pk": made.pk}


def upload(project: Project) -> dict[str, Any]:
    return {"pk": UploadFactory(dataset__project=project).pk}


def new_dataset(project: Project) -> dict[str, Any]:
    return {"project": project.pk, "name": uuid.uuid4().hex, "description": ""}


def new_file(project: Project) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("rows.csv", f"a,b\n1,{uuid.uuid4().hex}\n".encode())}


def reason(project: Project) -> dict[str, Any]:
    return {"reason": "to see who may"}


FOREIGN_PROJECTS_ARE_NO_CHOICE = 400

ROWS = {
    "datasets:dataset_list": page(),
    "datasets:dataset_create": page().and_posts(*EDITORS, data=new_dataset),
    "datasets:dataset_detail": page(dataset),
    "datasets:upload": action(dataset, *EDITORS, data=new_file),
    "datasets:upload_detail": page(upload),
    "datasets:upload_status": page(
        upload, **dict.fromkeys((*ROLES, ADMINISTRATOR, AUDITOR), frozenset({200, 286}))
    ),
    "datasets:version_detail": page(version),
    "datasets:version_rows": page(version),
    "datasets:version_difference": page(version),
    "datasets:version_data": page(version),
    "datasets:publish": action(version, *PUBLISHERS),
    "datasets:quarantine": action(version, *PUBLISHERS, data=reason),
    "datasets:release": action(version, *PUBLISHERS, data=reason),
    "datasets:withdraw": action(version, *PUBLISHERS, data=reason),
    "api:dataset-list": api_page().and_posts(*EDITORS, data=new_dataset),
    "api:dataset-detail": api_page(dataset),
    "api:dataset-upload": api_action(dataset, *EDITORS),
    "api:dataset-versions": api_page(dataset),
    "api:upload-list": api_page(),
    "api:upload-detail": api_page(upload),
    "api:datasetversion-list": api_page(),
    "api:datasetversion-detail": api_page(version),
    "api:datasetversion-profile": api_page(version),
    "api:datasetversion-rows": api_page(version),
    "api:datasetversion-data": api_page(version),
    "api:datasetversion-difference": api_page(
        version, **dict.fromkeys((*ROLES, ADMINISTRATOR, AUDITOR), 404)
    ),
    "api:datasetversion-publish": api_action(version, *PUBLISHERS),
    "api:datasetversion-quarantine": api_action(version, *PUBLISHERS, data=reason),
    "api:datasetversion-release": api_action(version, *PUBLISHERS, data=reason),
    "api:datasetversion-withdraw": api_action(version, *PUBLISHERS, data=reason),
}
for name in ("datasets:dataset_create", "api:dataset-list"):
    ROWS[name].methods["POST"][STRANGER] = FOREIGN_PROJECTS_ARE_NO_CHOICE  # type: ignore[index]
