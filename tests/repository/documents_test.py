"""Documents and code agree: the references are what the program prints, links lead somewhere, configurations are valid."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ["UNDERSTUDY"]
problems = []


def run(*arguments):
    return subprocess.run([BINARY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


reference = run("config-reference").stdout
if (ROOT / "docs/config-reference.md").read_text() != reference:
    problems.append("docs/config-reference.md is not what `understudy config-reference` prints; write it anew")

if run("config-reference", "--profile").stdout not in (ROOT / "docs/submitting.md").read_text():
    problems.append("docs/submitting.md does not hold what `understudy config-reference --profile` prints; write that part anew")

# A profile is judged beside a configuration that has enough micro-batches for its ranks.
profiles = [*sorted((ROOT / "configs").glob("slurm-*.toml")), ROOT / "tests/slurm/profile.toml"]
for profile in profiles:
    shown = run("submit", str(ROOT / "configs/fsrt-vox256.toml"), "--set", "batch.micro_batch=1", "--profile", str(profile), "--dry-run")
    if shown.returncode != 0:
        problems.append("%s: %s" % (profile.name, shown.stdout.strip()))

for config in sorted(set((ROOT / "configs").glob("*.toml")) - set(profiles)):
    with tempfile.TemporaryDirectory() as folder:
        checked = run("train", str(config), "--run", folder + "/run", "--check")
    if checked.returncode != 0:
        problems.append("%s: %s" % (config.name, checked.stdout.strip()))

for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith("http") and not (page.parent / target).exists():
            problems.append("%s links to %s, which is not there" % (page.name, target))

print("\n".join(problems) or "documents: all agree with the code")
sys.exit(1 if problems else 0)
