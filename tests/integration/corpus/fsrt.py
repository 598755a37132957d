"""FSRT's training folders as AliaksandrSiarohin/video-preprocessing and FSRT's extract_keypoints.py leave them."""
import csv
import pathlib

import numpy
import PIL.Image

from corpus import mp4
from corpus.files import encoded, save_array
from corpus.heads import FRAMES, Clip, Corpus, draw_heads

BOX, SOURCE_SIZE = (120, 40, 440, 360), (1280, 720)  # the crop as the metadata tell it
METADATA_COLUMNS = ["video_id", "start", "end", "bbox", "fps", "width", "height", "partition", "person_id"]


def clip_name(identity, video, start=0, frames=FRAMES):
    return "%s#%s#%06d#%06d" % (identity, video, start, start + frames)


class Builder:
    """Puts one clip after the other into `videos/SPLIT/NAME.mp4` and `landmarks/NAME.npy`."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.corpus = Corpus(folder / "videos", folder / "landmarks", metadata=folder / "vox-metadata.csv")
        self.corpus.landmarks.mkdir(parents=True)
        self.rows = []

    def video(self, name, content, points, split="train"):
        """Content: bytes of a file, or file name -> bytes of a folder. @return source"""
        path = self.corpus.root / split / (name + ".mp4")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.mkdir()
            for file, data in content.items():
                (path / file).write_bytes(data)
        if points is not None:
            save_array(self.corpus.landmarks / (name + ".npy"), points)
        return "%s/%s.mp4" % (split, name)

    def good(self, name, head, points=None, split="train", content=None, pictures=None, listed=False):
        points = head.landmarks if points is None else points
        source = self.video(name, head.mp4 if content is None else content, points, split)
        clip = Clip(*name.split("#")[:2], source, head.pictures if pictures is None else pictures, exact=content is not None,
                    landmarks=points.astype(numpy.float32), split=split)
        if listed:
            self.list(name, split)
            clip.source_box, clip.source_size = BOX, SOURCE_SIZE
        self.corpus.clips[name] = clip

    def broken(self, what, content, points, reason):
        """What names the trouble, for whoever reads a failed test; a name without '#' stays as it is."""
        name = what if "#" in what or reason == "name" else clip_name("id20001", what)
        self.corpus.rejections[self.video(name, content, points)] = reason

    def list(self, name, split):
        identity, video, start, end = name.split("#")
        self.rows.append([video, int(start), int(end), "-".join(map(str, BOX)), 25.0, *SOURCE_SIZE, split, identity])

    def finish(self):
        with open(self.corpus.metadata, "w", newline="") as file:
            csv.writer(file).writerows([METADATA_COLUMNS, *self.rows])
        return self.corpus


def png_folder(pictures):
    return {"%07d.png" % i: encoded(picture, "PNG") for i, picture in enumerate(pictures)}


def resized(pictures, width, height):
    return numpy.stack([numpy.asarray(PIL.Image.fromarray(p).resize((width, height))) for p in pictures])


def add_good(build, heads):
    """Official names, listed in the metadata; float32 and float64; then what looks odd and is fine."""
    for i, (identity, video, start, split) in enumerate([
            ("id10001", "7gWzIy6yIIk", 0, "train"), ("id10001", "7gWzIy6yIIk", 300, "train"), ("id10001", "-xK_0dFzTk8", 57, "train"),
            ("id10002", "_uNup91ZYw0", 1000, "train"), ("id10003", "1zcIwhmdeo4", 4, "test")]):
        points = heads[i].landmarks.astype(numpy.float64 if i % 2 else numpy.float32)
        build.good(clip_name(identity, video, start), heads[i], points + points.dtype.type(i) / 3, split, listed=True)
    build.list(clip_name("id10001", "goneFromWeb", 12), "train")  # most links are dead: nobody has this one
    some_missing = heads[0].landmarks.astype(numpy.float64)
    some_missing[[0, 5, 6]] = 0
    build.good(clip_name("id10004", "some-frames-without-face"), heads[0], some_missing)
    outside = heads[1].landmarks - numpy.float32([heads[1].landmarks[..., 0].min() + 6, 0])
    build.good(clip_name("id10004", "face-leaves-the-picture"), heads[1], outside)
    build.good("id1#a.b.c#000001#000013", heads[2])
    build.good("id10005#crop_vox-style#00021#003", heads[3])
    build.good(clip_name("id10006", "as-pictures"), heads[4], content=png_folder(heads[4].pictures), pictures=heads[4].pictures)
    odd = resized(heads[5].pictures[:4], 255, 257)
    build.good(clip_name("id10006", "odd-size", frames=4), heads[5], heads[5].landmarks[:4], content=png_folder(odd), pictures=odd)
    (build.corpus.root / "train" / "notes.txt").write_text("not a clip, and no trouble\n")


def add_broken_videos(build, head):
    good, points = head.mp4, head.landmarks
    pngs = png_folder(head.pictures)
    jpegs = {"%07d.jpg" % i: data for i, data in enumerate(head.jpegs)}
    for what, content, reason in [
            ("cut-in-the-middle", mp4.cut(good), "damaged"),
            ("bytes-flipped", mp4.flipped(good), "damaged"),
            ("picture-cut", {**pngs, "0000007.png": pngs["0000007.png"][:600]}, "damaged"),
            ("cut-between-frames", mp4.cut(good, 0), "damaged"),
            ("cut-in-the-header", good[:200], "unreadable"),
            ("text-as-video", b"404: Not Found\n", "unreadable"),
            ("sound-only", mp4.sound_only(), "unreadable"),
            ("no-bytes", b"", "unreadable"),
            ("folder-without-pictures", {"readme.txt": b"nothing here\n"}, "empty"),
            ("a-picture-of-another-size", {**jpegs, "0000003.jpg": encoded(head.pictures[3][:48], "JPEG")}, "size"),
            ("holiday", good, "name"),
            ("#no-identity#000000#000012", good, "name"),
            ("id20002#with blank#000000#000012", good, "name")]:
        build.broken(what, content, points, reason)
    short = clip_name("id20003", "fewer-than-listed", 200, 2 * FRAMES)
    build.list(short, "train")
    build.broken(short, good, points, "too-few-frames")


def add_broken_landmarks(build, head):
    points = head.landmarks
    nan = points.copy()
    nan[3, 40, 1] = numpy.nan
    for what, array, reason in [
            ("no-landmarks", None, "landmarks-missing"),
            ("pickled-landmarks", numpy.array([{"a": 1}] * FRAMES, dtype=object), "landmarks-unreadable"),
            ("flat-landmarks", points.reshape(FRAMES, 136), "landmark-shape"),
            ("landmarks-in-space", numpy.concatenate([points, points[..., :1]], -1), "landmark-shape"),
            ("landmarks-51", points[:, 17:], "landmark-shape"),
            ("a-row-less", points[:-1], "landmark-count"),
            ("a-row-more", numpy.concatenate([points, points[-1:]]), "landmark-count"),
            ("landmarks-of-512-pixels", points * 2, "landmark-range"),
            ("landmark-nan", nan, "landmark-range"),
            ("no-face-at-all", numpy.zeros((FRAMES, 68, 2)), "no-face")]:
        build.broken(what, head.mp4, array, reason)
    build.broken("landmarks-cut", head.mp4, points, "landmarks-unreadable")
    cut = build.corpus.landmarks / (clip_name("id20001", "landmarks-cut") + ".npy")
    cut.write_bytes(cut.read_bytes()[:4000])


def write_fsrt_corpus(folder, understudy, broken=True):
    """`videos/{train,test}/identity#video#start#end.mp4`, `landmarks/NAME.npy` and `vox-metadata.csv`.

    Rejections are those of a packer that reads the metadata and takes clips of one frame. Of two clips of one name the first in the order
    of sources (test/ before train/) is kept and the other refused.
    """
    heads = draw_heads(understudy)
    build = Builder(folder)
    add_good(build, heads)
    single = draw_heads(understudy, identities=1, clips=1, frames=1)[0]
    build.good(clip_name("id10007", "single-frame", 5, 1), single)
    if not broken:
        return build.finish()
    add_broken_videos(build, heads[2])
    add_broken_landmarks(build, heads[3])
    twice = clip_name("id10008", "twice")
    build.good(twice, heads[4], split="test")
    build.corpus.rejections[build.video(twice, heads[4].mp4, None)] = "duplicate"
    return build.finish()
