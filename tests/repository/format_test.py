"""All sources are as the pinned clang-format leaves them; `make format` mends them."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("common", "data_pipeline", "models", "losses", "checkpoints", "clusters", "trainer", "launcher", "tests", "benchmarks")

files = [str(path) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".h", ".cc")]
check = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *files], stderr=subprocess.PIPE, text=True, cwd=ROOT)
wrong = sorted({line.split(":")[0] for line in check.stderr.splitlines() if "error:" in line})
print("\n".join(wrong) or "format: %d files are formatted" % len(files))
sys.exit(1 if wrong else 0)
