# SPDX-License-Identifier: GPL-2.0-or-later
"""reusetrace(8): everything is in it, and it is well made."""
import os
import re
import shlex

from check import DOCS, REUSETRACE, contains, empty, need, output, read

PAGE = os.path.join(DOCS, "reusetrace.8")


def page():
    return re.sub(r"\\f.", "", read(PAGE).replace("\\-", "-"))


def commands():
    """Of --help, not of the table that the page is made from."""
    return re.findall(r"^  reusetrace ([a-z]+) ", output(REUSETRACE, "--help"), re.M)


def options_of(*words):
    return re.findall(r"^  (?:(-\w)(?:, |(?= ))|    (?=--))(--[a-z0-9-]+)?", output(REUSETRACE, *words, "--help"), re.M)


def check_commands_and_options():
    text = page()
    for command in [None] + commands():
        options = options_of(*([command] if command else []))
        assert len(options) > 2, f"options of {command}: {options}"
        for letter, name in options:
            head = ", ".join(part for part in (letter, name) if part)
            assert re.search(rf"^\.TP\n{re.escape(head)}\b", text, re.M), f"{command} {head} is missing"
        if command:
            contains(text, f"\n.SS {command}\n", "commands")


def paragraphs():
    return re.findall(r"^\.TP\n\.B ([a-z0-9-]+)\n(.+)", page(), re.M)


def check_rules():
    """Also those that are rows of other systems' tables."""
    known = set(re.findall(r'^\t\[RULE_\w+\] = \{"([a-z-]+)"', read("user/rules/table.c"), re.M))
    for name in ("bsd", "solaris", "windows"):
        known |= set(re.findall(r'REPLY_\w+,\s*"([a-z-]+)"', read(f"user/rules/{name}.c")))
    told = {name: text for name, text in paragraphs() if not name.isdigit() and len(name) != 32}
    assert len(known) > 60, known
    empty(known - told.keys(), "rules without a paragraph")
    empty((name for name in known if len(told[name]) < 15), "too short")


def check_exit_status():
    values = re.findall(r"EXIT_\w+ = (\d+),", read("user/cli/command.h"))
    assert len(values) == 6, values
    empty(set(values) - {name for name, _ in paragraphs()}, "exit statuses")


def check_mandoc():
    need("mandoc", "mandoc")
    empty(output("mandoc", "-Tlint", "-W", "warning", PAGE).splitlines(), "mandoc")


def check_groff():
    need("groff", "groff-base")
    empty((line for line in output("groff", "-man", "-ww", "-z", "-K", "utf8", PAGE).splitlines()), "groff")


def examples(mark):
    """The lines of the block behind this comment."""
    block = re.search(rf'^\.\\" {re.escape(mark)}\n\.nf\n(.*?)^\.fi', read(PAGE), re.M | re.S).group(1)
    return [shlex.split(line.replace("\\-", "-")) for line in block.splitlines() if not line.startswith("#")]


def check_examples():
    """Those that need no privilege."""
    lines = examples("run by tests/ship")
    assert lines, "no examples"
    for words in lines:
        assert words[0] == "reusetrace", words
        output(REUSETRACE, *words[1:])


def check_examples_of_readme():
    """`$ reusetrace ...` and what it prints, in blocks that need no privilege."""
    blocks = re.findall(r"^```\n\$ (reusetrace .*?)\n(.*?)^```", read("README.md"), re.M | re.S)
    assert blocks, "no examples"
    for command, printed in blocks:
        contains(output(REUSETRACE, *shlex.split(command)[1:]), printed, command)


def check_windows_recipe():
    """The capture that Windows makes by itself is told alike in the page and in the README."""
    told = re.findall(r"^(?:logman|netsh) .+", read("README.md"), re.M)
    assert len(told) == 5, told
    empty(set(told) - set(page().replace("\\e", "\\").splitlines()), "commands")
