"""Writes the two tables that text cleaning needs, from Python's own: normalization.txt (Unicode's canonical decompositions and
combining classes) and entities.txt (HTML 5 character references). Run: /usr/bin/python3 Core.CSharp/Text/Data/tables.py
"""
import html
import html.entities
import pathlib
import sys
import unicodedata

HERE = pathlib.Path(__file__).parent
HANGUL = range(0xAC00, 0xD7A4)  # composed by arithmetic


def normalization():
    yield f"# Unicode {unicodedata.unidata_version}. D: code, canonical decomposition, 1 when it composes back. K: first, last, combining class."
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code))
        if code in HANGUL or not parts or parts.startswith("<"):
            continue
        composes = unicodedata.normalize("NFC", "".join(chr(int(p, 16)) for p in parts.split())) == chr(code)
        yield f"D {code:X} {parts.replace(' ', '+')} {int(composes)}"
    start, current = 0, 0
    for code in range(sys.maxunicode + 2):
        value = unicodedata.combining(chr(code)) if code <= sys.maxunicode else 0
        if value != current:
            if current:
                yield f"K {start:X} {code - 1:X} {current}"
            start, current = code, value


def entities():
    yield "# HTML 5 named references (name, code points), then numeric references that browsers replace (#code, code points)."
    for name, value in sorted(html.entities.html5.items()):
        yield name + " " + "+".join(f"{ord(c):X}" for c in value)
    for code, value in sorted(html._invalid_charrefs.items()):
        yield f"#{code:X} " + "+".join(f"{ord(c):X}" for c in value)
    for code in sorted(html._invalid_codepoints - set(html._invalid_charrefs)):
        yield f"#{code:X} -"


for name, lines in (("normalization.txt", normalization()), ("entities.txt", entities())):
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="ascii")
