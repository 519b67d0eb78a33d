"""The Grafana dashboard without Grafana: its queries, filled in as Grafana does, and real processes
that give them something to show."""

import contextlib
import dataclasses
import json
import re
import signal

import requests

from support import ROOT, exporter, free_port, prometheus, simulator

PATH = ROOT / "deploy" / "grafana" / "arkouda.json"
ALL = ".*"  # what the variables' allValue puts in place of All


def load():
    return json.loads(PATH.read_text())


def panels(dashboard):
    """All panels, also those that a collapsed row holds, and the rows themselves."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


@dataclasses.dataclass(frozen=True)
class Query:
    """One query of a panel or an annotation."""

    owner: str  # the panel's or the annotation's title
    ref: str
    expression: str
    is_instant: bool
    legend: str
    most_points: int  # Grafana asks for no more points than this

    def __str__(self):
        return f"{self.owner}-{self.ref}"

    def labels_in_legend(self):
        return set(re.findall(r"{{(\w+)}}", self.legend))

    def name_of(self, series):
        """What the legend calls the series; a label that it does not have is empty."""
        return re.sub(
            r"{{(\w+)}}", lambda label: series["metric"].get(label[1], ""), self.legend
        ).strip()


def panel_queries(panel):
    return [
        Query(
            owner=panel["title"],
            ref=target["refId"],
            expression=target["expr"],
            is_instant=target["instant"],
            legend=target["legendFormat"],
            most_points=panel.get("maxDataPoints", 1000),
        )
        for target in panel.get("targets", [])
    ]


def annotation_queries(dashboard):
    return [
        Query(
            owner=annotation["name"],
            ref=annotation["target"]["refId"],
            expression=annotation["target"]["expr"],
            is_instant=False,
            legend=annotation["titleFormat"] + annotation["textFormat"],
            most_points=100,
        )
        for annotation in dashboard["annotations"]["list"]
        if not annotation.get("builtIn")
    ]


def all_queries(dashboard):
    """Those of the panels, and those of the annotations."""
    return [
        query for panel in panels(dashboard) for query in panel_queries(panel)
    ] + annotation_queries(dashboard)


def chosen(*values):
    """What Grafana puts in place of a variable for which these values are chosen."""
    escaped = [re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


@dataclasses.dataclass(frozen=True)
class View:
    """What Grafana's user looks at: a time range, and what is chosen in the variables."""

    start: float
    end: float
    scrape_interval: int = 1  # seconds, as set in Grafana's data source
    instance: str = ALL
    server: str = ALL
    window: str = "$__rate_interval"  # what "Rates over" offers first

    def step(self, most_points):
        """$__interval, in seconds."""
        return max(self.scrape_interval, -(-int(self.end - self.start) // most_points))

    def fill_in(self, expression, most_points=1000):
        """The expression with the values of its variables."""
        step = self.step(most_points)
        values = {
            "__interval": f"{step}s",
            "__rate_interval": f"{max(step + self.scrape_interval, 4 * self.scrape_interval)}s",
            "__range": f"{int(self.end - self.start)}s",
            "instance": self.instance,
            "server": self.server,
        }
        # Grafana's server puts its own values in place of what the variables' values name.
        return re.sub(
            r"\$(?:{(\w+)}|(\w+))",
            lambda match: values[match[1] or match[2]],
            expression.replace("$window", self.window),
        )

    def ask(self, source, query):
        """The series that the query returns; fails when Prometheus refuses it or warns of it."""
        parameters = {"query": self.fill_in(query.expression, query.most_points)}
        if query.is_instant:
            path, parameters["time"] = "query", self.end
        else:
            step = self.step(query.most_points)
            # Grafana aligns the range to the step.
            parameters |= {
                "start": self.start // step * step,
                "end": self.end // step * step,
                "step": step,
            }
            path = "query_range"
        body = requests.get(f"{source.url}/api/v1/{path}", params=parameters, timeout=30).json()
        assert body["status"] == "success", f"{query}: {body}\n{parameters}"
        # Arkouda's counts are gauges by contract, which Prometheus remarks on when it sees rate().
        remarks = [
            text for text in body.get("infos", []) if "metric might not be a counter" not in text
        ]
        assert (
            not body.get("warnings") and not remarks
        ), f"{query}: {body.get('warnings')} {remarks}\n{parameters}"
        return body["data"]["result"]

    def label_values(self, source, definition):
        """What a variable offers, from its definition label_values(SELECTOR, LABEL)."""
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", definition).groups()
        return source.get(
            f"label/{label}/values",
            **{"match[]": self.fill_in(selector), "start": self.start, "end": self.end},
        )


@dataclasses.dataclass(frozen=True)
class Arkouda:
    """An Arkouda, its exporter, other Arkoudas of that, and the target that it is for Prometheus."""

    name: str
    simulator: tuple | None = ()  # arguments of the development server; None: nobody listens
    exporter: tuple = ()
    labels: tuple = ()  # (name, value), of the target
    others: tuple = ()  # labels of servers that its targets file names, and that are gone


@dataclasses.dataclass(frozen=True)
class Watched:
    prometheus: object
    servers: dict  # the development servers, by the name of the Arkouda
    addresses: dict  # of the exporters

    def restart(self, name):
        """Restarts the Arkouda in place: its counts start from zero."""
        self.servers[name].child.send_signal(signal.SIGHUP)

    def now(self):
        return float(self.prometheus.get("query", query="time()")["result"][1])


@contextlib.contextmanager
def watch(folder, arkoudas, rules=""):
    """A development server and an exporter for each Arkouda, and a Prometheus that scrapes the
    exporters, and itself, every second; yields Watched."""
    servers, addresses, targets = {}, {}, []
    with contextlib.ExitStack() as stack:
        for arkouda in arkoudas:
            home = folder / arkouda.name
            home.mkdir()
            if arkouda.simulator is None:
                port = free_port()
            else:
                servers[arkouda.name], port = stack.enter_context(
                    simulator(home, *arkouda.simulator)
                )
            file = home / "targets.json"
            file.write_text(
                json.dumps(
                    [
                        {"targets": [f"127.0.0.1:{free_port()}"], "labels": dict(labels)}
                        for labels in arkouda.others
                    ]
                )
            )
            web_config = home / "web.yml"
            web_config.write_text("http_server_config: {headers: {X-Frame-Options: deny}}\n")
            files = (f"--arkouda.targets-file={file}", f"--web.config.file={web_config}")
            _, addresses[arkouda.name] = stack.enter_context(
                exporter(home, port, *files, *arkouda.exporter)
            )
            targets.append({"targets": [addresses[arkouda.name]], "labels": dict(arkouda.labels)})

        (folder / "rules.yml").write_text(rules)
        configuration = folder / "prometheus.yml"
        configuration.write_text(
            json.dumps(  # which is YAML as well
                {
                    "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                    "rule_files": ["rules.yml"],
                    "scrape_configs": [
                        {"job_name": "arkouda", "static_configs": targets},
                        {"job_name": "prometheus", "file_sd_configs": [{"files": ["itself.json"]}]},
                    ],
                }
            )
        )
        source = stack.enter_context(prometheus(folder, configuration))
        (folder / "itself.json").write_text(
            json.dumps([{"targets": [source.url.removeprefix("http://")]}])
        )
        yield Watched(source, servers, addresses)
