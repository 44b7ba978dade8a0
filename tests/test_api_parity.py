"""
What a person can do on a page, a program can do under /api/v1/: every page and every button has its
call, or the reason why it has none.
"""

import pytest
from django.core.management import call_command

from tests.test_access_matrix import ROWS

A_PART = "a part of a page"
OF_A_BROWSER = "how a browser is served: sign-in, language, looks"
AS_LISTS = "what it puts together is in the lists that it is made of"
NO_TOKEN_MAKES_TOKENS = "tokens are made by a signed-in person alone, so that a stolen one makes no other"
FOR_ONESELF = "what reaches one's own mailbox, tried out beside it"
A_MAILBOX = "stands in for a mailbox where no mail server is"

CALLS = {
    "accounts:activate": "api:person-activate",
    "accounts:change_role": "api:person-role",
    "accounts:deactivate": "api:person-deactivate",
    "accounts:invite": "api:person-invite",
    "accounts:people": "api:person-list",
    "accounts:profile": "api:me",
    "accounts:revoke_invitation": "api:invitation-revoke",
    "accounts:revoke_token": "api:token-revoke",
    "accounts:tokens": NO_TOKEN_MAKES_TOKENS,
    "accounts:welcome": OF_A_BROWSER,
    "approvals:approve": "api:proposal-approve",
    "approvals:proposal_list": "api:proposal-list",
    "approvals:proposal_review": "api:proposal-detail",
    "approvals:reject": "api:proposal-reject",
    "approvals:request_changes": "api:proposal-request-changes",
    "approvals:withdraw": "api:proposal-withdraw",
    "audit:chain": "api:event-list",
    "audit:erase": "api:event-erase",
    "audit:event": "api:event-detail",
    "audit:event_list": "api:event-list",
    "audit:export_csv": "api:event-export",
    "audit:export_json": "api:event-export",
    "audit:public_key": "api:public-key",
    "audit:verify": "api:verification-list",
    "automation:retraining_list": "api:retraining-list",
    "automation:start": "api:incident-retrain",
    "datasets:dataset_create": "api:dataset-list",
    "datasets:dataset_detail": "api:dataset-detail",
    "datasets:dataset_list": "api:dataset-list",
    "datasets:publish": "api:datasetversion-publish",
    "datasets:quarantine": "api:datasetversion-quarantine",
    "datasets:release": "api:datasetversion-release",
    "datasets:upload": "api:dataset-upload",
    "datasets:upload_detail": "api:upload-detail",
    "datasets:upload_status": A_PART,
    "datasets:version_data": "api:datasetversion-data",
    "datasets:version_detail": "api:datasetversion-profile",
    "datasets:version_difference": "api:datasetversion-difference",
    "datasets:version_rows": "api:datasetversion-rows",
    "datasets:withdraw": "api:datasetversion-withdraw",
    "deployments:choose": "api:endpoint-settings",
    "deployments:create_key": "api:endpoint-keys",
    "deployments:endpoint_detail": "api:endpoint-detail",
    "deployments:endpoint_list": "api:endpoint-list",
    "deployments:endpoint_log": "api:endpoint-log",
    "deployments:endpoint_status": A_PART,
    "deployments:order": "api:release-deploy",
    "deployments:release_detail": "api:release-detail",
    "deployments:release_list": "api:release-list",
    "deployments:restart": "api:endpoint-restart",
    "deployments:revoke_key": "api:endpoint-revoke-key",
    "deployments:roll_back": "api:endpoint-roll-back",
    "deployments:start": "api:endpoint-start",
    "deployments:start_release": "api:release-list",
    "deployments:stop": "api:endpoint-stop",
    "deployments:try_out": "api:endpoint-try-out",
    "experiments:cancel": "api:run-cancel",
    "experiments:compare": AS_LISTS,
    "experiments:experiment_create": "api:experiment-list",
    "experiments:experiment_detail": "api:experiment-runs",
    "experiments:experiment_edit": "api:experiment-detail",
    "experiments:experiment_list": "api:experiment-list",
    "experiments:repeat": "api:run-repeat",
    "experiments:retry": "api:run-retry",
    "experiments:run_detail": "api:run-report",
    "experiments:run_live": "api:run-trials",
    "experiments:start": "api:experiment-runs",
    "home:counts": A_PART,
    "home:dashboard": AS_LISTS,
    "home:health": OF_A_BROWSER,
    "home:inbox": "api:inbox",
    "home:search": "api:search",
    "home:status": "api:status",
    "monitoring:acknowledge": "api:incident-acknowledge",
    "monitoring:assign": "api:incident-assign",
    "monitoring:captured_rows": "api:monitor-rows",
    "monitoring:hand_over": "api:monitor-hand-over",
    "monitoring:incident_detail": "api:incident-detail",
    "monitoring:incident_list": "api:incident-list",
    "monitoring:monitor_column": "api:monitor-windows",
    "monitoring:monitor_detail": "api:monitor-detail",
    "monitoring:monitor_list": "api:monitor-list",
    "monitoring:monitor_settings": "api:monitor-tune",
    "monitoring:request_trace": "api:request-trace",
    "monitoring:resolve": "api:incident-resolve",
    "monitoring:silence": "api:incident-silence",
    "monitoring:start": "api:monitor-start",
    "monitoring:truth": "api:monitor-truth",
    "choose_columns": OF_A_BROWSER,
    "notifications:mark_all_read": "api:notice-read-all",
    "notifications:mark_read": "api:notice-read",
    "notifications:notices": "api:notice-list",
    "notifications:preferences": FOR_ONESELF,
    "notifications:send_test": FOR_ONESELF,
    "notifications:outbox": A_MAILBOX,
    "notifications:outbox_message": A_MAILBOX,
    "pipelines:cancel": "api:job-cancel",
    "pipelines:deliver_again": "api:delivery-again",
    "pipelines:engine": "api:engine",
    "pipelines:retry": "api:job-retry",
    "pipelines:run": "api:job-detail",
    "pipelines:run_list": "api:job-list",
    "pipelines:run_log": "api:job-log",
    "pipelines:run_status": A_PART,
    "projects:archive": "api:project-archive",
    "projects:choose_mode": "api:project-arrows",
    "projects:grant": "api:project-members",
    "projects:members": "api:project-members",
    "projects:project_create": "api:project-list",
    "projects:project_detail": "api:project-detail",
    "projects:project_list": "api:project-list",
    "projects:project_settings": "api:project-detail",
    "projects:remove_demo": "api:project-remove-demo",
    "projects:revoke": "api:project-revoke",
    "registry:answer_tier": "api:model-answer-tier",
    "registry:change_tier": "api:model-tier",
    "registry:discard": "api:validation-discard",
    "registry:model_detail": "api:model-detail",
    "registry:model_list": "api:model-list",
    "registry:register": "api:validation-register",
    "registry:validation_detail": "api:validation-detail",
    "registry:version_detail": "api:modelversion-lineage",
    "set_language": OF_A_BROWSER,
    "theme": OF_A_BROWSER,
}
PAGES = {
    name for name in ROWS if not name.startswith(("api:", "gateway:", "account_", "mfa_", "usersessions"))
}
CHANGED_IN_PLACE = {"accounts:profile", "experiments:experiment_edit", "projects:project_settings"}
"""A form on a page, a PATCH of the object in the API."""


def test_every_page_and_every_button_has_its_call_or_a_reason():
    assert sorted(PAGES - CALLS.keys()) == []
    assert sorted(CALLS.keys() - PAGES) == []


@pytest.mark.parametrize(("page", "call"), [(page, call) for page, call in CALLS.items() if "api:" in call])
def test_a_call_does_what_its_page_does(page, call):
    """A button is a POST there as here; what is read is read."""
    assert call in ROWS
    if page not in CHANGED_IN_PLACE:
        methods = ROWS[page].methods.keys() - ({"GET"} if "POST" in ROWS[page].methods else set())
        assert methods <= ROWS[call].methods.keys()


def test_the_schema_is_valid_and_nothing_in_it_is_guessed(tmp_path):
    """An operation that the generator cannot read would be missing or wrong in clients made from it."""
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))

    assert "/api/v1/endpoints/{id}/try-out/" in (tmp_path / "schema.yml").read_text()
