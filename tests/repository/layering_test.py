"""Refuses includes against the one direction of dependencies, includes that are not written from the project's root, and published
systems named by the trainer outside its recipes."""
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


def named_systems(root):
    systems = {path.name.replace("_", "") for path in (root / "models").iterdir() if path.is_dir() and path.name != "blocks"}
    recipes = root / "trainer" / "recipes"
    for path in sorted(path for path in (root / "trainer").rglob("*.*") if recipes not in path.parents):
        text = re.sub(r"[\s_-]", "", path.read_text().lower())
        for system in sorted(systems):
            if system in text:
                yield "%s names %s: what belongs to one system belongs to trainer/recipes" % (path.relative_to(root), system)


problems = [*wrong_includes(ROOT), *named_systems(ROOT)]
print("\n".join(problems) or "layering: every include follows the arrows")
sys.exit(1 if problems else 0)
