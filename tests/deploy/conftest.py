# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of installation, package and manifests share."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("BUILD", SOURCE / "build"))


def run(*command, check=True, timeout=300, **options):
    """Run to the end and return the result; what fails is shown whole."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout,
                          check=False, **options)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def need(*programs):
    """Skip, saying which program is missing."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
