# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest: real programs that want the same port, and what reusetrace says of them."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

from harness import REUSETRACE, end, listens, start, start_server, wait_for

HERE = "127.0.0.1"
FLASK = """
import flask
flask.Flask("demo").run(host="127.0.0.1", port=8081)
"""
SERVER = """
import http.server, sys
class Server(http.server.HTTPServer):
    allow_reuse_address = sys.argv[2] == "reuse"
server = Server(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
server.handle_request()
"""


class Screen:
    """One reusetrace for all steps; its lines are printed as each step is over."""

    def __init__(self, *args):
        self.log = tempfile.NamedTemporaryFile()
        self.shown = 0
        self.process = subprocess.Popen([REUSETRACE, *args], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        wait_for(lambda: "ready\n" in self.text() or self.process.poll() is not None, "reusetrace")
        self.show()

    def text(self):
        with open(self.log.name, errors="replace") as file:
            return file.read()

    def show(self):
        text = self.text()
        print(text[self.shown:], end="")
        self.shown = len(text)

    def until(self, pid, result):
        row = re.compile(rf"^\S+ +{pid} .* {result}", re.MULTILINE)
        wait_for(lambda: row.search(self.text()), f"what reusetrace says of {pid}")
        self.show()

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.show()


def headline(*lines):
    print("\n" + "\n".join(f"# {line}" for line in lines))


def python(*args):
    return (sys.executable, *args)


def twice(screen, *argv, port):
    first = start_server(port, *argv)
    second = start(*argv)
    second.wait()
    screen.until(second.pid, "EADDRINUSE")
    end(first)


def shared(screen):
    argv = ("nc", "-l", HERE, "8082")
    first = start_server(8082, *argv)
    second = start_server(8082, *argv, count=2)
    screen.until(second.pid, "listening")
    end(first, second)


def server(port, reuse):
    return python("-c", SERVER, str(port), "reuse" if reuse else "no")


def fetch(port):
    with socket.create_connection((HERE, port)) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while client.recv(65536):
            pass


def restart(screen, port, before, after):
    """A server answers, closes first and ends; its successor finds what is left of the connection."""
    first = start_server(port, *server(port, before))
    fetch(port)
    first.wait()
    wait_for(lambda: not listens(port), "the end of the first server")
    second = start(*server(port, after))
    if before and after:
        wait_for(lambda: listens(port), "the second server")
        screen.until(second.pid, "listening")
        end(second)
    else:
        second.wait()
        screen.until(second.pid, "EADDRINUSE")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def comm_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def life():
    screen = Screen("-v", "--", *python("-m", "http.server", "8080"))
    wait_for(lambda: listens(8080), "the server")
    fetch(8080)
    server = next(child for child in children(screen.process.pid) if comm_of(child) != "reusetrace-look")
    screen.until(server, "accept")
    os.kill(server, signal.SIGTERM)
    screen.process.wait()
    screen.show()


def play():
    headline("reusetrace 8080-8085")
    screen = Screen("8080-8085")
    headline("python3 -m http.server 8080 --bind 127.0.0.1, twice")
    twice(screen, *python("-m", "http.server", "8080", "--bind", HERE), port=8080)
    headline("a Flask app, twice")
    twice(screen, *python("-c", FLASK), port=8081)
    headline("nc -l 127.0.0.1 8082, twice: the second one is accepted, too")
    shared(screen)
    headline("a server without SO_REUSEADDR that is restarted after it closed a connection")
    restart(screen, 8083, before=False, after=False)
    headline("the same with SO_REUSEADDR")
    restart(screen, 8084, before=True, after=True)
    headline("SO_REUSEADDR only on the new side")
    restart(screen, 8085, before=False, after=True)
    screen.close()
    headline("reusetrace -v -- python3 -m http.server 8080, and one request")
    life()


play()
