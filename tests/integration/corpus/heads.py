"""Drawn heads to make files of, and what a packer is expected to make of the files."""
import dataclasses
import functools
import pathlib
import subprocess
import tempfile
import zlib

import numpy

import plain_set_reader

FRAMES, SIZE = 12, 64


@dataclasses.dataclass
class Head:
    """A clip of a drawn head, in the forms that files need."""
    pictures: numpy.ndarray   # [frames, height, width, 3]
    jpegs: list               # the same frames as JPEG files, which decode to `pictures`
    mp4: bytes                # the same frames as H.264, index in front
    landmarks: numpy.ndarray  # [frames, 68, 2] float32, pixels of a 256-pixel picture
    masks: numpy.ndarray      # [frames, height, width] bool, foreground
    pose: numpy.ndarray       # [frames, 3] yaw, pitch, roll in radians


@dataclasses.dataclass
class Clip:
    """What a set must hold of one clip."""
    identity: str
    video: str
    source: str                       # file, folder or file/group within the input, '/' between parts
    pictures: numpy.ndarray           # [frames, height, width, 3]
    exact: bool                       # False: the file is lossy video; decoded frames come near `pictures`
    landmarks: numpy.ndarray = None   # [frames, 68, 2] float32; rows of zeros: no face
    masks: numpy.ndarray = None       # [frames, height, width] bool
    source_index: list = None         # numbers of the frames in their source, where the file names tell them
    split: str = ""                   # "train", "test", "dev", where folders name it
    jpegs: list = None                # files that a packer without resizing copies byte for byte
    source_box: tuple = (0, 0, 0, 0)  # left, top, right, bottom
    source_size: tuple = (0, 0)       # width, height
    openface: dict = None             # table -> [frames, ...] float32, and "valid" [frames] bool
    flame: dict = None                # array name -> [frames, n] float32


@dataclasses.dataclass
class Corpus:
    root: pathlib.Path                                  # what the packer is given
    landmarks: pathlib.Path = None                      # folder of landmark files
    masks: pathlib.Path = None                          # folder of masks
    metadata: pathlib.Path = None                       # vox-metadata.csv
    clips: dict = dataclasses.field(default_factory=dict)       # clip name in the set -> Clip
    rejections: dict = dataclasses.field(default_factory=dict)  # source -> reason


def head_pictures(folder):
    pictures = {}
    for name, _, picture in plain_set_reader.frames(folder):
        pictures.setdefault(name, []).append(picture)
    return {name: numpy.stack(rows) for name, rows in pictures.items()}


def head_jpegs(folder):
    jpegs = {}
    for file in plain_set_reader.open_files(folder):
        payload, offset, first = file["frame/bytes"][:], file["frame/offset"][:], file["clip/first_frame"][:]
        for clip, name in enumerate(file["clip/name"]):
            jpegs[name.decode()] = [payload[offset[i]:offset[i + 1]].tobytes() for i in range(first[clip], first[clip + 1])]
    return jpegs


def head_masks(folder, size):
    masks = {}
    for file in plain_set_reader.open_files(folder, "mask"):
        payload, offset, first = file["frame/bytes"][:], file["frame/offset"][:], file["clip/first_frame"][:]
        bits = [numpy.unpackbits(numpy.frombuffer(zlib.decompress(payload[a:b].tobytes()), numpy.uint8)).reshape(size, size)
                for a, b in zip(offset[:-1], offset[1:])]
        for clip, name in enumerate(file["clip/name"]):
            masks[name.decode()] = numpy.stack(bits[first[clip]:first[clip + 1]]).astype(bool)
    return masks


@functools.lru_cache
def draw_heads(understudy, identities=2, clips=3, frames=FRAMES, size=SIZE):
    """Clips of the first person, then of the next; a side that is a multiple of 8. Drawn once for all corpora of a test."""
    with tempfile.TemporaryDirectory(prefix="understudy-heads-") as temporary:
        folder = pathlib.Path(temporary) / "set"

        def run(*arguments):
            subprocess.run([understudy, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

        run("synthesize", "--out", folder, "--identities", identities, "--clips", clips, "--frames", frames, "--size", size,
            "--seed", 11)
        pictures, jpegs, masks = head_pictures(folder), head_jpegs(folder), head_masks(folder, size)
        points = plain_set_reader.rows(folder, "landmark68", "frame/points")
        poses = plain_set_reader.rows(folder, "synthetic", "frame/pose")
        heads = []
        for number, name in enumerate(pictures):
            video = pathlib.Path(temporary) / ("%d.mp4" % number)
            run("shard", "frames", folder, "--clip", number, "--out", video)
            heads.append(Head(pictures[name], jpegs[name], video.read_bytes(), points[name], masks[name], poses[name]))
        return heads
