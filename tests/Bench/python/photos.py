"""RandomResizedCrop of JPEG files in Python. Writes 640 x 480 files with the statistics of photographs into the given folder.

Prints a line of JSON when ready; answers each command on standard input with one. "regions": reads regions.json (left, top, width,
height of each file). "pil", "draft", "torchvision": one pass, in seconds of processor time, from bytes in memory to planes of bytes; draft lets the
decoder shrink where twice the size remains. "dump": the planes of pil to pil.raw. One thread.
"""
import io
import json
import pathlib
import sys
import time

import numpy
import PIL
from PIL import Image

try:
    import torch
    import torchvision
    from torchvision.transforms import functional

    torch.set_num_threads(1)
except ImportError:
    torchvision = None

SIZE = 224
COUNT = 128
WIDTH, HEIGHT = 640, 480


def photo(random):
    """Amplitudes fall with frequency, as in photographs; channels are correlated; a few hard edges."""
    fy, fx = numpy.meshgrid(numpy.fft.fftfreq(HEIGHT) * HEIGHT, numpy.fft.rfftfreq(WIDTH) * WIDTH, indexing="ij")
    falling = 1 / numpy.maximum(numpy.hypot(fy, fx), 1) ** 1.1

    def plane():
        phase = random.normal(size=falling.shape) + 1j * random.normal(size=falling.shape)
        values = numpy.fft.irfft2(phase * falling, s=(HEIGHT, WIDTH))
        return (values - values.mean()) / values.std()

    light = plane()
    y, x = numpy.mgrid[:HEIGHT, :WIDTH]
    for _ in range(6):
        cx, cy, r = random.uniform(0, WIDTH), random.uniform(0, HEIGHT), random.uniform(20, 160)
        light[(x - cx) ** 2 + (y - cy) ** 2 < r * r] += random.normal()
    channels = [light * 48 + plane() * 14 + random.uniform(90, 160) for _ in range(3)]
    return Image.fromarray(numpy.clip(numpy.stack(channels, -1), 0, 255).astype(numpy.uint8))


folder = pathlib.Path(sys.argv[1])
generator = numpy.random.default_rng(1)
files = []
for i in range(COUNT):
    out = io.BytesIO()
    photo(generator).save(out, "JPEG", quality=int(generator.integers(80, 96)))
    files.append(out.getvalue())
    (folder / f"{i:04d}.jpg").write_bytes(files[-1])
regions = []


def pil(i):
    left, top, width, height = regions[i]
    image = Image.open(io.BytesIO(files[i])).convert("RGB")
    image = image.crop((left, top, left + width, top + height)).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    return numpy.ascontiguousarray(numpy.asarray(image).transpose(2, 0, 1))


def draft(i):
    left, top, width, height = regions[i]
    image = Image.open(io.BytesIO(files[i]))
    scale = min(width, height) // SIZE
    if scale > 1:
        image.draft("RGB", (WIDTH // scale, HEIGHT // scale))
    sx, sy = image.width / WIDTH, image.height / HEIGHT
    box = (left * sx, top * sy, (left + width) * sx, (top + height) * sy)
    image = image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=box)
    return numpy.ascontiguousarray(numpy.asarray(image).transpose(2, 0, 1))


def by_torchvision(i):
    left, top, width, height = regions[i]
    image = Image.open(io.BytesIO(files[i])).convert("RGB")
    image = functional.resized_crop(image, top, left, height, width, [SIZE, SIZE], functional.InterpolationMode.BICUBIC)
    return functional.pil_to_tensor(image)


WAYS = {"pil": pil, "draft": draft, "torchvision": by_torchvision}
print(json.dumps({"pil": PIL.__version__, "torchvision": torchvision and torchvision.__version__}), flush=True)
for line in sys.stdin:
    command = line.strip()
    answer = {}
    if command == "regions":
        regions = json.loads((folder / "regions.json").read_text())
    elif command == "dump":
        (folder / "pil.raw").write_bytes(b"".join(pil(i).tobytes() for i in range(COUNT)))
    else:
        way = WAYS[command]
        start = time.process_time()
        for i in range(COUNT):
            way(i)
        answer["seconds"] = time.process_time() - start
    print(json.dumps(answer), flush=True)
