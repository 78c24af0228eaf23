# SPDX-License-Identifier: GPL-2.0-or-later
"""Real servers, each started twice."""
import errno
import os
import subprocess
import tempfile

from checks import Attempt, next_event, of_listener
from harness import contains, end, equal, start, start_server, wait_for

SHARED = True
HERE = "127.0.0.1"
NGINX = """daemon off; pid {dir}/{name}.pid; error_log {dir}/{name}.log; worker_processes 2; user www-data;
events {{ worker_connections 16; }}
http {{ access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
uwsgi_temp_path {dir}; scgi_temp_path {dir}; server {{ listen 127.0.0.1:{port}; }} }}
"""
NODE = "require('http').createServer().listen(%d, '127.0.0.1')"


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def refused_second(port, want, second):
    """The first attempt of the second server, and that of the text."""
    attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, pid=second.pid, port=port))
    attempt.refused("listener", "SO_REUSEADDR on both sides does not help", f"stop {want['processes'][0][0]} (")
    attempt.total(1).culprit(want)
    equal(attempt.event["socket"]["requested"], {"address": HERE, "port": port}, "requested")
    equal(attempt.row[5], "...R....", "flags")
    return attempt


def accepted_first(port, first):
    bound = Attempt(next_event(("bind",), 0, pid=first.pid, port=port)).accepted("free").alone()
    equal(bound.row[4], f"{HERE}:{port}", "text: address")
    Attempt(next_event(("listen",), 0, pid=first.pid, port=port)).accepted("free").alone()


def nginx_config(directory, name, port):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(NGINX.format(dir=directory, name=name, port=port))
    return path


def test_nginx():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        configs = [nginx_config(directory, name, 23000) for name in ("first", "second")]
        first = start_server(23000, "nginx", "-c", configs[0])
        workers = wait_for(lambda: len(children(first.pid)) == 2 and children(first.pid), "two workers")
        accepted_first(23000, first)
        second = start("nginx", "-c", configs[1])
        attempt = refused_second(23000, of_listener(HERE, 23000, "...R....", first.pid, *workers), second)
        contains(attempt.line("held by"), f"nginx[{first.pid}]", "text")
        end(second, first)


def test_redis():
    with tempfile.TemporaryDirectory() as directory:
        redis = ("redis-server", "--port", "23001", "--bind", HERE, "--save", "", "--dir", directory)
        first = start_server(23001, *redis)
        accepted_first(23001, first)
        second = start(*redis)
        refused_second(23001, of_listener(HERE, 23001, "...R....", first.pid), second)
        equal(second.wait(60) != 0, True, "the second redis-server fails")
        end(first)


def test_node():
    first = start_server(23002, "node", "-e", NODE % 23002)
    accepted_first(23002, first)
    second = start("node", "-e", NODE % 23002, stderr=subprocess.PIPE)
    want = of_listener(HERE, 23002, "...R....", first.pid)
    words = second.communicate(timeout=60)[1]
    contains(words.decode(), "EADDRINUSE", "node's own words")
    refused_second(23002, want, second)
    end(first)
