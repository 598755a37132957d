#!/usr/bin/env python3
"""Runs PYTHON SCRIPT ARGUMENTS if that Python has the packages of `tools/setup --python`; else says so and exits with 77."""
import os
import subprocess
import sys

PACKAGES = "numpy, safetensors, PIL, h5py, torch, skimage, tensorboard, prometheus_client"

python = sys.argv[1]
probe = subprocess.run([python, "-c", "import " + PACKAGES], capture_output=True, text=True) if os.path.exists(python) else None
if probe is None or probe.returncode != 0:
    print("SKIPPED: %s cannot import %s; run tools/setup --python" % (python, PACKAGES))
    sys.exit(77)
os.execv(python, [python] + sys.argv[2:])
