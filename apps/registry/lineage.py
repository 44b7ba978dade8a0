"""
Where a version comes from and what became of it, as a picture.

Apps declare `lineage = {"registry.version": "apps.x.lineage.of_version"}`: a function
ModelVersion → (nodes, edges), lowest app first. Keys are `node_key` of the rows, so that a higher
app joins its nodes to those of lower ones.
"""

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.core import declared, graphs
from apps.core.graphs import Edge, Lineage, Node
from apps.datasets.models import DatasetVersion
from apps.experiments.models import TrainingRun
from apps.registry.models import ModelVersion, Validation

Part = tuple[list[Node], list[Edge]]


def node_key(row: models.Model) -> str:
    return key_of(type(row), row.pk)


def key_of(model: type[models.Model], pk: int) -> str:
    """As node_key, of a row that need not be read."""
    return f"{model._meta.label_lower}:{pk}"


def picture(version: ModelVersion) -> Lineage:
    """Everything that the apps know of the version's origin and use."""
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for part in declared.resolved("lineage", "registry.version"):
        more_nodes, more_edges = part(version)
        nodes |= {node.key: node for node in more_nodes}
        edges += more_edges
    return graphs.lineage(nodes.values(), edges)


def of_version(version: ModelVersion) -> Part:
    """Dataset version → run → version, and the validation between them with the champion of then."""
    run = version.training_run
    data = run.dataset_version
    validation: Validation | None = getattr(run, "validation", None)
    nodes = [_data_node(data), _run_node(run), _version_node(version, is_focus=True)]
    edges = [Edge(node_key(data), node_key(run)), Edge(node_key(run), node_key(version))]
    if validation:
        nodes.append(_validation_node(validation))
        edges.append(Edge(node_key(run), node_key(validation)))
        if champion := validation.champion:
            nodes.append(
                Node(
                    node_key(champion),
                    short_name(champion),
                    _("champion then"),
                    url("registry:version_detail", champion),
                    "box",
                )
            )
            edges.append(Edge(node_key(champion), node_key(validation), _("compared with")))
    return nodes, edges


def short_name(version: ModelVersion) -> str:
    """Without the project: the picture is of one model."""
    return f"{version.model.name} v{version.number}"


MOST_MODELS = 12
"""Newest models on the picture of a dataset version; the list of models has all."""


def of_data(data: DatasetVersion) -> Lineage | None:
    """The file, the rows that were read from it, and every model that learnt from them."""
    learnt = ModelVersion.objects.filter(training_run__dataset_version=data).select_related(
        "model__project", "training_run__experiment"
    )
    versions = list(learnt.order_by("-pk")[:MOST_MODELS])
    if not versions:
        return None
    source = Node("source", data.source, _("handed in"), icon="file-text")
    nodes = [source, _data_node(data, is_focus=True)]
    edges = [Edge(source.key, node_key(data))]
    for version in versions:
        run = version.training_run
        nodes += [_run_node(run), _version_node(version)]
        edges += [Edge(node_key(data), node_key(run)), Edge(node_key(run), node_key(version))]
    return graphs.lineage(nodes, edges)


def _data_node(data: DatasetVersion, *, is_focus: bool = False) -> Node:
    page = url("datasets:version_detail", data)
    return Node(node_key(data), str(data), _("dataset version"), page, "database", is_focus)


def _run_node(run: TrainingRun) -> Node:
    return Node(node_key(run), str(run), _("training run"), url("experiments:run_detail", run), "flask")


def _version_node(version: ModelVersion, *, is_focus: bool = False) -> Node:
    page = url("registry:version_detail", version)
    return Node(node_key(version), short_name(version), _("model version"), page, "box", is_focus)


def url(name: str, row: models.Model) -> str:
    """The row's page; empty in an installation that has none."""
    try:
        return reverse(name, args=[row.pk])
    except NoReverseMatch:
        return ""


def _validation_node(validation: Validation) -> Node:
    return Node(
        node_key(validation),
        validation.get_verdict_display(),
        _("validation"),
        url("registry:validation_detail", validation),
        "scale",
    )
