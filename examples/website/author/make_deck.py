#!/usr/bin/env python3
"""Makes deck/index.html from slides.html and drawings/*.svg.

Run it yourself after editing the slides; its result is committed, so that the deck can be read from
a folder without building anything. `--check` only compares, and fails if the committed deck is stale.

slides.html is HTML with five elements of its own:

  <chapter id="..." name="...">         a column of the deck; holds slides
  <slide id="..." title="..." [kind="..."]>   one slide; kind becomes a CSS class (split, title, ...)
  <cpp [compile="..."] [program="..."]>  C++, written plainly (no &lt;), highlighted here
  <shell [output-of="..."]>             commands ($ ...) and what they print
  <drawing name="..."/>                 drawings/NAME.svg, put in place

What `compile` means is said in tests/website/slide_code.py, which compiles the code of the slides.
"""
import html
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
DECK = HERE.parent / "deck" / "index.html"

AWAITING = {"co_await", "co_return", "co_yield"}
KEYWORDS = set(
    """alignas auto bool break case catch char class concept const consteval constexpr continue
    default delete do double else enum explicit false float for friend if inline int long mutable
    namespace new noexcept nullptr operator private protected public requires return short signed
    sizeof static struct switch template this throw true try typename union unsigned using virtual
    void volatile while""".split())
TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<directive>^\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<character>'(?:\\.|[^'\\\n])')
      | (?P<number>\b\d[\d'.]*(?:ms|us|ns|min|s|h|u|z|uz)?\b)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE)


def span(kind, text):
    return f'<span class="{kind}">{html.escape(text, quote=False)}</span>'


def highlight_cpp(code):
    """Spans for what a reader's eye looks for: awaits, keywords, types, literals, comments."""
    out = []
    for match in TOKEN.finditer(code):
        text = match.group()
        kind = match.lastgroup
        if kind == "word":
            if text in AWAITING:
                kind = "await"
            elif text in KEYWORDS:
                kind = "keyword"
            elif text[0].isupper():
                kind = "type"
            else:
                kind = "other"
        if kind == "character":
            kind = "string"
        out.append(html.escape(text, quote=False) if kind == "other" else span(kind, text))
    return "".join(out)


def highlight_shell(text):
    lines = []
    for line in text.split("\n"):
        if line.startswith("$ "):
            lines.append(span("prompt", "$") + " " + span("command", line[2:]))
        else:
            lines.append(html.escape(line, quote=False))
    return "\n".join(lines)


def attributes(text):
    return dict(re.findall(r'([\w-]+)="([^"]*)"', text))


def trim(code):
    """The block without its first and last newline and without the indentation all lines share."""
    lines = code.strip("\n").rstrip().split("\n")
    shared = min((len(l) - len(l.lstrip()) for l in lines if l.strip()), default=0)
    return "\n".join(line[shared:].rstrip() for line in lines)


def drawing(match):
    name = attributes(match.group(1))["name"]
    svg = (HERE / "drawings" / f"{name}.svg").read_text()
    svg = re.sub(r"<\?xml.*?\?>\s*", "", svg)
    title = re.search(r"<title>(.*?)</title>", svg, re.DOTALL)
    if not title:
        sys.exit(f"drawings/{name}.svg needs a <title>: it is what a blind reader gets")
    label = html.escape(" ".join(title.group(1).split()))
    svg = svg.replace(title.group(0), "").replace(' xmlns="http://www.w3.org/2000/svg"', "")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    svg = "\n".join(line for line in svg.splitlines() if line.strip())
    return f'<figure class="drawing {name}">\n{svg}\n</figure>'


def code_block(match):
    element, given, text = match.group(1), attributes(match.group(2)), trim(match.group(3))
    marks = "".join(f' data-{key}="{value}"' for key, value in sorted(given.items()))
    body = highlight_cpp(text) if element == "cpp" else highlight_shell(text)
    label = "C++ code" if element == "cpp" else "Commands and their output"
    return (f'<pre class="{element}" tabindex="0" role="region" aria-label="{label}"{marks}>'
            f"<code>{body}</code></pre>")


def expand(body):
    body = re.sub(r"<(cpp|shell)\b([^>]*)>(.*?)</\1>", code_block, body, flags=re.DOTALL)
    return re.sub(r"<drawing\b([^>]*)/>", drawing, body)


def parse(source):
    """A list of (chapter's attributes, list of (slide's attributes, body)) in reading order."""
    chapters = []
    for chapter in re.finditer(r"<chapter\b([^>]*)>(.*?)</chapter>", source, re.DOTALL):
        slides = [(attributes(slide.group(1)), slide.group(2).strip("\n"))
                  for slide in re.finditer(r"<slide\b([^>]*)>(.*?)</slide>", chapter.group(2),
                                           re.DOTALL)]
        chapters.append((attributes(chapter.group(1)), slides))
    return chapters


def slide_html(slide, body, chapter, column, row, columns):
    heading = "h1" if column == 0 and row == 0 else "h2"
    across = column / max(columns - 1, 1)
    kind = f' {slide["kind"]}' if "kind" in slide else ""
    return f"""
<section class="slide{kind}" id="{slide["id"]}" aria-labelledby="{slide["id"]}-title" \
data-column="{column}" data-row="{row}" style="--across: {across:.3f}">
<header>
<p class="chapter-name">{chapter["name"]}</p>
<{heading} id="{slide["id"]}-title">{slide["title"]}</{heading}>
</header>
<div class="content">
{expand(body)}
</div>
</section>"""


def index_html(chapters):
    columns = []
    for chapter, slides in chapters:
        links = "\n".join(f'<li><a href="#{slide["id"]}">{slide["title"]}</a></li>'
                          for slide, _ in slides)
        columns.append(f'<div class="index-chapter">\n<h3>{chapter["name"]}</h3>\n'
                       f"<ol>\n{links}\n</ol>\n</div>")
    return "\n".join(columns)


def deck_html(source):
    chapters = parse(source)
    names = [slide["id"] for _, slides in chapters for slide, _ in slides]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        sys.exit(f"two slides have the same id: {sorted(twice)}")
    slides = "\n".join(slide_html(slide, body, chapter, column, row, len(chapters))
                       for column, (chapter, column_slides) in enumerate(chapters)
                       for row, (slide, body) in enumerate(column_slides))
    return f"""<!DOCTYPE html>
<!-- Made by author/make_deck.py from author/slides.html: edit there. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Sundog taught in slides: a C++20 coroutine runtime for services \
that own their whole machine.">
<meta name="theme-color" content="#faf6ed" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#0f1521" media="(prefers-color-scheme: dark)">
<title>Sundog</title>
<link rel="icon" href="sundog.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
<script src="deck.js"></script>
</head>
<body>
<nav id="index" aria-labelledby="index-title">
<h2 id="index-title">All slides</h2>
<div class="index-chapters">
{index_html(chapters)}
</div>
</nav>
<main id="slides">
{slides}

</main>
</body>
</html>
"""


def main():
    made = deck_html((HERE / "slides.html").read_text())
    if sys.argv[1:] == ["--check"]:
        if not DECK.exists() or DECK.read_text() != made:
            sys.exit(f"{DECK} is stale: run examples/website/author/make_deck.py")
        return
    DECK.write_text(made)


if __name__ == "__main__":
    main()
