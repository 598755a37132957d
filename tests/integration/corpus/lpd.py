"""Folders of latent pose descriptors: img/PERSON/VIDEO/FRAME.jpg, segm/PERSON/VIDEO/FRAME.png, landmarks a frame."""
import csv
import pathlib

import numpy

from corpus.files import encoded, save_array
from corpus.heads import Clip, Corpus, draw_heads

VIDEOS = [("id04086", "Y21_ABDfNPg", "%d"), ("id04086", "-0abcDEF_gh", "%06d"), ("id07211", "0uV8eZcQxYk", "%d")]
STRIDE = 25  # one frame a second; without padding, the order of names is not that of numbers


class Builder:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.folder = folder
        self.corpus = Corpus(folder / "img", folder / "kp", folder / "segm")
        self.paths = []

    def video(self, head, person, video, pattern, grey_masks=True):
        """Three folders of FRAME.jpg, FRAME.png and FRAME.npy. @return names of the frames"""
        path = pathlib.Path(person, video)
        for folder in (self.corpus.root, self.corpus.masks, self.corpus.landmarks):
            (folder / path).mkdir(parents=True)
        names = [pattern % (STRIDE * i) for i in range(len(head.jpegs))]
        for i, name in enumerate(names):
            mask = (head.masks[i] * 255).astype(numpy.uint8)
            (self.corpus.root / path / (name + ".jpg")).write_bytes(head.jpegs[i])
            (self.corpus.masks / path / (name + ".png")).write_bytes(
                encoded(mask if grey_masks else numpy.stack([mask] * 3, -1), "PNG"))
            save_array(self.corpus.landmarks / path / (name + ".npy"), head.landmarks[i])
        self.paths.append(path.as_posix())
        return names

    def good(self, head, person, video, pattern, grey_masks):
        self.video(head, person, video, pattern, grey_masks)
        self.corpus.clips["%s#%s#000" % (person, video)] = Clip(
            person, video, "%s/%s" % (person, video), head.pictures, exact=True, landmarks=head.landmarks, masks=head.masks,
            source_index=[STRIDE * i for i in range(len(head.jpegs))], jpegs=head.jpegs)

    def broken(self, head, video, reason):
        """@return folder -> path of one file in the middle of it, to be spoilt"""
        person = "id09999"
        name = self.video(head, person, video, "%06d")[6]
        self.corpus.rejections["%s/%s" % (person, video)] = reason
        kinds = ((self.corpus.root, ".jpg"), (self.corpus.masks, ".png"), (self.corpus.landmarks, ".npy"))
        return {folder.name: folder / person / video / (name + suffix) for folder, suffix in kinds}


def add_frames_without(build, head):
    """A frame may lack its mask or its landmarks."""
    person = "id07212"
    for video, folder, suffix in (("maskMissing", build.corpus.masks, ".png"), ("noPoints---", build.corpus.landmarks, ".npy")):
        build.good(head, person, video, "%06d", True)
        (folder / person / video / ("%06d" % (6 * STRIDE) + suffix)).unlink()
    clip = build.corpus.clips[person + "#noPoints---#000"]
    clip.landmarks = clip.landmarks.copy()
    clip.landmarks[6] = 0


def add_broken(build, head):
    cut = build.broken(head, "cutPicture-", "damaged")["img"]
    cut.write_bytes(cut.read_bytes()[:500])
    build.broken(head, "otherSize--", "size")["img"].write_bytes(encoded(head.pictures[6][:48], "JPEG"))
    build.broken(head, "maskSize---", "annotation")["segm"].write_bytes(encoded(numpy.zeros((32, 32), numpy.uint8), "PNG"))
    cut = build.broken(head, "maskCut----", "annotation")["segm"]
    cut.write_bytes(cut.read_bytes()[:40])
    save_array(build.broken(head, "pointShape-", "landmark-shape")["kp"], head.landmarks[6][:51])
    (build.corpus.root / "id09999" / "noPictures-").mkdir()
    (build.corpus.root / "id09999" / "noPictures-" / "list.txt").write_text("000000.jpg\n")
    build.corpus.rejections["id09999/noPictures-"] = "empty"


def write_lpd_corpus(folder, understudy):
    """One frame in 25, in `img/`, with a mask each in `segm/` and 68 points each in `kp/`; `splits/train.csv` lists all."""
    heads = draw_heads(understudy)
    build = Builder(folder)
    for head, (person, video, pattern), grey in zip(heads, VIDEOS, (True, False, True)):
        build.good(head, person, video, pattern, grey)
    (build.corpus.root / "id04086" / "Y21_ABDfNPg" / "Thumbs.db").write_bytes(b"no picture, and no trouble")
    add_frames_without(build, heads[3])
    add_broken(build, heads[3])
    (build.folder / "splits").mkdir()
    with open(build.folder / "splits" / "train.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["Unnamed: 0", "path"], *enumerate(build.paths)])
    return build.corpus
