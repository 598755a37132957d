"""Refuses includes against the one direction of dependencies, and includes that are not written from the project's root."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALLOWED = {
    "common": set(),
    "data_pipeline": {"common"},
    "models": {"common"},
    "losses": {"models", "common"},
    "checkpoints": {"common"},
    "clusters": {"common"},
    "trainer": {"data_pipeline", "models", "losses", "checkpoints", "clusters", "common"},
    "launcher": {"trainer", "data_pipeline", "models", "losses", "checkpoints", "clusters", "common"},
}
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)


def wrong_includes(root):
    for folder, allowed in ALLOWED.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            for target in INCLUDE.findall(path.read_text()):
                place = target.split("/")[0]
                if not (root / target).exists():
                    yield "%s includes \"%s\": write includes from the project's root" % (path.relative_to(root), target)
                elif place != folder and place not in allowed:
                    yield "%s includes %s: %s may use %s only" % (path.relative_to(root), target, folder, ", ".join(sorted(allowed)) or "nothing")


problems = list(wrong_includes(ROOT))
print("\n".join(problems) or "layering: every include follows the arrows")
sys.exit(1 if problems else 0)
