"""HDF5 files as others write them: a group a clip, frames chunked and compressed, or JPEG files of variable length."""
import pathlib

import h5py
import numpy

from corpus.heads import Clip, Corpus, draw_heads


def write_raw_hdf5_corpus(folder, understudy):
    """`faces.h5`: groups `identity#video#clip` with `frames` u8 [n, height, width, 3] (gzip, chunks of 4 frames) and
    `landmarks` f32 [n, 68, 2]."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    corpus = Corpus(folder)
    heads = draw_heads(understudy)
    with h5py.File(folder / "faces.h5", "w") as file:

        def write(name, frames, landmarks, **options):
            group = file.create_group(name)
            group.create_dataset("frames", data=frames, **options)
            if landmarks is not None:
                group["landmarks"] = landmarks

        packed = {"chunks": (4, *heads[0].pictures.shape[1:]), "compression": "gzip", "shuffle": True}
        for i, options in enumerate([packed, {}, {**packed, "fletcher32": True}]):
            name = "id5000%d#first-video#%03d" % (i, i)
            write(name, heads[i].pictures, heads[i].landmarks, **options)
            corpus.clips[name] = Clip("id5000%d" % i, "first-video", "faces.h5:/" + name, heads[i].pictures, exact=True,
                                      landmarks=heads[i].landmarks)
        head = heads[3]
        name = "id50003#floats-from-0-to-1#000"
        write(name, head.pictures / numpy.float32(255), head.landmarks)
        corpus.clips[name] = Clip("id50003", "floats-from-0-to-1", "faces.h5:/" + name, head.pictures, exact=True, landmarks=head.landmarks)
        for name, frames, landmarks, reason, options in [
                ("id51000#grey-frames#000", head.pictures[..., 0], head.landmarks, "unreadable", {}),
                ("id51000#lzf-filter#000", head.pictures, head.landmarks, "unreadable", {"compression": "lzf"}),  # h5py's own
                ("id51000#no-frames#000", head.pictures[:0], head.landmarks[:0], "empty", {}),
                ("id51000#no-points#000", head.pictures, None, "landmarks-missing", {}),
                ("id51000#points-short#000", head.pictures, head.landmarks[:-2], "landmark-count", {}),
                ("one-word", head.pictures, head.landmarks, "name", {})]:
            write(name, frames, landmarks, **options)
            corpus.rejections["faces.h5:/" + name] = reason
    return corpus


def write_jpeg_hdf5_corpus(folder, understudy):
    """`faces.h5`: groups `identity/video/clip` with `frames` [n], each a JPEG file as u8 of variable length, and `landmarks`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    corpus = Corpus(folder)
    heads = draw_heads(understudy)
    with h5py.File(folder / "faces.h5", "w") as file:

        def write(name, jpegs, landmarks):
            rows = file.create_dataset(name + "/frames", (len(jpegs),), h5py.vlen_dtype(numpy.uint8))
            for i, jpeg in enumerate(jpegs):
                rows[i] = numpy.frombuffer(jpeg, numpy.uint8)
            file[name + "/landmarks"] = landmarks

        for i, (identity, video, clip) in enumerate([("id60000", "a", "0"), ("id60000", "a", "1"), ("id60001", "b", "0")]):
            name = "%s/%s/%s" % (identity, video, clip)
            write(name, heads[i].jpegs, heads[i].landmarks)
            corpus.clips[name.replace("/", "#")] = Clip(identity, video, "faces.h5:/" + name, heads[i].pictures, exact=True,
                                                        landmarks=heads[i].landmarks, jpegs=heads[i].jpegs)
        head = heads[3]
        cut = [*head.jpegs[:5], head.jpegs[5][:400], *head.jpegs[6:]]
        for name, jpegs, reason in [("id61000/cut/0", cut, "damaged"), ("id61000/no-jpeg/0", [b"plain text"] * 12, "damaged")]:
            write(name, jpegs, head.landmarks)
            corpus.rejections["faces.h5:/" + name] = reason
    return corpus
