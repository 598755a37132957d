"""Numbers that depend on a salt, a case and a tensor's name alone, the same on every machine."""
import hashlib

import numpy as np


def philox(salt, case, tensor):
    text = "/".join((salt, case, tensor))
    return np.random.Philox(key=int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little"))


class KeyedNumbers:
    """Philox4x64-10 keyed by SHA-256 of (salt, case, tensor name): each tensor can be made alone, in any order. Uniforms come from
    the raw 64-bit words (top 24 bits)."""

    def __init__(self, salt):
        self.salt = salt

    def raw(self, case, tensor, count):
        return philox(self.salt, case, tensor).random_raw(int(count))

    def unit(self, case, tensor, count):
        """count doubles in [0, 1), multiples of 2^-24 and hence exact in float32."""
        return (self.raw(case, tensor, count) >> np.uint64(40)).astype(np.float64) * 2.0 ** -24

    def uniform(self, case, tensor, shape, low, high):
        count = int(np.prod(shape, dtype=np.int64)) if len(shape) else 1
        return (low + (high - low) * self.unit(case, tensor, count)).reshape(shape)


def signs(tensor, count, index):
    """The +-1 vector number `index` of a tensor: bits of the Philox stream, least significant bit of each byte first.

    It depends on the tensor's name only, not on the case, so it can be reused."""
    raw = philox("understudy-signs", "signs-%d" % index, tensor).random_raw((int(count) + 63) // 64)
    bits = np.unpackbits(raw.astype("<u8").view(np.uint8), bitorder="little")[:count]
    return bits.astype(np.float32) * 2 - 1
