"""MP4 files that are broken in known ways."""
import struct


def units(mp4):
    """Where the units of an H.264 stream start, each a length of four bytes with that many bytes behind it."""
    at = mp4.index(b"mdat") + 4
    end = at - 8 + struct.unpack_from(">I", mp4, at - 8)[0]
    found = []
    while at < end:
        found.append(at)
        at += 4 + struct.unpack_from(">I", mp4, at)[0]
    return found


def cut(mp4, inside=8):
    """An interrupted download whose index lies in front: ends `inside` bytes into a late frame. With 0 no decoder sees any
    damage, there are only fewer frames than the index says."""
    starts = units(mp4)
    return mp4[:starts[len(starts) * 3 // 4] + inside]


def flipped(mp4):
    """Inverts eight bytes at the start of a frame in the middle. Flips inside a frame's data are mostly not to be noticed:
    H.264 has no checksum, and nearly any bits decode to something."""
    starts = units(mp4)
    at = starts[len(starts) // 2]
    return mp4[:at] + bytes(255 - b for b in mp4[at:at + 8]) + mp4[at + 8:]


def box(kind, *parts):
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def u32(*values):
    return struct.pack(">%dI" % len(values), *values)


IDENTITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def sound_only():
    """A tenth of a second of silence at 8 kHz, and no picture stream (ISO 14496-12)."""
    rate, samples = 8000, 800
    kind = box(b"ftyp", b"isom", u32(512), b"isommp41")
    sound = box(b"mdat", bytes(2 * samples))
    entry = box(b"sowt", bytes(6), struct.pack(">H8xHHHHI", 1, 1, 16, 0, 0, rate << 16))
    table = box(b"stbl", box(b"stsd", u32(0, 1), entry), box(b"stts", u32(0, 1, samples, 1)), box(b"stsc", u32(0, 1, 1, samples, 1)),
                box(b"stsz", u32(0, 2, samples)), box(b"stco", u32(0, 1, len(kind) + 8)))
    place = box(b"dinf", box(b"dref", u32(0, 1), box(b"url ", u32(1))))
    media = box(b"mdia", box(b"mdhd", u32(0, 0, 0, rate, samples, 0x55C40000)),
                box(b"hdlr", u32(0, 0), b"soun", bytes(12), b"sound\0"), box(b"minf", box(b"smhd", u32(0, 0)), place, table))
    track = box(b"trak", box(b"tkhd", u32(7, 0, 0, 1, 0, samples, 0, 0, 0, 0x01000000), IDENTITY_MATRIX, u32(0, 0)), media)
    movie = box(b"mvhd", u32(0, 0, 0, rate, samples, 0x10000, 0x01000000, 0, 0), IDENTITY_MATRIX, bytes(24), u32(2))
    return kind + sound + box(b"moov", movie, track)
