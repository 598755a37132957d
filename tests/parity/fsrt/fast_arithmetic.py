#!/usr/bin/env python3
"""Compares the fast arithmetic, with which runs train, with the plain one, with which `replay` meets the official code.

    python3 fast_arithmetic.py BINARY

One step of Phase III with the public case: the prediction must agree to rounding, the gradients up to the few ReLUs
whose inputs lie within rounding of zero. Needs numpy and safetensors. Exit status: 0 within tolerance, 1 not.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cases  # noqa: E402
import check  # noqa: E402

TOLERANCE = {"loss": 5e-6, "prediction": 1e-5, "tokens": 5e-6, "expression": 5e-6, "gradient": 1e-3, "discriminator_gradient": 2e-3}


def replayed(binary, folder, plain):
    command = check.replay_command(binary, folder, "III") + ["--set", "model.plain_arithmetic=" + plain]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return check.load_result(command[command.index("--out") + 1])


def main():
    worst = {}
    with tempfile.TemporaryDirectory() as folder:
        cases.write("public", folder)
        with open(os.path.join(folder, "case.toml"), "w") as f:
            f.write(check.config_toml(cases.case_options("public")))
        plain = replayed(sys.argv[1], folder, "true")
        fast = replayed(sys.argv[1], folder, "false")
    for name, expected in plain.items():
        kind = name.split(".")[0]
        if kind not in TOLERANCE or check.NOISE.search(name):
            continue
        expected = expected.astype(np.float64)
        error = np.linalg.norm(fast[name] - expected) / max(np.linalg.norm(expected), 1e-30)
        worst[kind] = max(worst.get(kind, (0.0, "")), (float(error), name))
    good = set(worst) == set(TOLERANCE)
    for kind, (error, name) in worst.items():
        good = good and error <= TOLERANCE[kind]
        print("%-24s worst %.2e of %.0e  %s" % (kind, error, TOLERANCE[kind], name))
    if worst["prediction"][0] == 0.0:
        print("both are the same arithmetic: nothing was compared")
        good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
