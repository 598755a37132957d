"""Reads a data set with h5py and Pillow alone, by docs/data-format.md: an independent check of what was written."""
import io
import pathlib
import tomllib

import h5py
import numpy
import PIL.Image


def open_files(folder, kind=None):
    """Frame shards, or their annotation shards of one kind, as HDF5 files in the order of shards."""
    entries = tomllib.loads((pathlib.Path(folder) / "set.toml").read_text()).get("annotation" if kind else "shard", [])
    return (h5py.File(pathlib.Path(folder) / entry["file"]) for entry in entries if kind in (None, entry.get("kind")))


def frames(folder):
    """Yields (clip name, frame number, RGB [height, width, 3])."""
    for file in open_files(folder):
        first, offset, payload = file["clip/first_frame"][:], file["frame/offset"][:], file["frame/bytes"]
        for clip, name in enumerate(file["clip/name"][:]):
            for number, i in enumerate(range(*first[clip:clip + 2])):
                picture = PIL.Image.open(io.BytesIO(payload[offset[i]:offset[i + 1]].tobytes())).convert("RGB")
                yield name.decode(), number, numpy.asarray(picture)


def rows(folder, kind, table):
    """Clip name -> its rows of an annotation table: rows(set, "landmark68", "frame/points") gives [frames, 68, 2]."""
    return {name.decode(): file[table][first:last] for file in open_files(folder, kind)
            for name, first, last in zip(file["clip/name"], file["clip/first_frame"][:-1], file["clip/first_frame"][1:])}
