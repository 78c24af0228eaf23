# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 1 to 5: a server is there already, started before, by the same hand or by itself."""
import os
import sys
import tempfile

from checks import Attempt, next_event
from harness import contains, end, equal, shared, start, start_server, wait_for
from servers import nginx_config
from situations import ANY, HERE, Actor, blames, fixes, refusal

SHARED = True
NODE = """require('http').createServer().listen(24002, '127.0.0.1');
process.on('SIGTERM', () => {});"""
FLASK = """
import flask, signal
from werkzeug.serving import make_server
app = flask.Flask("demo")
first = make_server("127.0.0.1", 24004, app)
try:
    app.run(host="127.0.0.1", port=24004)
except SystemExit:
    signal.pause()
"""
BINDS_AGAIN = "import socket; s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(('127.0.0.1', 24003))"
TWICE = """daemon off; pid {dir}/pid; error_log {dir}/log; events {{ worker_connections 16; }}
http {{ access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
uwsgi_temp_path {dir}; scgi_temp_path {dir}; server {{ listen 0.0.0.0:{port}; listen [::]:{port} ipv6only=off; }} }}
"""


def test_01_nginx_started_beside_an_old_master():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        configs = [nginx_config(directory, name, 24001) for name in ("first", "second")]
        old = start_server(24001, "nginx", "-c", configs[0])
        new = start("nginx", "-c", configs[1])
        attempt = refusal(24001, new.pid).refused("listener")
        fixes(attempt, f"stop {old.pid} (nginx)")
        holder = blames(attempt, old.pid)
        equal((holder["processes"][0]["exe"], holder["processes"][0]["relation"]),
              (attempt.event["process"]["exe"], "sibling"), "the same program, started from the same place")
        equal(holder["since"] is not None, True, "since when")
        end(new, old)


def test_02_node_restarted_before_the_old_child_is_dead():
    old = start_server(24002, "node", "-e", NODE)
    old.terminate()
    new = start("node", "-e", NODE)
    attempt = refusal(24002, new.pid).refused("listener")
    holder = blames(attempt, old.pid)
    equal(holder["processes"][0]["relation"], "sibling", "both are children of one process")
    contains(attempt.line("held by"), f"node[{old.pid}] fd ", "text")
    contains(attempt.line("held by"), ", listening on 127.0.0.1:24002 since ", "text: since when")
    new.wait(60)
    old.kill()
    old.wait(60)
    wait_for(lambda: released_by(24002, old.pid), "what the old child lets go at last")


def released_by(port, pid):
    return [event for event in shared().read().events if event["type"] == "release"
            and (event["socket"]["port"], event["process"]["pid"]) == (port, pid)]


def test_03_worker_binds_what_its_master_has():
    with Actor("gunicorn") as master:
        master.listens(HERE, 24003, "R")
        master.does(f"subprocess.run([{sys.executable!r}, '-S', '-c', {BINDS_AGAIN!r}], stderr=-3)")
        attempt = refusal(24003).refused("listener")
        equal(attempt.event["process"]["ppid"], master.pid, "who binds")
        holder = blames(attempt, master.pid)
        equal(holder["processes"][0]["relation"], "parent", "relation")
        fd = holder["processes"][0]["fd"]
        contains(attempt.line("held by"), f"gunicorn[{master.pid}] fd {fd}, listening on", "text")
        contains(attempt.line("held by") + "\n", ", in its parent process\n", "text")
        fixes(attempt, f"let its parent gunicorn[{master.pid}] hand fd {fd} down, instead of binding again")


def test_04_flask_and_another_server_in_one_process():
    process = start(sys.executable, "-c", FLASK)
    first = Attempt(next_event(("bind",), 0, pid=process.pid, port=24004)).accepted("free")
    attempt = refusal(24004, process.pid).refused("listener")
    holder = blames(attempt, process.pid)
    equal((holder["processes"][0]["relation"], holder["inode"]), ("self", first.event["socket"]["inode"]), "relation")
    equal(first.event["time"] <= holder["since"] < attempt.event["time"], True, f"how much earlier: {holder['since']}")
    fd = holder["processes"][0]["fd"]
    contains(attempt.line("held by"), f"python3[{process.pid}] fd {fd}, listening on", "text")
    contains(attempt.line("held by") + "\n", ", in this same process\n", "text")
    fixes(attempt, f"close fd {fd} of this same process first: {process.pid} (python3)")
    end(process)


def test_05_configuration_that_lists_a_socket_twice():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "conf")
        with open(path, "w") as file:
            file.write(TWICE.format(dir=directory, port=24005))
        process = start("nginx", "-c", path)
        first = Attempt(next_event(("bind",), 0, pid=process.pid, port=24005)).accepted("free")
        attempt = refusal(24005, process.pid).refused("listener")
        calls = sorted(one.event["socket"]["requested"]["address"] for one in (first, attempt))
        equal(calls, [ANY, "::"], "both calls are told")
        holder = blames(attempt, process.pid)
        equal((holder["inode"], holder["processes"][0]["relation"]), (first.event["socket"]["inode"], "self"),
              "in the way is the socket of the first call")
        fixes(attempt, "of this same process first")
        end(process)
