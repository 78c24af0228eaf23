# SPDX-License-Identifier: GPL-2.0-or-later
"""Completions, asked of the real shells."""
import os
import shlex

from check import DOCS, contains, empty, equal, need, output

# What is typed, up to the cursor, and what must be among the answers, and what must not.
CASES = (
    (["--ti"], {"--time"}, {"--limit"}),
    (["--time", ""], {"wall", "delta", "boot", "iso", "none"}, set()),
    (["--color", "al"], {"always"}, {"auto"}),
    (["re"], {"record", "replay", "report"}, {"explain", "history"}),
    (["record", "--max"], {"--max-size", "--max-age"}, {"--port"}),
    (["report", "--perf"], {"--perfetto"}, set()),
    (["explain", "--os", "mac"], {"macos"}, {"linux"}),
    (["--proto", "tcp,ud"], {"tcp,udp"}, set()),
    (["-u", "roo"], {"root"}, set()),
    (["replay", "READ"], {"README.md"}, set()),
)

BASH = r"""
source {docs}/reusetrace.bash
COMP_WORDS=(reusetrace {words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_reusetrace
printf '%s\n' "${{COMPREPLY[@]}}"
"""


def judge(answers, words, wanted, unwanted):
    empty(wanted - answers, f"{words}: missing among {answers}")
    empty(unwanted & answers, f"{words}: should not be among {answers}")


def bash(words):
    script = BASH.format(docs=DOCS, words=" ".join(shlex.quote(word) for word in words))
    return set(output("bash", "--norc", "-c", script).split("\n"))


def check_bash():
    for words, wanted, unwanted in CASES:
        judge(bash(words), words, wanted, unwanted)
    judge(bash(["--time", "=", "de"]), "--time=de", {"delta"}, {"wall"})
    judge(bash(["-j", "--", "pytho"]), "-- pytho", {"python3"}, set())
    equal(bash(["history", "--since", "1"]), {"10m", "1h", "12h", "1d", ""}, "history --since")


def check_bash_is_clean():
    """It loads under what a careful user may have set, and leaves no stray names behind."""
    names = output("bash", "--norc", "-euc", f"before=$(compgen -A function -v); source {DOCS}/reusetrace.bash; "
                   "comm -13 <(sort <<<\"$before\") <(compgen -A function -v | sort)").split()
    empty((name for name in names if not name.startswith("_reusetrace") and name not in ("before", "PIPESTATUS")), "names")


def check_fish():
    need("fish", "fish")
    output("fish", "--no-execute", f"{DOCS}/reusetrace.fish")
    for words, wanted, unwanted in CASES:
        line = shlex.quote(" ".join(["reusetrace"] + words))
        printed = output("fish", "--no-config", "-c", f"source {DOCS}/reusetrace.fish; complete -C {line}")
        judge({one.split("\t")[0] for one in printed.splitlines()}, words, wanted, unwanted)


# An interactive shell in a terminal of its own; what it shows is read until the answer is there.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=({docs} \$fpath); autoload -U compinit; compinit -u -D; unsetopt ALWAYS_LAST_PROMPT; bindkey '^I' list-choices; print LOAD''ED"
zpty -r -m shell shown '*LOADED*'
zpty -n -w shell {line}$'\t'
zpty -r -m shell shown {pattern}
print -r -- $shown
zpty -d shell
"""


def check_zsh():
    need("zsh", "zsh")
    output("zsh", "-n", f"{DOCS}/_reusetrace")
    for words, shown in ((["--ti"], "--time "), (["re"], "replay "), (["record", "--max"], "--max-age "),
                         (["--time", ""], "delta"), (["explain", "--os", "mac"], "macos")):
        script = ZSH.format(docs=os.path.abspath(DOCS), line=shlex.quote(" ".join(["reusetrace"] + words)),
                            pattern=shlex.quote(f"*{shown}*"))
        contains(output("zsh", "-f", "-c", script, env=dict(os.environ, TERM="dumb")), shown, words)
