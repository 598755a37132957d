#!/usr/bin/env python3
"""Compares a step with bfloat16 products with the same step in float32, at the published size.

    python3 bfloat16.py BINARY

One step of Phase I with the public case. Losses, prediction and tokens must agree to the eight bits of bfloat16 and its
sums, all gradients taken as one vector too; expression vectors and keypoints are computed in float32 and must have the
same bits. Needs numpy and safetensors. Exit status: 0 within tolerance, 1 not.
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

TOLERANCE = {"loss": 5e-3, "prediction": 5e-2, "tokens": 2e-2, "gradient": 3e-2, "expression": 0.0, "keypoints": 0.0}


def replayed(binary, folder, precision):
    command = check.replay_command(binary, folder, "I") + [
        "--set", "model.plain_arithmetic=false", "--set", "model.precision=" + precision]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return check.load_result(command[command.index("--out") + 1])


def by_kind(result):
    """One vector for all gradients; of every other kind each tensor by itself."""
    kinds = {}
    for name, value in sorted(result.items()):
        kinds.setdefault(name.split(".")[0], []).append(value.astype(np.float64).reshape(-1))
    kinds["gradient"] = [np.concatenate(kinds["gradient"])]
    return kinds


def main():
    with tempfile.TemporaryDirectory() as folder:
        cases.write("public", folder)
        with open(os.path.join(folder, "case.toml"), "w") as f:
            f.write(check.config_toml(cases.case_options("public")))
        single = by_kind(replayed(sys.argv[1], folder, "float32"))
        half = by_kind(replayed(sys.argv[1], folder, "bfloat16"))
    good = True
    for kind, tolerance in TOLERANCE.items():
        errors = [np.linalg.norm(b - a) / max(np.linalg.norm(a), 1e-30) for a, b in zip(single[kind], half[kind])]
        good = good and max(errors) <= tolerance
        print("%-12s worst %.2e of %.0e" % (kind, max(errors), tolerance))
    if np.array_equal(single["prediction"][0], half["prediction"][0]):
        print("both are the same arithmetic: nothing was compared")
        good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
