"""Files of OpenFace and of FLAME fits beside the clips of a corpus."""
import copy
import pathlib

import numpy

UNITS = ["01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23", "25", "26", "45"]
INTENSITIES = ["AU%s_r" % unit for unit in UNITS]
PRESENCES = ["AU%s_c" % unit for unit in [*UNITS[:-1], "28", "45"]]
POSE = ["pose_Rx", "pose_Ry", "pose_Rz"]  # pitch, yaw, roll in radians
COLUMNS = ["frame", "face_id", "timestamp", "confidence", "success", "pose_Tx", "pose_Ty", "pose_Tz", *POSE, *INTENSITIES, *PRESENCES]
FLAME_SIZES = {"shape": 100, "exp": 50, "pose": 6, "cam": 3}


def openface_tables(frames, draws):
    """What OpenFace might have found; nothing in frame 1. Values with as many digits as it writes."""
    valid = numpy.ones(frames, bool)
    if frames > 1:
        valid[1] = False
    on = valid[:, None]
    return {"head_pose": numpy.round(draws.uniform(-0.6, 0.6, (frames, 3)), 3).astype(numpy.float32) * on,
            "intensity": numpy.round(draws.uniform(0, 5, (frames, len(INTENSITIES))), 2).astype(numpy.float32) * on,
            "present": draws.integers(0, 2, (frames, len(PRESENCES))).astype(numpy.float32) * on, "valid": valid}


def openface_rows(tables):
    for i, valid in enumerate(tables["valid"]):
        yield [str(i + 1), "0", "%.3f" % (i / 25), "%.2f" % (0.98 if valid else 0), str(int(valid)), "0.0", "0.0", "0.0",
               *("%.3f" % v for v in tables["head_pose"][i]), *("%.2f" % v for v in tables["intensity"][i]),
               *("%.2f" % v for v in tables["present"][i])]


def write_csv(path, columns, rows):
    path.write_text("".join(", ".join(row) + "\n" for row in [columns, *rows]))


def split_names(corpus, broken):
    """The last clips of a copied corpus are to be refused, one for each way of breaking their files."""
    result = copy.deepcopy(corpus)
    names = sorted(result.clips)
    assert len(names) > broken
    return result, names[:-broken], names[-broken:]


def refuse(corpus, name):
    corpus.rejections[corpus.clips.pop(name).source] = "annotation"


def with_openface(folder, corpus):
    """Writes NAME.csv for every clip of a corpus. @return a corpus whose clips have `openface`; the clips with spoilt files
    are refused."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    draws = numpy.random.default_rng(5)
    spoil = [lambda columns, rows: (columns[:-1], [row[:-1] for row in rows]),                                # a column missing
             lambda columns, rows: (columns, [*rows[:-1], [*rows[-1][:8], "dizzy", *rows[-1][9:]]])]          # no number
    result, good, broken = split_names(corpus, len(spoil) + 1)
    for name in good:
        tables = openface_tables(len(result.clips[name].pictures), draws)
        rows = list(openface_rows(tables))
        write_csv(folder / (name + ".csv"), COLUMNS, rows[:1] + rows[2:])  # frame 1 may as well have no row
        result.clips[name].openface = tables
    for name, change in zip(broken, [*spoil, None]):  # the last one has no file
        rows = list(openface_rows(openface_tables(len(result.clips[name].pictures), draws)))
        if change:
            write_csv(folder / (name + ".csv"), *change(COLUMNS, rows))
        refuse(result, name)
    return result


def with_flame(folder, corpus):
    """Writes NAME.npz with `shape`, `exp`, `pose` and `cam` for every clip; every other file is compressed. @return as above"""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    draws = numpy.random.default_rng(6)
    spoil = [lambda fit: {key: rows[:-1] for key, rows in fit.items()}, lambda fit: {**fit, "exp": fit["exp"][:, :49]},
             lambda fit: {key: rows for key, rows in fit.items() if key != "cam"}]
    result, good, broken = split_names(corpus, len(spoil) + 1)
    for i, name in enumerate([*good, *broken]):
        fit = {key: draws.normal(size=(len(result.clips[name].pictures), size)).astype(numpy.float32)
               for key, size in FLAME_SIZES.items()}
        save = numpy.savez if i % 2 else numpy.savez_compressed
        if name in good:
            result.clips[name].flame = fit
        elif i < len(good) + len(spoil):
            fit = spoil[i - len(good)](fit)
        save(folder / (name + ".npz"), **fit)
    cut = folder / (broken[-1] + ".npz")
    cut.write_bytes(cut.read_bytes()[:1000])
    for name in broken:
        refuse(result, name)
    return result
