"""The Argo workflows that deploy and delete Arkouda on Kubernetes and its exporter, from Python.

    from arkouda_workflows import DeleteArkouda
    DeleteArkouda(namespace="arkouda", instance_name="arkouda-on-k8s").workflow()

is a Workflow of Hera, the same that delete-arkouda-on-kubernetes-command.sh submits. A class per workflow
has a typed field per parameter, with the defaults and the checks of the scripts; from_environment() reads
the scripts' variables. If anything is missing or wrong, SettingsError names all of it at once.
"""

from __future__ import annotations

import dataclasses
import os
import warnings
from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Mapping, Optional, TypeVar

from hera.workflows import CronWorkflow, Parameter, Workflow
from hera.workflows.models import WorkflowTemplateRef

from arkouda_workflows.checks import check, quoted, slip_in

__all__ = [
    "DeleteArkouda",
    "DeleteExporter",
    "DeployArkouda",
    "DeployExporter",
    "SettingsError",
    "WORKFLOWS",
]


class SettingsError(ValueError):
    """Values that are missing or wrong; `problems` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("these are missing or wrong:\n" + "\n".join(f"  {p}" for p in problems))
        self.problems = problems


@dataclass(frozen=True)
class _Setting:
    """How a field becomes a parameter. An example that begins with ARKOUDA_INSTANCE_NAME begins with the
    instance's name."""

    kind: str  # required, optional (the example is its default) or extra (left to the template)
    parameter: str
    variables: tuple[str, ...]
    check: str
    example: str
    purpose: str


def _field(kind: str, default: object, *row: str) -> Any:
    parameter, variables, check_name, example, purpose = row
    setting = _Setting(kind, parameter, tuple(variables.split()), check_name, example, purpose)
    if kind == "optional" and "ARKOUDA_INSTANCE_NAME" not in example:
        default = check(check_name, {}).convert(example)
    return dataclasses.field(default=default, metadata={"setting": setting})


def _required(*row: str) -> Any:
    return _field("required", dataclasses.MISSING, *row)


def _optional(*row: str) -> Any:
    return _field("optional", None, *row)


def _extra(*row: str) -> Any:
    return _field("extra", None, *row)


def _text(value: object) -> str:
    """A value as Argo is given it: parameters are text. Empty for None."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


S = TypeVar("S", bound="_Submission")


@dataclass(frozen=True, kw_only=True)
class _Submission:
    """A workflow with its parameters."""

    template: ClassVar[str]

    def __post_init__(self) -> None:
        """Gives each field its type, however it was given, and its default, which may be another's."""
        given = self._given
        for name, setting in self._settings().items():
            text = given.get(setting.parameter)
            rule = check(setting.check, given)
            if text is not None and (note := rule.taken(text)[1]):
                warnings.warn(f"{name} {note}", stacklevel=4)
            object.__setattr__(self, name, None if text is None else rule.convert(text))

    @classmethod
    def from_environment(cls: type[S], environment: Mapping[str, str] = os.environ) -> S:
        """From the variables that the scripts read; an empty one counts as not set."""

        def given(_: str, setting: _Setting) -> tuple[str, str]:
            found = ((v, environment[v]) for v in setting.variables if environment.get(v))
            return next(found, (setting.variables[-1], ""))

        taken = cls._read(given, lambda _, setting: " or ".join(setting.variables))
        return cls(**{name: taken.get(s.parameter) for name, s in cls._settings().items()})

    @classmethod
    def _settings(cls) -> dict[str, _Setting]:
        # Those of pods are the last, whatever class they are inherited from.
        fields = sorted(
            dataclasses.fields(cls), key=lambda field: field.name in _WithPods.__annotations__
        )
        return {field.name: field.metadata["setting"] for field in fields}

    @classmethod
    def _read(
        cls,
        given: Callable[[str, _Setting], tuple[str, str]],
        missing: Callable[[str, _Setting], str],
    ) -> dict[str, str]:
        """The parameters in the template's order. `given` returns what a setting is called where
        it was given, and its text; `missing` what it is called where it was not."""
        taken: dict[str, str] = {}
        problems = []
        for name, setting in cls._settings().items():
            example = setting.example
            if example.startswith("ARKOUDA_INSTANCE_NAME"):
                instance = taken.get("arkouda-instance-name", "arkouda-on-k8s")
                example = instance + example.removeprefix("ARKOUDA_INSTANCE_NAME")
            called, text = given(name, setting)
            about = f"{setting.purpose} (example: {example})"
            by_default = ""
            if setting.kind == "optional":
                about = f"{setting.purpose} (default: {example})"
                # Checked as well: a default may not fit the parameters before it.
                if not text:
                    text, by_default = example, ", its default"
            rule = check(setting.check, taken)
            if text and rule.accepts(text):
                taken[setting.parameter] = text
            elif text:
                slip = slip_in(setting.check, text)
                got = f"got {quoted(text)}{by_default}" + (f": {slip}" if slip else "")
                problems.append(f"{called} must be {rule.wanted}: {about}; {got}")
            elif setting.kind == "required":
                problems.append(f"{missing(name, setting)} is not set: {about}")
        if problems:
            raise SettingsError(problems)
        return taken

    @property
    def _given(self) -> dict[str, str]:
        """The fields as texts, by their parameters."""
        return self._read(lambda name, _: (name, _text(getattr(self, name))), lambda name, _: name)

    @property
    def parameters(self) -> dict[str, str]:
        """What is passed to the WorkflowTemplate."""
        given = self._given
        rules = {s.parameter: check(s.check, given) for s in self._settings().values()}
        return {name: rules[name].taken(text)[0] for name, text in given.items()}

    def _spec(self) -> dict[str, Any]:
        return {
            "namespace": self.parameters["arkouda-namespace"],
            "workflow_template_ref": WorkflowTemplateRef(name=self.template),
            "arguments": [Parameter(name=n, value=v) for n, v in self.parameters.items()],
        }

    def workflow(self) -> Workflow:
        """One run."""
        return Workflow(generate_name=f"{self.template}-", **self._spec())


@dataclass(frozen=True, kw_only=True)
class _WithPods(_Submission):
    """A workflow that makes pods, of which a site says more."""

    image_pull_secret: Optional[str] = _extra(
        "image-pull-secrets",
        "ARKOUDA_IMAGE_PULL_SECRET",
        "is_pull_secret",
        "registry",
        "the Secret with which the images are fetched",
    )
    node_selector: Optional[str] = _extra(
        "node-selector",
        "ARKOUDA_NODE_SELECTOR",
        "is_node_selector",
        "disktype=ssd,example.com/pool=hpc",
        "the labels of the nodes for the pods",
    )
    tolerations: Optional[str] = _extra(
        "tolerations",
        "ARKOUDA_TOLERATIONS",
        "is_tolerations",
        "dedicated=hpc:NoSchedule,example.com/gpu:NoExecute",
        "the taints of nodes that the pods tolerate",
    )
    priority_class: Optional[str] = _extra(
        "priority-class",
        "ARKOUDA_PRIORITY_CLASS",
        "is_priority_class",
        "high-priority",
        "the priority class of the pods",
    )
    annotations: Optional[str] = _extra(
        "pod-annotations",
        "ARKOUDA_ANNOTATIONS",
        "is_annotations",
        "example.com/team=hpc,example.com/cost-center=4711",
        "more annotations of the pods",
    )


@dataclass(frozen=True, kw_only=True)
class _Scheduled(_Submission):
    """A workflow that may also run every day."""

    schedule: ClassVar[str]

    def cron_workflow(
        self, schedules: Optional[list[str]] = None, timezone: str = "America/New_York"
    ) -> CronWorkflow:
        """A run every day; of which there is one in a namespace."""
        return CronWorkflow(
            name=self.template,
            schedules=schedules or [self.schedule],
            timezone=timezone,
            concurrency_policy="Replace",
            starting_deadline_seconds=300,
            **self._spec(),
        )


@dataclass(frozen=True, kw_only=True)
class DeployArkouda(_Scheduled, _WithPods):
    """Arkouda on Kubernetes, with the exporter as its sidecar."""

    template: ClassVar[str] = "deploy-arkouda-on-kubernetes"
    schedule: ClassVar[str] = "0 7 * * *"

    namespace: str = _required(
        "arkouda-namespace",
        "ARKOUDA_NAMESPACE",
        "is_dns_label",
        "arkouda",
        "the namespace, which is also that of the workflow",
    )
    instance_name: str = _required(
        "arkouda-instance-name",
        "ARKOUDA_INSTANCE_NAME",
        "is_instance_name",
        "arkouda-on-k8s",
        "the name of the Service that clients connect to, and what other names begin with",
    )
    version: str = _required(
        "arkouda-release-version",
        "ARKOUDA_VERSION",
        "is_image_tag",
        "v2024.06.21",
        "the release of Arkouda, which is the tag of its image",
    )
    ssh_secret: str = _required(
        "arkouda-ssh-secret",
        "ARKOUDA_SSH_SECRET",
        "is_object_name",
        "arkouda-ssh",
        "the Secret with id_rsa and id_rsa.pub",
    )
    number_of_locales: int = _required(
        "arkouda-number-of-locales",
        "ARKOUDA_NUMBER_OF_LOCALES",
        "is_count",
        "2",
        "how many locale pods",
    )
    total_number_of_locales: int = _required(
        "arkouda-total-number-of-locales",
        "ARKOUDA_TOTAL_NUMBER_OF_LOCALES",
        "is_one_more_than_locales",
        "3",
        "the locale pods and the pod of the server, which is a locale too",
    )
    kubernetes_api_url: str = _required(
        "kubernetes-api-url",
        "KUBERNETES_URL KUBERNETES_API",
        "is_url_of_cluster",
        "https://kubernetes.default.svc",
        "where Arkouda registers",
    )
    cpu_cores: str = _required(
        "num-cpu-cores", "ARKOUDA_CPU_CORES", "is_cpu", "2000m", "the processor cores of each pod"
    )
    memory: str = _required(
        "memory", "ARKOUDA_MEMORY", "is_memory", "2048Mi", "the memory of each pod"
    )
    chpl_mem_max: int = _required(
        "chpl-mem-max",
        "CHPL_MEM_MAX",
        "is_bytes_of_memory",
        "1000000000",
        "what each locale may use for arrays, in bytes",
    )
    chpl_num_threads_per_locale: int = _optional(
        "chpl-num-threads-per-locale",
        "CHPL_NUM_THREADS_PER_LOCALE",
        "is_count",
        "2",
        "the threads of each locale",
    )
    serviceaccount_name: str = _optional(
        "arkouda-serviceaccount-name",
        "ARKOUDA_SERVICEACCOUNT_NAME",
        "is_object_name",
        "arkouda",
        "the ServiceAccount of Arkouda",
    )
    serviceaccount_token_name: str = _optional(
        "arkouda-serviceaccount-token-name",
        "ARKOUDA_SERVICEACCOUNT_TOKEN_NAME",
        "is_object_name",
        "arkouda-token",
        "the Secret with the token of that account",
    )
    user: str = _optional(
        "arkouda-user", "ARKOUDA_USER", "is_posix_name", "ubuntu", "the user that Arkouda runs as"
    )
    uid: int = _optional("arkouda-uid", "ARKOUDA_UID", "is_uid", "1000", "the id of that user")
    group: str = _optional(
        "arkouda-group", "ARKOUDA_GROUP", "is_posix_name", "ubuntu", "the group of that user"
    )
    gid: int = _optional("arkouda-gid", "ARKOUDA_GID", "is_gid", "1000", "the id of that group")
    log_level: Optional[str] = _extra(
        "arkouda-log-level",
        "ARKOUDA_LOG_LEVEL",
        "is_log_level",
        "LogLevel.INFO",
        "how much Arkouda logs",
    )
    image_pull_policy: str = _optional(
        "image-pull-policy",
        "ARKOUDA_IMAGE_POLICY ARKOUDA_IMAGE_PULL_POLICY",
        "is_pull_policy",
        "IfNotPresent",
        "when the images are fetched",
    )
    collect_metrics: Optional[bool] = _extra(
        "collect-metrics",
        "ARKOUDA_COLLECT_METRICS",
        "is_boolean",
        "true",
        "whether there is an exporter",
    )
    polling_interval: int = _optional(
        "metrics-polling-interval-seconds",
        "ARKOUDA_METRICS_POLLING_INTERVAL",
        "is_seconds",
        "15",
        "how often the exporter asks Arkouda, in seconds",
    )
    metrics_service_host: str = _optional(
        "metrics-service-host",
        "ARKOUDA_METRICS_SERVICE_HOST",
        "is_own_metrics_host",
        "localhost",
        "where the exporter, which is in the pod of the server, finds the metrics of Arkouda",
    )
    metrics_service_port: int = _optional(
        "metrics-service-port",
        "ARKOUDA_METRICS_SERVICE_PORT",
        "is_free_port",
        "5556",
        "the port of that host",
    )
    server_name: Optional[str] = _optional(
        "arkouda-server-name",
        "ARKOUDA_SERVER_NAME",
        "is_label_value",
        "ARKOUDA_INSTANCE_NAME",
        "the label arkouda_server_name of the series",
    )
    launcher: str = _optional(
        "launcher",
        "ARKOUDA_LAUNCHER",
        "is_label_value",
        "kubernetes",
        "the label launcher of the series",
    )
    service_monitor: Optional[bool] = _extra(
        "service-monitor",
        "ARKOUDA_SERVICE_MONITOR",
        "is_boolean",
        "true",
        "whether there is a ServiceMonitor; false where there is no Prometheus operator",
    )
    prometheus_match_label: str = _optional(
        "prometheus-match-label",
        "ARKOUDA_PROMETHEUS_MATCH_LABEL",
        "is_match_label",
        "release: kube-stack",
        "the label by which Prometheus selects ServiceMonitors",
    )
    exporter_app_name: Optional[str] = _optional(
        "exporter-app-name",
        "ARKOUDA_EXPORTER_APP_NAME",
        "is_dns_label",
        "ARKOUDA_INSTANCE_NAME-exporter",
        "the label app of the Service of the exporter",
    )
    exporter_service_name: Optional[str] = _optional(
        "exporter-service-name",
        "ARKOUDA_EXPORTER_SERVICE_NAME",
        "is_free_service_name",
        "ARKOUDA_INSTANCE_NAME-metrics-exporter",
        "the name of the Service of the exporter",
    )
    exporter_image: Optional[str] = _extra(
        "exporter-image",
        "ARKOUDA_EXPORTER_IMAGE",
        "is_image_without_tag",
        "bearsrus/prometheus-arkouda-exporter",
        "the image of the exporter, whose tag is ARKOUDA_EXPORTER_VERSION",
    )
    exporter_version: Optional[str] = _extra(
        "exporter-release-version",
        "ARKOUDA_EXPORTER_VERSION",
        "is_image_tag",
        "0.1.0",
        "the tag of that image",
    )
    image: Optional[str] = _extra(
        "arkouda-image",
        "ARKOUDA_IMAGE",
        "is_image_without_tag",
        "bearsrus/arkouda-udp-server",
        "the image of Arkouda, whose tag is ARKOUDA_VERSION",
    )
    volume: Optional[str] = _extra(
        "arkouda-volume",
        "ARKOUDA_VOLUME",
        "is_volume",
        "arkouda-files",
        "the files that users write and read: the name of a claim, or a path of the nodes",
    )
    volume_mount_path: str = _optional(
        "arkouda-volume-mount-path",
        "ARKOUDA_VOLUME_MOUNT_PATH",
        "is_mount_path",
        "/mnt/arkouda",
        "where Arkouda has them",
    )


@dataclass(frozen=True, kw_only=True)
class DeleteArkouda(_Scheduled):
    """Deletes what DeployArkouda has deployed."""

    template: ClassVar[str] = "delete-arkouda-on-kubernetes"
    schedule: ClassVar[str] = "0 17 * * *"

    namespace: str = _required(
        "arkouda-namespace",
        "ARKOUDA_NAMESPACE",
        "is_dns_label",
        "arkouda",
        "the namespace, which is also that of the workflow",
    )
    instance_name: str = _required(
        "arkouda-instance-name",
        "ARKOUDA_INSTANCE_NAME",
        "is_instance_name",
        "arkouda-on-k8s",
        "the name under which Arkouda was deployed",
    )
    collect_metrics: Optional[bool] = _extra(
        "collect-metrics",
        "ARKOUDA_COLLECT_METRICS",
        "is_boolean",
        "true",
        "whether there was an exporter",
    )
    service_monitor: Optional[bool] = _extra(
        "service-monitor",
        "ARKOUDA_SERVICE_MONITOR",
        "is_boolean",
        "true",
        "whether there was a ServiceMonitor; false where there is no Prometheus operator",
    )


@dataclass(frozen=True, kw_only=True)
class DeployExporter(_WithPods):
    """The exporter for an Arkouda elsewhere, on Slurm for example."""

    template: ClassVar[str] = "deploy-prometheus-arkouda-exporter"

    exporter_image: Optional[str] = _extra(
        "exporter-image",
        "ARKOUDA_EXPORTER_IMAGE",
        "is_image_without_tag",
        "bearsrus/prometheus-arkouda-exporter",
        "the image of the exporter, whose tag is ARKOUDA_EXPORTER_VERSION",
    )
    exporter_version: Optional[str] = _extra(
        "exporter-release-version",
        "ARKOUDA_EXPORTER_VERSION",
        "is_image_tag",
        "0.1.0",
        "the tag of that image",
    )
    version: str = _optional(
        "arkouda-release-version",
        "ARKOUDA_VERSION",
        "is_image_tag",
        "unknown",
        "the release of Arkouda, which is recorded as an annotation of the Deployment",
    )
    namespace: str = _required(
        "arkouda-namespace",
        "ARKOUDA_NAMESPACE",
        "is_dns_label",
        "arkouda",
        "the namespace, which is also that of the workflow",
    )
    exporter_app_name: str = _required(
        "exporter-app-name",
        "ARKOUDA_EXPORTER_APP_NAME",
        "is_dns_label",
        "arkouda-on-slurm-exporter",
        "the name of the Deployment",
    )
    exporter_service_name: str = _required(
        "exporter-service-name",
        "ARKOUDA_EXPORTER_SERVICE_NAME",
        "is_service_name",
        "arkouda-on-slurm-exporter",
        "the name of the Service, with which that of the ServiceMonitor begins",
    )
    polling_interval: int = _optional(
        "exporter-polling-interval",
        "ARKOUDA_EXPORTER_POLLING_INTERVAL",
        "is_seconds",
        "15",
        "how often the exporter asks Arkouda, in seconds",
    )
    metrics_service_host: str = _required(
        "arkouda-metrics-service-host",
        "ARKOUDA_METRICS_SERVICE_HOST",
        "is_host_elsewhere",
        "arkouda-metrics.arkouda",
        "where the metrics of Arkouda are",
    )
    metrics_service_port: int = _optional(
        "arkouda-metrics-service-port",
        "ARKOUDA_METRICS_SERVICE_PORT",
        "is_port",
        "5556",
        "the port of that host",
    )
    server_name: str = _required(
        "arkouda-server-name",
        "ARKOUDA_SERVER_NAME",
        "is_label_value",
        "arkouda-on-slurm",
        "the labels arkouda_instance and arkouda_server_name of the series",
    )
    service_monitor: Optional[bool] = _extra(
        "service-monitor",
        "ARKOUDA_SERVICE_MONITOR",
        "is_boolean",
        "true",
        "whether there is a ServiceMonitor; false where there is no Prometheus operator",
    )
    prometheus_match_label: str = _optional(
        "prometheus-match-label",
        "ARKOUDA_PROMETHEUS_MATCH_LABEL",
        "is_match_label",
        "release: kube-stack",
        "the label by which Prometheus selects ServiceMonitors",
    )
    launcher: str = _optional(
        "arkouda-launcher",
        "ARKOUDA_LAUNCHER",
        "is_label_value",
        "slurm",
        "the label launcher of the series",
    )


@dataclass(frozen=True, kw_only=True)
class DeleteExporter(_Submission):
    """Deletes what DeployExporter has deployed."""

    template: ClassVar[str] = "delete-prometheus-arkouda-exporter"

    namespace: str = _required(
        "arkouda-namespace",
        "ARKOUDA_EXPORTER_NAMESPACE ARKOUDA_NAMESPACE",
        "is_dns_label",
        "arkouda",
        "the namespace, which is also that of the workflow",
    )
    exporter_service_name: str = _required(
        "exporter-service-name",
        "ARKOUDA_EXPORTER_SERVICE_NAME",
        "is_service_name",
        "arkouda-on-slurm-exporter",
        "the name of the Service, with which that of the ServiceMonitor begins",
    )
    exporter_app_name: str = _required(
        "exporter-app-name",
        "ARKOUDA_EXPORTER_APP_NAME",
        "is_dns_label",
        "arkouda-on-slurm-exporter",
        "the name of the Deployment",
    )
    service_monitor: Optional[bool] = _extra(
        "service-monitor",
        "ARKOUDA_SERVICE_MONITOR",
        "is_boolean",
        "true",
        "whether there was a ServiceMonitor; false where there is no Prometheus operator",
    )


WORKFLOWS = {
    submission.template: submission
    for submission in (DeployArkouda, DeleteArkouda, DeployExporter, DeleteExporter)
}
