"""Pictures as Pillow decodes and resizes them. Needs Debian's python3-pil. Run: /usr/bin/python3 tests/golden/imaging.py"""
import base64
import hashlib
import io
import random
import struct
import zlib

from PIL import Image

from common import save_json

random.seed(7)
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def filtered(kind, row, above, step):
    """A row as one of PNG's filters writes it: each byte less what the filter predicts."""
    out = bytearray([kind])
    for i, value in enumerate(row):
        a, b, c = row[i - step] if i >= step else 0, above[i], above[i - step] if i >= step else 0
        p = a + b - c
        nearest = min((abs(p - v), n, v) for n, v in enumerate((a, b, c)))[2]
        out.append((value - (0, a, b, (a + b) // 2, nearest)[kind]) % 256)
    return bytes(out)


def png(width, height, depth, colour, sample, interlaced=False, palette=None, transparency=None, extra=b"", filters=(0,)):
    """A PNG of every depth and colour type, written from the format's description (Pillow writes few of them)."""
    def rows(xs, ys):
        above = None
        for n, y in enumerate(ys):
            values = [v for x in xs for v in sample(x, y)]
            bits = "".join(f"{v:0{depth}b}" for v in values)
            bits += "0" * (-len(bits) % 8)
            row = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
            yield filtered(filters[n % len(filters)], row, above or bytes(len(row)), max(1, len(values) // len(xs) * depth // 8))
            above = row

    raw = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        xs, ys = range(x0, width, dx), range(y0, height, dy)
        if len(xs) and len(ys):
            raw += b"".join(rows(xs, ys))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    if palette:
        out += chunk(b"PLTE", bytes(v for c in palette for v in c))
    if transparency:
        out += chunk(b"tRNS", transparency)
    return out + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def over_white(image):
    if image.mode.startswith("I"):  # 16-bit grey: the high byte, as for 16-bit colour
        image = image.point(lambda v: v / 256).convert("L")
    rgba = image.convert("RGBA")
    pixels = []
    for r, g, b, a in rgba.getdata():
        pixels += [(v * a + 255 * (255 - a) + 127) // 255 for v in (r, g, b)]
    return bytes(pixels)


def noise(top, channels, random=random):
    table = {}
    return lambda x, y: table.setdefault((x, y), [random.randrange(top) for _ in range(channels)])


PALETTE = [(random.randrange(256), random.randrange(256), random.randrange(256)) for _ in range(16)]
files = {}
for interlaced in (False, True):
    tail = "-interlaced" if interlaced else ""
    for depth in (1, 2, 4, 8):
        files[f"grey-{depth}{tail}"] = png(13, 11, depth, 0, noise(1 << depth, 1), interlaced)
    files[f"rgb-8{tail}"] = png(13, 11, 8, 2, noise(256, 3), interlaced)
    files[f"rgb-16{tail}"] = png(13, 11, 16, 2, lambda x, y: [257 * v for v in ((x * 19) % 256, (y * 23) % 256, (x * y) % 256)], interlaced)
    files[f"rgba-16{tail}"] = png(13, 11, 16, 6, lambda x, y: [257 * v for v in ((x * 19) % 256, (y * 23) % 256, (x * y) % 256, (x * 20) % 256)], interlaced)
    files[f"grey-16{tail}"] = png(13, 11, 16, 0, lambda x, y: [257 * ((x * 19 + y) % 256)], interlaced)
    files[f"palette-4{tail}"] = png(13, 11, 4, 3, noise(16, 1), interlaced, PALETTE)
    files[f"palette-alpha{tail}"] = png(13, 11, 4, 3, noise(16, 1), interlaced, PALETTE, bytes(range(0, 256, 16)))
    files[f"grey-alpha{tail}"] = png(13, 11, 8, 4, noise(256, 2), interlaced)
    files[f"rgba-8{tail}"] = png(13, 11, 8, 6, noise(256, 4), interlaced)
GAMMA = chunk(b"gAMA", struct.pack(">I", 100000))
files["rgb-8-gamma"] = png(13, 11, 8, 2, noise(256, 3), extra=GAMMA)
files["rgb-16-gamma"] = png(13, 11, 16, 2, noise(65536, 3), extra=GAMMA + chunk(b"cHRM", struct.pack(">8I", *range(30000, 38000, 1000))))
# Every value of 16 bits, every filter; drawn apart from the others, which stay as they were.
own = random.Random(16)
for interlaced in (False, True):
    for name, colour, channels in (("grey", 0, 1), ("rgb", 2, 3), ("grey-alpha", 4, 2), ("rgba", 6, 4)):
        files[f"{name}-16-noise{'-interlaced' if interlaced else ''}"] = png(13, 11, 16, colour, noise(65536, channels, own), interlaced, filters=(1, 2, 3, 4, 0))

decoded = {}
for name, data in files.items():
    with Image.open(io.BytesIO(data)) as image:
        decoded[name] = {"png": base64.b64encode(data).decode(), "rgb": base64.b64encode(over_white(image)).decode()}

width, height = 41, 29
source = bytes(random.randrange(256) if (i // 3) % 7 else 255 * (i % 2) for i in range(width * height * 3))
picture = Image.frombytes("RGB", (width, height), source)
resized = []
for name, kind in (("Box", Image.Resampling.BOX), ("Bilinear", Image.Resampling.BILINEAR), ("Bicubic", Image.Resampling.BICUBIC)):
    for size in ((41, 29), (20, 15), (7, 29), (41, 5), (64, 48), (3, 90), (1, 1), (33, 28)):
        result = picture.resize(size, kind).tobytes()
        resized.append({"filter": name, "size": size, "sha256": hashlib.sha256(result).hexdigest(), "first": list(result[:12])})
save_json("imaging", {"decoded": decoded, "source": base64.b64encode(source).decode(), "width": width, "height": height, "resized": resized})
