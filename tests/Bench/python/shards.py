"""A webdataset-style loader in Python: tar shards in shuffled order, read from front to back, pairs grouped by name, a shuffle buffer, PIL
decoding, RandomResizedCrop to 224 (bicubic), flip, planes of bytes.

Arguments: a folder, the number of pictures, the number of shards. First makes shards there of 640 x 480 JPEG pictures, each with a text.
One thread. Prints a line of JSON when ready; then answers each line on standard input with one pass: its seconds and the number of pictures.
"""
import io
import json
import math
import pathlib
import random
import sys
import tarfile
import time

import numpy
import PIL
from PIL import Image

folder, count, shards = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
SIZE = 224
BUFFER = 256


def photo(number):
    # Smooth areas, edges and grain: compresses about as a photograph does.
    draw = numpy.random.RandomState(number)
    large = Image.fromarray(draw.randint(0, 256, (12, 16, 3), numpy.uint8)).resize((640, 480), Image.BICUBIC)
    edges = Image.fromarray(draw.randint(0, 256, (24, 32, 3), numpy.uint8)).resize((640, 480), Image.NEAREST)
    grain = draw.normal(0, 6, (480, 640, 1))
    mixed = 0.7 * numpy.asarray(large, numpy.float32) + 0.3 * numpy.asarray(edges, numpy.float32) + grain
    return Image.fromarray(mixed.clip(0, 255).astype(numpy.uint8))


def make():
    for shard in range(shards):
        with tarfile.open(folder / f"{shard:05d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for number in range(shard * count // shards, (shard + 1) * count // shards):
                file = io.BytesIO()
                photo(number).save(file, "JPEG", quality=90)
                for extension, content in (("jpg", file.getvalue()), ("txt", f"photo number {number}".encode())):
                    member = tarfile.TarInfo(f"{number:06d}.{extension}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))


def samples(rng):
    names = sorted(folder.glob("*.tar"))
    rng.shuffle(names)
    for name in names:
        current = {}
        with tarfile.open(name, "r|") as tar:
            for member in tar:
                key, extension = member.name.split(".", 1)
                if current and current["key"] != key:
                    yield current
                    current = {}
                current["key"] = key
                current[extension] = tar.extractfile(member).read()
        if current:
            yield current


def shuffled(items, rng):
    buffer = []
    for item in items:
        if len(buffer) < BUFFER:
            buffer.append(item)
            continue
        place = rng.randrange(BUFFER)
        buffer[place], item = item, buffer[place]
        yield item
    rng.shuffle(buffer)
    yield from buffer


def crop(image, rng):
    width, height = image.size
    for _ in range(10):
        area = width * height * rng.uniform(0.08, 1)
        ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = rng.randint(0, width - w), rng.randint(0, height - h)
            return image.resize((SIZE, SIZE), Image.BICUBIC, box=(left, top, left + w, top + h))
    return image.resize((SIZE, SIZE), Image.BICUBIC)


def load(rng):
    table = numpy.empty((count, 3, SIZE, SIZE), numpy.uint8)
    texts = []
    for i, sample in enumerate(shuffled(samples(rng), rng)):
        image = crop(Image.open(io.BytesIO(sample["jpg"])).convert("RGB"), rng)
        if rng.random() < 0.5:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        table[i] = numpy.asarray(image).transpose(2, 0, 1)
        texts.append(sample["txt"].decode())
    return len(texts)


make()
print(json.dumps({"version": PIL.__version__}), flush=True)
for passes, _ in enumerate(sys.stdin):
    start = time.perf_counter()
    images = load(random.Random(passes))
    print(json.dumps({"seconds": time.perf_counter() - start, "images": images}), flush=True)
