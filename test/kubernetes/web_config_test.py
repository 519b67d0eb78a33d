"""The examples of deploy/prometheus for an exporter with a web configuration."""

import pytest

import web_secrets
from support import ROOT, await_that, exporter, prometheus, run, simulator, tool

PROMETHEUS = ROOT / "deploy" / "prometheus"


@pytest.mark.parametrize("example", ["kubernetes", "https"])
def test_promtool_accepts_the_example(example):
    file = PROMETHEUS / f"{example}-scrape-config.yaml"
    run(tool("promtool"), "check", "config", "--syntax-only", file)


def test_prometheus_scrapes_over_tls_with_a_password(tmp_path):
    web_secrets.make_files(tmp_path)
    text = (PROMETHEUS / "https-scrape-config.yaml").read_text()
    text = text.replace("/etc/prometheus/arkouda-exporter", str(tmp_path)).replace(": 15s", ": 1s")
    text = text.replace(": 10s", ": 1s")
    configuration = tmp_path / "prometheus.yml"
    flag = f"--web.config.file={tmp_path / 'web.yml'}"
    with simulator(tmp_path) as (_, port), exporter(tmp_path, port, flag) as (_, address):
        configuration.write_text(text.replace("arkouda-head.example.com:5080", address))
        with prometheus(tmp_path, configuration) as server:
            await_that("it is scraped", lambda: server.query("arkouda_up == 1"))
            [target] = server.get("targets")["activeTargets"]
            assert target["scrapeUrl"] == f"https://{address}/metrics"
