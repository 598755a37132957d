"""Real files in the layouts that the field has, good ones and ones broken on purpose, made from drawn heads in seconds.

Each function writes one layout into a folder and returns a Corpus: what a packer must take, and what it must refuse for
which reason. `python -m corpus FOLDER` writes everything, to be looked at.
"""
from corpus.annotations import with_flame, with_openface
from corpus.fsrt import write_fsrt_corpus
from corpus.heads import Clip, Corpus
from corpus.hdf5 import write_jpeg_hdf5_corpus, write_raw_hdf5_corpus
from corpus.lpd import write_lpd_corpus
from corpus.voxceleb2 import write_voxceleb2_corpus

__all__ = ["Clip", "Corpus", "with_flame", "with_openface", "write_fsrt_corpus", "write_jpeg_hdf5_corpus", "write_lpd_corpus",
           "write_raw_hdf5_corpus", "write_voxceleb2_corpus"]
