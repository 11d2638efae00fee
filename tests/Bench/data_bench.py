"""The loader's work in Python: read each picture's bytes from its shard, decode with PIL, lay alpha over white, planes of bytes.

Arguments: the corpus's folder. Each line on standard input starts one pass; its seconds and number of pictures go to standard output.
"""
import io
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
print(f"PIL {PIL.__version__}, Python {sys.version.split()[0]}", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    table = numpy.empty((len(rows), 3, side, side), numpy.uint8)
    for i, (shard, offset, size, _) in enumerate(rows):
        file = shards[shard]
        file.seek(offset)
        image = Image.open(io.BytesIO(file.read(size)))
        if image.mode != "RGB":
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
        table[i] = numpy.asarray(image).transpose(2, 0, 1)
    print(time.perf_counter() - start, len(rows), int(table.sum(dtype=numpy.int64)), flush=True)
