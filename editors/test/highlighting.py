#!/usr/bin/env python3
"""Checks the highlighting of RADL documents in editors.

    highlighting.py textmate|vim DOCUMENT...

Every word of every document has to have the colour of what it is: a small tokenizer of its own says what that is, and the
editor's engine says which colour it gets. The engines are textmate-grammar-python, a port of the one in VS Code, and Vim.
"""

import json
import logging
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EDITORS = os.path.dirname(HERE)

RESERVED = {
    "network", "ansible", "system", "soft", "and", "contains", "deploy", "configure", "contextualize", "step", "with",
    "option", "description",
}
UNIT = re.compile(r"(?i)(?:[KMGT]I?B?|B|ECU|GCEU|HRZ)$")
TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<recipe>@begin)
      | (?P<string>'(?:[^'\\]|\\[^\n])*')
      | (?P<name>[A-Za-z_.][\w.-]*)
      | (?P<number>[0-9]+(?:\.[0-9]*)?)
      | (?P<comparison><=|>=|[=<>])
      | (?P<bracket>[()\[\],])
      | (?P<blank>\s+)
      | (?P<skipped>.)""",
    re.X,
)


def tokens(text):
    """Kind, beginning and end of everything in a document but blanks."""
    position, previous, depth = 0, None, 0
    while position < len(text):
        match = TOKEN.match(text, position)
        kind, end = match.lastgroup, match.end()
        word = match.group()
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        if kind == "recipe":
            close = re.compile(r"^@end", re.M).search(text, end)
            yield "mark", position, end
            if close is None:
                return
            yield "recipe", end, close.start()
            yield "mark", close.start(), close.end()
            position, previous = close.end(), "mark"
            continue
        if kind == "name":
            if word in RESERVED or (word == "include" and depth == 0 and previous in (None, "bracket", "name")
                                    and (position == 0 or text[position - 1] == "\n")):
                kind = "keyword"
            elif previous == "number" and UNIT.match(word):
                kind = "unit"
        if kind != "blank":
            yield kind, position, end
            if kind != "comment":
                previous = kind
        position = end


# What each kind has to be: the first scope or group that matches decides.
TEXTMATE = {
    "comment": "comment.line",
    "mark": "keyword.control.recipe",
    "recipe": "meta.embedded.block.yaml",
    "string": "string.quoted",
    "keyword": "keyword.",
    "name": ("entity.name", "variable.other", "constant.other.cloud"),
    "number": "constant.numeric",
    "unit": "keyword.other.unit",
    "comparison": "keyword.operator.comparison",
    "bracket": "punctuation.",
    "skipped": "invalid.",
}
VIM = {
    "comment": "radlComment",
    "mark": "radlRecipeMark",
    "recipe": ("yaml", "radlRecipe"),
    "string": ("radlString", "radlEscape", "radlRandom"),
    "keyword": ("radlSentence", "radlAnd", "radlWord"),
    "name": ("radlId", "radlDeployed", "radlName", "radlFeature"),
    "number": "radlNumber",
    "unit": "radlUnit",
    "comparison": "radlComparison",
    "bracket": "radlPunctuation",
    "skipped": "radlSkipped",
}


def textmate(documents):
    """Scopes of the characters of each document."""
    from textmate_grammar.parsers.base import LanguageParser

    logging.disable(logging.CRITICAL)
    with open(os.path.join(EDITORS, "vscode/syntaxes/radl.tmLanguage.json"), encoding="utf-8") as file:
        grammar = json.load(file)
    # The editor has a grammar of YAML of its own.
    LanguageParser(
        {"name": "YAML", "scopeName": "source.yaml", "patterns": [{"name": "string.unquoted.yaml", "match": r"\S+"}]}
    )
    parser = LanguageParser(grammar)
    for text in documents:
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        result = [[] for _ in text]
        for (line, column), content, scopes in parser.parse_string(text).flatten():
            begin = starts[line] + column
            for offset in range(begin, min(begin + len(content), len(result))):
                result[offset] = scopes
        yield result


VIM_SCRIPT = """
let documents = []
let number = 0
for places in json_decode(readfile('FOLDER/places.json')[0])
  silent execute 'edit! ' .. fnameescape('FOLDER/' .. number .. '.radl')
  let found = []
  for [l, c] in places
    call add(found, map(synstack(l, c), 'synIDattr(v:val, "name")'))
  endfor
  call add(documents, {'type': &filetype, 'found': found})
  let number += 1
endfor
call writefile([json_encode(documents)], 'FOLDER/out.json')
qall!
"""


def vim(documents):
    """Syntax groups of the characters that are looked at, from the outermost to the innermost."""
    with tempfile.TemporaryDirectory() as folder:
        offsets, places = [], []
        for number, text in enumerate(documents):
            with open(os.path.join(folder, f"{number}.radl"), "w", encoding="utf-8", newline="") as file:
                file.write(text)
            offsets.append(sorted({offset for _, begin, end in tokens(text) for offset in looked_at(text, begin, end)}))
            places.append([place(text, offset) for offset in offsets[-1]])
        with open(os.path.join(folder, "places.json"), "w", encoding="utf-8") as file:
            json.dump(places, file)
        script = os.path.join(folder, "dump.vim")
        with open(script, "w", encoding="utf-8") as file:
            file.write(VIM_SCRIPT.replace("FOLDER", folder))
        command = [
            "vim", "-N", "-n", "-u", "NONE", "-i", "NONE", "-es",
            "--cmd", f"set runtimepath^={os.path.join(EDITORS, 'vim')}", "--cmd", "set encoding=utf-8 redrawtime=60000",
            "-c", "filetype plugin on", "-c", "syntax on", "-S", script,
        ]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False)
        out = os.path.join(folder, "out.json")
        if not os.path.exists(out):
            sys.exit(f"vim did not end well ({done.returncode}): {done.stdout!r} {done.stderr!r}")
        with open(out, encoding="utf-8") as file:
            answers = json.load(file)
    for positions, answer in zip(offsets, answers, strict=True):
        if answer["type"] != "radl":
            sys.exit(f"vim takes a document for '{answer['type']}'")
        yield dict(zip(positions, answer["found"], strict=True))


def place(text, offset):
    """Line and column in bytes, from 1."""
    start = text.rfind("\n", 0, offset) + 1
    return [text.count("\n", 0, offset) + 1, len(text[start:offset].encode()) + 1]


def looked_at(text, begin, end):
    """First, last and some characters between, none of them blank."""
    step = max(1, (end - begin) // 16)
    return [offset for offset in {*range(begin, end, step), end - 1} if not text[offset].isspace()]


def problems(path, text, given, wanted):
    """Words of another colour than that of what they are."""
    count = 0
    for kind, begin, end in tokens(text):
        names = wanted[kind] if isinstance(wanted[kind], tuple) else (wanted[kind],)
        count += 1
        for offset in looked_at(text, begin, end):
            scopes = given[offset]
            # Within strings and recipes what is around counts, elsewhere the innermost one.
            seen = scopes if kind in ("recipe", "string", "comment") else scopes[-1:]
            if not any(scope.startswith(names) for scope in seen):
                line = text.count("\n", 0, offset) + 1
                yield f"{path}:{line}: {kind} '{text[begin:end][:40]}' is shown as {scopes[-1:] or 'nothing'}"
                break
    if count == 0 and text.strip():
        yield f"{path}: nothing was looked at"


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("textmate", "vim"):
        sys.exit(__doc__)
    engine, paths = sys.argv[1], sys.argv[2:]
    documents = []
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            documents.append(file.read().replace("\r\n", "\n"))
    colours = {"textmate": textmate, "vim": vim}[engine](documents)
    wanted = {"textmate": TEXTMATE, "vim": VIM}[engine]
    found, words = [], 0
    for path, text, given in zip(paths, documents, colours, strict=True):
        found += problems(path, text, given, wanted)
        words += sum(1 for _ in tokens(text))
    for problem in found[:40]:
        print(problem)
    print(f"{engine}: {len(paths)} documents, {words} words, {len(found)} of another colour than what they are")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
