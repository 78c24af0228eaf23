# SPDX-License-Identifier: GPL-2.0-or-later
"""--journal and --metrics-file, read by the real journald, prometheus-node-exporter and prometheus."""
import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request

from check import REUSETRACE, Skip, contains, empty, equal, output, read, wait_for
from fields import recordings

JOURNALD = "/lib/systemd/systemd-journald"

# journald in a /run of its own, so that neither it nor its socket is seen outside.
SCRIPT = """
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal/$(cat /etc/machine-id)
{journald} >/run/said 2>&1 &
journald=$!
while ! [ -S /run/systemd/journal/io.systemd.journal ] && kill -0 $journald; do :; done
{reusetrace} replay --journal {recording} >/dev/null || exit
journalctl --sync
kill $journald
wait
journalctl -D /run/log/journal -o json SYSLOG_IDENTIFIER=reusetrace
"""


@contextlib.contextmanager
def recording():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "story.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.write(recordings.restart())
        yield path


def check_journal():
    if os.geteuid():
        raise Skip("journald needs root, in a mount namespace of its own")
    if not os.access(JOURNALD, os.X_OK) or not os.path.exists("/etc/machine-id"):
        raise Skip("no journald here (package systemd)")
    with recording() as path:
        script = SCRIPT.format(journald=JOURNALD, reusetrace=REUSETRACE, recording=path)
        lines = output("unshare", "-m", "--propagation", "private", "sh", "-c", script).splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    refused, = (entry for entry in entries if entry.get("REUSETRACE_OUTCOME") == "failure")
    equal({name: refused[name] for name in ("PRIORITY", "ERRNO", "REUSETRACE_TYPE", "REUSETRACE_ERRNO", "REUSETRACE_RULE",
                                            "REUSETRACE_PORT", "REUSETRACE_PID", "REUSETRACE_HOLDER_PID")},
          {"PRIORITY": "4", "ERRNO": "98", "REUSETRACE_TYPE": "bind", "REUSETRACE_ERRNO": "EADDRINUSE",
           "REUSETRACE_RULE": "listener", "REUSETRACE_PORT": "8080", "REUSETRACE_PID": "200",
           "REUSETRACE_HOLDER_PID": "100"}, "the refusal")
    contains(refused["MESSAGE"], "python3[200] bind 127.0.0.1:8080/tcp: EADDRINUSE, ", "MESSAGE")
    page = read("docs/reusetrace.8.in").replace("\\-", "-")
    for entry in entries:
        contains(page, entry["MESSAGE_ID"], "the page")
        empty((name for name in entry if name.startswith("REUSETRACE_") and name not in page), "fields that the page lacks")
    equal(len({entry["MESSAGE_ID"] for entry in entries}), 3, "kinds of entries: refused, accepted, gap")


def metrics(path):
    """The samples of the file; it is well-formed OpenMetrics as far as the tests can tell."""
    lines = read(path).splitlines()
    equal(lines[-1], "# EOF", "the end")
    samples, types = {}, {}
    for line in lines[:-1]:
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in types, f"{name} comes twice"
            types[name] = kind
        elif not line.startswith("# HELP "):
            name, labels, value = re.fullmatch(r'([a-z_]+)({[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*})? ([0-9.]+)', line).groups()
            family = re.sub("_(total|bucket|sum|count)$", "", name)
            assert types.get(family) in ("counter", "gauge", "histogram"), line
            assert (types[family] == "counter") == name.endswith("_total"), line
            assert (name, labels) not in samples, f"{line} comes twice"
            samples[name, labels] = float(value)
    return samples


def check_metrics_file():
    with recording() as path:
        target = path + ".prom"
        output(REUSETRACE, "replay", "--metrics-file", target, path)
        samples = metrics(target)
        equal(sorted(os.listdir(os.path.dirname(path))), ["story.ndjson", "story.ndjson.prom"], "nothing else is left")
        equal(os.stat(target).st_mode & 0o777, 0o644, "mode")
    refused = '{transport="tcp",family="ipv4",outcome="failure",errno="EADDRINUSE",rule="listener"}'
    equal(samples["reusetrace_binds_total", refused], 1, "refused")
    equal((samples["reusetrace_port_gap_seconds_sum", None], samples["reusetrace_port_gap_seconds_count", None]), (3.2, 1), "gap")
    buckets = [value for (name, _), value in samples.items() if name.endswith("_bucket")]
    equal((buckets, buckets[-1]), (sorted(buckets), 1), "buckets add up")
    contains(output(REUSETRACE, "replay", "--metrics-file", "/nonexistent/m", path, status=1), "", "a bad path")


@contextlib.contextmanager
def server(*argv):
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def get(port, path):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def ask(port, query):
    answer = get(port, "/api/v1/query?query=" + urllib.parse.quote(query))
    return json.loads(answer)["data"]["result"] if answer else []


def check_scraped():
    done = subprocess.run(["tools/debs", "prometheus-node-exporter", "prometheus"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skip(f"no packages of Prometheus: {done.stderr.strip().splitlines()[-1]}")
    unpacked = done.stdout.strip()
    with recording() as path, tempfile.TemporaryDirectory() as data:
        folder = os.path.dirname(path)
        output(REUSETRACE, "replay", "--metrics-file", os.path.join(folder, "reusetrace.prom"), path)
        exporter, prometheus = free_port(), free_port()
        config = os.path.join(data, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: node\n"
                       f"  static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]\n")
        with server(f"{unpacked}/prometheus-node-exporter/usr/bin/prometheus-node-exporter", "--collector.disable-defaults",
                    "--collector.textfile", f"--collector.textfile.directory={folder}",
                    f"--web.listen-address=127.0.0.1:{exporter}"), \
             server(f"{unpacked}/prometheus/usr/bin/prometheus", f"--config.file={config}",
                    f"--storage.tsdb.path={data}/data", f"--web.listen-address=127.0.0.1:{prometheus}"):
            scraped = wait_for(lambda: get(exporter, "/metrics"), "node exporter")
            contains(scraped, "node_textfile_scrape_error 0\n", "what the exporter says of the file")
            found, = wait_for(lambda: ask(prometheus, 'reusetrace_binds_total{errno="EADDRINUSE"}'), "prometheus")
            equal((found["metric"]["rule"], found["value"][1]), ("listener", "1"), "what prometheus has of it")
            equal(ask(prometheus, "histogram_quantile(1, reusetrace_port_gap_seconds_bucket)")[0]["value"][1], "4.096", "gap")
