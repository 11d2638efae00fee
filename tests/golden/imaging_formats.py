"""JPEG and WebP files, and what Pillow makes of them. Needs Debian's python3-pil. Run: /usr/bin/python3 tests/golden/imaging_formats.py"""
import base64
import io
import math
import random
import struct

from PIL import Image, ImageOps

from common import save_json

random.seed(11)


def picture(width, height):
    """Edges, gradients and some noise, in colour."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            wave = int(60 * math.sin(x / 3.1) * math.cos(y / 4.3))
            edge = 120 if (x // 11 + y // 9) % 2 else 20
            image.putpixel((x, y), (edge + wave + 60, (x * 255) // width, 255 - edge - random.randrange(30)))
    return image


def over_white(image):
    rgba = ImageOps.exif_transpose(image)
    if rgba.mode != "RGBA":
        return rgba.convert("RGB").tobytes()
    pixels = []
    for r, g, b, a in rgba.getdata():
        pixels += [(v * a + 255 * (255 - a) + 127) // 255 for v in (r, g, b)]
    return bytes(pixels)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_adobe(jpeg, transform):
    """The file with its Adobe segment saying this transform: 0 stores RGB or CMYK as they are, 2 is YCCK."""
    segment = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
    at = jpeg.find(b"\xff\xee\x00\x0eAdobe")
    if at >= 0:
        return jpeg[:at] + segment + jpeg[at + len(segment):]
    jfif = 2 + 2 + struct.unpack(">H", jpeg[4:6])[0]  # a JFIF segment would say YCbCr
    return jpeg[:2] + segment + jpeg[jfif:]


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


source = picture(45, 38)
small = picture(29, 17)
alpha = source.copy()
alpha.putalpha(Image.linear_gradient("L").resize(source.size))
cmyk = source.convert("CMYK")
files = {
    "jpeg-420": encoded(source, "JPEG", quality=85, subsampling=2),
    "jpeg-422": encoded(source, "JPEG", quality=85, subsampling=1),
    "jpeg-444": encoded(source, "JPEG", quality=85, subsampling=0),
    "jpeg-grey": encoded(source.convert("L"), "JPEG", quality=85),
    "jpeg-cmyk": encoded(cmyk, "JPEG", quality=90),
    "jpeg-ycck": with_adobe(encoded(cmyk, "JPEG", quality=90), 2),
    "jpeg-rgb": with_adobe(encoded(source, "JPEG", quality=90, subsampling=0), 0),
    "jpeg-progressive": encoded(source, "JPEG", quality=85, progressive=True),
    "jpeg-progressive-grey": encoded(source.convert("L"), "JPEG", quality=85, progressive=True),
    "jpeg-progressive-444": encoded(source, "JPEG", quality=60, progressive=True, subsampling=0),
    "jpeg-one-pixel": encoded(source.crop((3, 3, 4, 4)), "JPEG"),
    "webp-lossy": encoded(source, "WEBP", quality=80),
    "webp-lossless": encoded(source, "WEBP", lossless=True),
    "webp-lossy-alpha": encoded(alpha, "WEBP", quality=80),
    "webp-lossless-alpha": encoded(alpha, "WEBP", lossless=True, exact=True),
    "webp-animated": encoded(small, "WEBP", save_all=True, append_images=[small.rotate(180)], lossless=True),
    "webp-exif-6": encoded(small, "WEBP", lossless=True, exif=orientation(6)),
    "png-exif-8": encoded(small, "PNG", exif=orientation(8)),
}
for value in range(1, 9):
    files[f"jpeg-exif-{value}"] = encoded(small, "JPEG", quality=85, exif=orientation(value))

cases = {}
for name, data in files.items():
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
        cases[name] = {
            "file": base64.b64encode(data).decode(),
            "width": upright.width,
            "height": upright.height,
            "rgb": base64.b64encode(over_white(image)).decode(),
        }
save_json("imaging_formats", cases)
