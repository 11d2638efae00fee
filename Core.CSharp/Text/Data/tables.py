"""Writes the tables that text cleaning needs, from Python's own: entities.txt (HTML 5 character references) and repairs.txt (what
replaces a character in text repair). Run: /usr/bin/python3 Core.CSharp/Text/Data/tables.py
"""
import html
import html.entities
import pathlib
import unicodedata

HERE = pathlib.Path(__file__).parent


def entities():
    yield "# HTML 5 named references (name, code points), then numeric references that browsers replace (#code, code points)."
    for name, value in sorted(html.entities.html5.items()):
        yield name + " " + "+".join(f"{ord(c):X}" for c in value)
    for code, value in sorted(html._invalid_charrefs.items()):
        yield f"#{code:X} " + "+".join(f"{ord(c):X}" for c in value)
    for code in sorted(html._invalid_codepoints - set(html._invalid_charrefs)):
        yield f"#{code:X} -"


def repairs():
    yield "# Character, what replaces it: full and half widths, Latin ligatures, quotes, C1 controls as Windows-1252."
    for code in [*range(0xFF01, 0xFFF0), 0x3000]:
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            yield f"{code:X} " + "+".join(f"{ord(c):X}" for c in plain)
    for ligature in "\u0132\u0133\u0149\u01c4\u01c5\u01c6\u01c7\u01c8\u01c9\u01ca\u01cb\u01cc\u01f1\u01f2\u01f3\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06":
        plain = "\u017ft" if ligature == "\ufb05" else unicodedata.normalize("NFKC", ligature)
        yield f"{ord(ligature):X} " + "+".join(f"{ord(c):X}" for c in unicodedata.normalize("NFC", plain))
    for quotes, plain in (("\u02bc\u2018\u2019\u201a\u201b", "'"), ("\u201c\u201d\u201e\u201f", '"')):
        for quote in quotes:
            yield f"{ord(quote):X} {ord(plain):X}"
    for code in range(0x80, 0xA0):
        try:
            yield f"{code:X} {ord(bytes([code]).decode('cp1252')):X}"
        except UnicodeDecodeError:
            pass  # five codes that Windows-1252 leaves open


for name, lines in (("entities.txt", entities()), ("repairs.txt", repairs())):
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="ascii")
