"""Small files of the usual kinds."""
import io

import numpy
import PIL.Image


def encoded(picture, kind, **options):
    """A PNG or JPEG file of an RGB or grey array."""
    out = io.BytesIO()
    PIL.Image.fromarray(picture).save(out, kind, **options)
    return out.getvalue()


def save_array(path, array):
    """With NumPy, which pickles arrays of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        numpy.save(file, array, allow_pickle=True)
