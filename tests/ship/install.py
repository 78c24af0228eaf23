# SPDX-License-Identifier: GPL-2.0-or-later
"""What make install, static and deb put where."""
import glob
import os
import re
import tempfile

from check import BUILD, contains, empty, equal, need, output, read

FILES = {
    "bin/reusetrace": 0o755,
    "lib/systemd/system/reusetrace-record.service": 0o644,
    "share/bash-completion/completions/reusetrace": 0o644,
    "share/doc/reusetrace/README.md": 0o644,
    "share/doc/reusetrace/recorder.md": 0o644,
    "share/doc/reusetrace/reusetrace-1.schema.json": 0o644,
    "share/fish/vendor_completions.d/reusetrace.fish": 0o644,
    "share/man/man8/reusetrace.8": 0o644,
    "share/zsh/site-functions/_reusetrace": 0o644,
}
STATIC = os.path.join(BUILD, "static", "reusetrace")


def make(*words):
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return output("make", "--no-print-directory", "-s", "say=", *words, env=environment)


def files_below(directory):
    return {os.path.relpath(os.path.join(at, name), directory): os.stat(os.path.join(at, name)).st_mode & 0o7777
            for at, _, names in os.walk(directory) for name in names}


def check_files():
    for prefix in ("/usr", "/opt/net"):
        with tempfile.TemporaryDirectory() as directory:
            make("install", f"DESTDIR={directory}", f"PREFIX={prefix}")
            root = directory + prefix
            equal(files_below(directory), {prefix[1:] + "/" + name: mode for name, mode in FILES.items()}, "files")
            output(f"{root}/bin/reusetrace", "--version")
            unit = read(f"{root}/lib/systemd/system/reusetrace-record.service")
            contains(unit, f"\nExecStart={prefix}/bin/reusetrace record ", "the unit")
            contains(read(f"{root}/share/man/man8/reusetrace.8"), f"{prefix}/share/doc/reusetrace/", "the page")
            empty(places_of(directory, os.getcwd(), directory), "files that name where they come from")
            make("uninstall", f"DESTDIR={directory}", f"PREFIX={prefix}")
            equal(files_below(directory), {}, "files after uninstall")


def places_of(directory, *places):
    for name in files_below(directory):
        with open(os.path.join(directory, name), "rb") as file:
            content = file.read()
        yield from (f"{name}: {place}" for place in places if place.encode() + b"/" in content)


def check_directories_of_gnu():
    with tempfile.TemporaryDirectory() as directory:
        make("install", f"DESTDIR={directory}", "prefix=/usr", "bindir=/usr/sbin", "mandir=/man", "unitdir=/units",
             "docdir=/usr/share/doc/packages/reusetrace")
        names = files_below(directory)
        empty({"usr/sbin/reusetrace", "man/man8/reusetrace.8", "units/reusetrace-record.service"} - names.keys(), "missing")
        contains(read(directory + "/units/reusetrace-record.service"), "ExecStart=/usr/sbin/reusetrace ", "the unit")


def check_unit_is_hardened():
    need("systemd-analyze", "systemd")
    told = output("systemd-analyze", "security", "--offline=true", "--no-pager", "dist/reusetrace-record.service")
    verdict = re.search(r"Overall exposure level for \S+: ([0-9.]+) (\S+)", told)
    assert verdict.group(2) in ("OK", "SAFE", "PERFECT") and float(verdict.group(1)) < 5, told


def check_static():
    """Nothing is loaded beside it, and it finds users without help."""
    with open(STATIC, "rb") as file:
        assert b"/ld-linux" not in file.read(), "it names a dynamic linker"
    contains(output(STATIC, "explain", "--os", "linux", "80 listen", "80 listen"), "EADDRINUSE", "explain")
    contains(output(STATIC, "-u", "no such user", status=2), "no such user", "-u")


def check_package():
    need("lintian", "lintian")
    empty((line for line in output("lintian", "--fail-on", "warning", "--allow-root", *glob.glob(f"{BUILD}/deb/*.changes"))
           .splitlines()), "lintian")
    package, = glob.glob(f"{BUILD}/deb/reusetrace_*.deb")
    with tempfile.TemporaryDirectory() as directory:
        output("dpkg-deb", "-x", package, directory)
        empty(places_of(directory, os.getcwd()), "files that name where they were built")
        names = files_below(directory)
        empty({"usr/bin/reusetrace", "usr/share/man/man8/reusetrace.8.gz",
               "usr/share/zsh/vendor-completions/_reusetrace"} - names.keys(), "missing")
        contains(output(directory + "/usr/bin/reusetrace", "--version"), "reusetrace ", "version")
