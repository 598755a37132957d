"""Makes the run directory of one checkpoint format version, to be kept in the repository as it is.

    UNDERSTUDY=build/release/understudy python3 tests/checkpoints/old/make.py v1

writes tests/checkpoints/old/v1: `fsrt`, a run stopped in phase III so that both players' optimisers have a state, and
`tensors.json`, the SHA-256 of every tensor of its checkpoint. Run it once for a format version, with the last program
that writes that version, and never again: what counts is that those very bytes are still read.
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# The smallest networks that the configuration admits.
MODEL = """
[model]
image_size = 32
expression_size = 4
pixel_octaves = 1
keypoint_octaves = 1
head_width = 2
encoder_width = 2
encoder_blocks = 1
encoder_heads = 1
encoder_hidden = 4
query_hidden = 4
decoder_blocks = 1
decoder_heads = 1
decoder_hidden = 4
render_widths = [4, 4]
expression_features = 1
expression_widths = [4]
detector_width = 2
detector_max_width = 4
detector_blocks = 2
detector_scale = 1.0
discriminator_width = 2
discriminator_max_width = 4
discriminator_blocks = 2
"""

DETECTOR = """
[recipe]
name = "keypoints"
[run]
max_iterations = 2
[batch]
global_batch = 2
micro_batch = 2
[validation]
every = 0
[data]
train = "train"
[cluster]
threads_per_rank = 1
""" + MODEL

FSRT = """
[recipe]
name = "fsrt"
[run]
max_iterations = 6
log_every = 1
sample_every = 0
[batch]
global_batch = 2
micro_batch = 1
[optimizer]
warmup_iterations = 2
[data]
train = "train"
validation = "held-out"
query_pixels_phase1 = 16
query_pixels = 16
[detector]
weights = "detector"
[phases]
phase1_iterations = 2
phase2_iterations = 2
discriminator_warmup = 1
[losses]
feature_matching_weights = [0.01, 0.01]
[perceptual]
weights = "random"
[validation]
every = 6
episodes = 2
micro_batch = 2
[checkpoints]
every = 6
[cluster]
threads_per_rank = 1
""" + MODEL

MACHINE_FILES = ("environment.json", "outcome.json", "timing.jsonl")  # say nothing of what the run computed


def tensors_of(path):
    """Name -> (element type, shape, bytes) of a safetensors file."""
    content = path.read_bytes()
    data = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:data])
    return {name: (entry["dtype"], entry["shape"], content[slice(*(data + offset for offset in entry["data_offsets"]))])
            for name, entry in header.items() if name != "__metadata__"}


def digests_of(path):
    """Name -> "F32 [2, 3] <SHA-256>"."""
    return {name: "%s %s %s" % (dtype, shape, hashlib.sha256(content).hexdigest())
            for name, (dtype, shape, content) in sorted(tensors_of(path).items())}


def main():
    target = HERE / sys.argv[1]
    if target.exists():
        sys.exit("%s is there already and must stay as it is" % target)
    binary = str(pathlib.Path(os.environ["UNDERSTUDY"]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        def understudy(*arguments):
            subprocess.run([binary, *arguments], cwd=folder, check=True)

        for name, text in (("detector.toml", DETECTOR), ("fsrt.toml", FSRT)):
            pathlib.Path(folder, name).write_text(text)
        for name, first in (("train", "0"), ("held-out", "100")):
            understudy("synthesize", "--out", name, "--identities", "3", "--clips", "2", "--frames", "3", "--size", "48", "--seed", "3",
                       "--first-identity", first)
        understudy("train", "detector.toml", "--run", "detector")
        understudy("train", "fsrt.toml", "--run", "fsrt")
        for name in MACHINE_FILES:
            pathlib.Path(folder, "fsrt", name).unlink()
        shutil.copytree(pathlib.Path(folder, "fsrt"), target / "fsrt", symlinks=True)
    checkpoint, = (target / "fsrt/checkpoints").iterdir()
    digests = {path.name: digests_of(path) for path in sorted(checkpoint.glob("*.safetensors"))}
    (target / "tensors.json").write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
