"""RandAugment's operations, its magnitudes, and colour jitter as torchvision does them on Pillow's pictures.

Needs Debian's python3-torchvision. Run: /usr/bin/python3 tests/golden/imaging_augment.py
"""
import base64
import hashlib
import random

from PIL import Image
from torchvision.transforms import RandAugment
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op
from torchvision.transforms.functional import InterpolationMode

from common import save_json

random.seed(5)
WIDTH, HEIGHT = 37, 29
pixels = bytes(
    min(255, max(0, int((x * (5 - c) + y * (2 + c)) % 200 + 20 + random.gauss(0, 9)))) for y in range(HEIGHT) for x in range(WIDTH) for c in range(3)
)
picture = Image.frombytes("RGB", (WIDTH, HEIGHT), pixels)


def row(result, **fields):
    raw = result.tobytes()
    return {**fields, "sha256": hashlib.sha256(raw).hexdigest(), "middle": list(raw[1500:1512])}


space = RandAugment()._augmentation_space(31, (HEIGHT, WIDTH))
operations = []
for name, (magnitudes, signed) in space.items():
    for level in (0, 5, 9, 20, 30):
        strength = float(magnitudes[level].item()) if magnitudes.ndim > 0 else 0.0
        for value in (strength, -strength) if signed else (strength,):
            result = _apply_op(picture, name, value, InterpolationMode.NEAREST, None)
            operations.append(row(result, name=name, level=level, strength=value))
jitter = []
for value in (0.0, 0.4, 1.0, 1.3, 2.5):
    for name, change in (("Brightness", F.adjust_brightness), ("Contrast", F.adjust_contrast), ("Saturation", F.adjust_saturation)):
        jitter.append(row(change(picture, value), name=name, value=value))
for value in (-0.5, -0.2, -0.01, 0.0, 0.1, 0.37, 0.5):
    jitter.append(row(F.adjust_hue(picture, value), name="Hue", value=value))
save_json(
    "imaging_augment",
    {
        "width": WIDTH, "height": HEIGHT, "source": base64.b64encode(pixels).decode(),
        "names": list(space), "operations": operations, "jitter": jitter,
    },
)
print(len(operations), "operations;", len(jitter), "changes of colour")
