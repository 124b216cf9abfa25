"""Exchanges of HTTP and XML-RPC in the notation in which they were recorded, read from text."""

import json
import re
from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One request and, where it was recorded, its answer."""

    name: str
    method: str = ""
    path: str = ""
    headers: dict = field(default_factory=dict)
    body: str = ""
    status: int | None = None
    answer_headers: dict = field(default_factory=dict)
    answer: str = ""


SAME = "(same body as the previous request)"
CUT = re.compile(r" ?…\[\d+ more characters\]\Z")


def rest(path):
    """Exchanges of a file: a name between `**`, then the request in lines with `>` and the answer in lines with `<`.

    A body equal to the one before is said so. Names that come twice get a number.
    """
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    exchanges, names, before, current, part = [], {}, "", None, ""
    for line in lines:
        if match := re.fullmatch(r"\*\*(.+)\*\*", line):
            name = match.group(1)
            names[name] = names.get(name, 0) + 1
            current = Exchange(name if names[name] == 1 else f"{name} #{names[name]}")
            exchanges.append(current)
            part = "request"
        elif current and line.startswith((">", "<")):
            text = line[2:]
            if line[0] == ">" and part == "request":
                current.method, current.path = text.split(" ")[:2]
                part = "headers"
            elif line[0] == "<" and current.status is None:
                current.status = int(text.split(" ")[1])
                part = "answer headers"
            elif part in ("headers", "answer headers") and not text:
                part = "body" if part == "headers" else "answer"
            elif part in ("headers", "answer headers"):
                key, _, value = text.partition(": ")
                (current.headers if part == "headers" else current.answer_headers)[key.lower()] = value
            elif part == "body":
                current.body += text + "\n"
            else:
                current.answer += text + "\n"
    for exchange in exchanges:
        exchange.body = exchange.body.removesuffix("\n")
        exchange.answer = exchange.answer.removesuffix("\n")
        if exchange.body == SAME:
            exchange.body = before
        before = exchange.body or before
    return exchanges


@dataclass
class Call:
    """One call of XML-RPC."""

    name: str
    method: str
    parameters: list
    # The id of the infrastructure that it made.
    made: str = ""


AUTH = "AUTH"


def calls(path):
    """Calls of a file: `# name`, `> Method(parameters)` with a type before each value.

    Of answers (`<`) only the id of what was created is read.
    """
    found, names, name = [], {}, ""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("# "):
                name = line[2:].strip()
            elif line.startswith("> "):
                method, _, rest_of = line[2:].strip().partition("(")
                parameters, _ = _values(rest_of, ")")
                names[name] = names.get(name, 0) + 1
                found.append(Call(name if names[name] == 1 else f"{name} #{names[name]}", method, parameters))
            elif match := re.match(r'< array\[boolean 1, string "([-\w]+)"\]', line):
                if found[-1].method == "CreateInfrastructure":
                    found[-1].made = match.group(1)
    return found


def _values(text, end):
    values = []
    while not text.startswith(end):
        value, text = _value(text)
        values.append(value)
        text = text.removeprefix(", ")
    return values, text.removeprefix(end)


def _value(text):
    if text.startswith(AUTH):
        return AUTH, text[len(AUTH):]
    if text.startswith("nil"):
        return None, text[3:]
    if text.startswith("array["):
        return _values(text[6:], "]")
    if text.startswith("struct{"):
        text, members = text[7:], {}
        while not text.startswith("}"):
            name, _, text = text.partition(": ")
            members[name], text = _value(text)
            text = text.removeprefix(", ")
        return members, text[1:]
    kind, _, text = text.partition(" ")
    if kind == "string":
        value, length = json.JSONDecoder().raw_decode(text)
        return value, text[length:]
    digits = re.match(r"-?\d+", text).group()
    return (digits == "1" if kind == "boolean" else int(digits)), text[len(digits):]
