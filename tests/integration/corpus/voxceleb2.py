"""VoxCeleb2 as its archives unpack: dev/mp4/id#####/VIDEO/NNNNN.mp4, with landmarks in a parallel tree."""
import pathlib

import numpy

from corpus import mp4
from corpus.files import save_array
from corpus.heads import Clip, Corpus, draw_heads


def write_voxceleb2_corpus(folder, understudy):
    """`{dev,test}/mp4/PERSON/VIDEO/NNNNN.mp4`; landmarks have the same path below `landmarks/`, ending in .npy."""
    folder = pathlib.Path(folder)
    corpus = Corpus(folder / "videos", folder / "landmarks")
    heads = draw_heads(understudy)

    def write(source, content, points):
        path = corpus.root / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if points is not None:
            save_array(corpus.landmarks / pathlib.Path(source).with_suffix(".npy"), points)

    for head, (split, person, video, number) in zip(heads, [
            ("dev", "id00012", "21Uxsk56VDQ", 1), ("dev", "id00012", "21Uxsk56VDQ", 2), ("dev", "id00012", "_raOc3-IRsw", 110),
            ("dev", "id00015", "0fijmz4vTVU", 1), ("test", "id00017", "01dfn2spqyE", 1)]):
        source = "%s/mp4/%s/%s/%05d.mp4" % (split, person, video, number)
        write(source, head.mp4, head.landmarks)
        corpus.clips["%s#%s#%05d" % (person, video, number)] = Clip(
            person, video, source, head.pictures, exact=False, landmarks=head.landmarks, split=split)

    head = heads[5]
    for source, content, points, reason in [
            ("dev/mp4/id00016/cutOffVideo/00001.mp4", mp4.cut(head.mp4), head.landmarks, "damaged"),
            ("dev/mp4/id00016/noLandmarks/00002.mp4", head.mp4, None, "landmarks-missing"),
            ("dev/mp4/id00016/noFaceAtAll/00003.mp4", head.mp4, numpy.zeros_like(head.landmarks), "no-face"),
            ("dev/mp4/id00016/00004.mp4", head.mp4, head.landmarks, "name")]:  # no folder of a video
        write(source, content, points)
        corpus.rejections[source] = reason
    (corpus.root / "vox2_meta.csv").write_text("VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid00012 ,n000012 ,m ,dev \n")
    return corpus
