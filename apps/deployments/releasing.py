"""The first steps of a release: package, check and profile. Workers alone import this."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core import storage
from apps.core.said import said
from apps.core.saying import later as _
from apps.deployments import packages
from apps.deployments.models import Release
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed

MEASURED_PREDICTIONS = 2000
CHECK_SECONDS = 600


def release_of(context: StepContext) -> Release:
    return Release.objects.select_related(
        "version__model__project", "proposal", "started_by", "ordered_by", "awaited"
    ).get(pipeline_run=context.run)


def package(context: StepContext) -> Done:
    """Convert the stored artifact, hold it against the fitted pipeline, keep the files by their digests."""
    release = release_of(context)
    artifact, out = context.work_folder / "artifact", context.work_folder / "package"
    try:
        storage.local_folder(release.version.artifact_digest, artifact)
    except storage.NotStored:
        raise StepFailed(_("The model's artifact is not in the storage any more.")) from None
    report = children.run(
        context,
        "apps.deployments.conversion_child",
        {"artifact": str(artifact), "out": str(out)},
        memory_bytes=settings.TRAINING_MEMORY_BYTES,
    )
    described = report | {"folder": storage.put_folder(out), "size": sum(report["files"].values())}
    shutil.rmtree(context.work_folder, ignore_errors=True)
    context.log(f"Packaged for {report['runtime']}, {described['size']} bytes, digest {report['digest']}")
    return Done(
        {"digest": report["digest"]},
        commit=lambda: _keep(release, package_digest=report["digest"], package=described),
    )


def check(context: StepContext) -> Done:
    """In a fresh process: it loads, takes what the version's signature says, and refuses what it must."""
    release = release_of(context)
    report = children.run(
        context,
        "apps.deployments.check_child",
        _job(release) | {"signature": release.version.signature},
        memory_bytes=settings.TRAINING_MEMORY_BYTES,
        seconds=CHECK_SECONDS,
    )
    failed = [one for one in report["checks"] if not one["passed"]]
    for one in report["checks"]:
        context.log(f"{'passed' if one['passed'] else 'FAILED'}: {one['name']}. {one['sentence']}")
    if failed:
        with context.fenced():
            _keep(release, check_report=report)
        raise StepFailed(
            said("deployments.check_failed", check=failed[0]["name"], what=failed[0]["sentence"])
        )
    return Done({"checks": len(report["checks"])}, commit=lambda: _keep(release, check_report=report))


def profile(context: StepContext) -> Done:
    """How quickly and in how much memory it answers, alone on this machine's one thread."""
    release = release_of(context)
    measured = children.run(
        context,
        "scoring.profiling",
        _job(release) | {"predictions": MEASURED_PREDICTIONS},
        memory_bytes=settings.TRAINING_MEMORY_BYTES,
        seconds=CHECK_SECONDS,
    )
    measured["package_bytes"] = release.package["size"]
    context.log(f"One row: p50 {measured['p50_ms']} ms, p95 {measured['p95_ms']} ms")
    return Done({"p95_ms": measured["p95_ms"]}, commit=lambda: _keep(release, profile=measured))


def _job(release: Release) -> dict[str, Any]:
    folder: Path = packages.on_disk(release)
    return {"directory": str(folder), "digest": release.package_digest}


def _keep(release: Release, **values: Any) -> None:
    Release.objects.filter(pk=release.pk).update(**values)
