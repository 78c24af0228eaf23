# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest: scenarios.py MODULE[.test_NAME]..."""
import sys

import harness

modules, only = [], []
for name in sys.argv[1:]:
    module, _, test = name.partition(".")
    if module not in modules:
        modules.append(module)
    if test:
        only.append(name)
sys.exit(harness.run_scenarios(modules, only))
