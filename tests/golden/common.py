"""What the golden generators share: a safetensors writer, so that no package beyond PyTorch is needed.

Run a generator with the system's Python: `/usr/bin/python3 tests/golden/NAME.py`. Files land in tests/golden/data/.
"""
import json
import pathlib
import struct

import torch

DATA = pathlib.Path(__file__).parent / "data"
DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}


def save(name, tensors, metadata=None):
    """Writes tensors (a dict of name to tensor) and string metadata to data/NAME.safetensors."""
    header, blobs, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = {k: str(v) for k, v in metadata.items()}
    for key, value in tensors.items():
        value = value.detach().contiguous().cpu()
        raw = value.view(torch.int16).numpy().tobytes() if value.dtype == torch.bfloat16 else value.numpy().tobytes()
        header[key] = {"dtype": DTYPES[value.dtype], "shape": list(value.shape), "data_offsets": [offset, offset + len(raw)]}
        blobs.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    DATA.mkdir(exist_ok=True)
    with open(DATA / (name + ".safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)))
        f.write(text)
        for blob in blobs:
            f.write(blob)


def save_json(name, value):
    """Writes a JSON value to data/NAME.json."""
    DATA.mkdir(exist_ok=True)
    (DATA / (name + ".json")).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
