import os
import pathlib
import sys

import corpus

folder, understudy = pathlib.Path(sys.argv[1]), os.environ["UNDERSTUDY"]
fsrt = corpus.write_fsrt_corpus(folder / "fsrt", understudy)
sound = corpus.write_fsrt_corpus(folder / "annotated", understudy, broken=False)
written = {"fsrt": fsrt, "annotated: openface": corpus.with_openface(folder / "annotated" / "openface", sound),
           "annotated: flame": corpus.with_flame(folder / "annotated" / "flame", sound),
           "voxceleb2": corpus.write_voxceleb2_corpus(folder / "voxceleb2", understudy),
           "lpd": corpus.write_lpd_corpus(folder / "lpd", understudy),
           "hdf5-raw": corpus.write_raw_hdf5_corpus(folder / "hdf5-raw", understudy),
           "hdf5-jpeg": corpus.write_jpeg_hdf5_corpus(folder / "hdf5-jpeg", understudy)}
for layout, what in written.items():
    print("%s: %d clips, %d to refuse" % (layout, len(what.clips), len(what.rejections)))
    for source, reason in sorted(what.rejections.items()):
        print("  %-20s %s" % (reason, source))
