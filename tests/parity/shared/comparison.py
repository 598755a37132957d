"""What every comparison with an official step does around its own tolerances."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np


class Worst:
    """The entry of each class that is nearest to its tolerance or furthest beyond it, and the names that were not found."""

    def __init__(self):
        self.rows, self.missing = {}, []

    def add(self, kind, name, error, tolerance):
        error = error if np.isfinite(error) else float("inf")
        row = self.rows.setdefault(kind, [0.0, 0.0, 0.0, "", 0])
        row[4] += 1
        if error / tolerance >= row[0]:
            row[:4] = [error / tolerance, error, tolerance, name]

    def report(self, label, kinds):
        good = not self.missing
        for kind in kinds:
            if kind in self.rows:
                ratio, error, tolerance, name, count = self.rows[kind]
                good = good and ratio <= 1.0
                print("%-34s %-24s %4d  worst %.2e of %.0e  %s  %s" % (label, kind, count, error, tolerance, "ok  " if ratio <= 1 else "FAIL", name))
        if self.missing:
            print("%-34s missing from the result: %d, first %s  FAIL" % (label, len(self.missing), ", ".join(self.missing[:4])))
        return good


def load_result(path):
    from safetensors.numpy import load_file
    return load_file(path)


@contextlib.contextmanager
def case_folder(keep, case):
    """A folder of the case below `keep`, or one that is gone afterwards."""
    folder = os.path.join(keep, case) if keep else tempfile.mkdtemp(prefix=case + "-")
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def succeeds(label, command, result):
    """Runs a command that makes the file or folder `result` anew; prints why when it does not."""
    if os.path.isfile(result):
        os.remove(result)
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode == 0 and os.path.exists(result):
        return True
    print("%s: exit status %d\n%s" % (label, run.returncode, run.stdout[-2000:]))
    return False


def require_binary(binary):
    if not binary or not os.path.exists(binary):
        print("no such binary: %s" % binary)
        sys.exit(2)


def finish(good):
    print("PASS" if good else "FAIL")
    sys.exit(0 if good else 1)
