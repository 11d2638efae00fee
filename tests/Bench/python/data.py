"""The loader's work in Python: read each picture's bytes from its shard, decode it with PIL, lay alpha over white, and make planes of bytes.

Arguments: the corpus's folder. One thread. Prints a line of JSON when ready; then answers each line on standard input with one
pass: its seconds, the number of pictures, and the sum of all bytes, which shows that both sides did the same work.
"""
import io
import json
import pathlib
import sqlite3
import sys
import time

import numpy
import PIL
from PIL import Image

folder = pathlib.Path(sys.argv[1])
rows = sqlite3.connect(folder / "manifest.sqlite").execute("SELECT shard, offset, size, width FROM pairs ORDER BY id").fetchall()
shards = {name: open(folder / name, "rb") for name in {row[0] for row in rows}}
side = rows[0][3]


def load():
    table = numpy.empty((len(rows), 3, side, side), numpy.uint8)
    for i, (shard, offset, size, _) in enumerate(rows):
        file = shards[shard]
        file.seek(offset)
        image = Image.open(io.BytesIO(file.read(size)))
        if image.mode != "RGB":
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        table[i] = numpy.asarray(image).transpose(2, 0, 1)
    return table


print(json.dumps({"version": PIL.__version__}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    table = load()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "images": len(rows), "sum": int(table.sum(dtype=numpy.int64))}), flush=True)
