#!/usr/bin/env python3
"""Talks to `gantry radl lsp` as an editor does: session.py PROGRAM"""

import json
import subprocess
import sys
import tempfile

TEXT = """# 😀
include parts (template = 'net')
system web (net_interface.0.connection = 'n' and cpu.count>=1)
configure web (
@begin
- tasks:
    - nosuch: x
@end
)
deploy wbe 1
"""


class Session:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "radl", "lsp", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.told = []
        self.number = 0

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        length = None
        while (line := self.process.stdout.readline()).strip():
            name, value = line.split(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length is not None, "the server ended"
        return json.loads(self.process.stdout.read(length))

    def notify(self, method, **parameters):
        self.send({"method": method, "params": parameters})

    def ask(self, method, **parameters):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": parameters})
        while "id" not in (message := self.receive()):
            self.told.append(message)
        assert message["id"] == self.number, message
        return message["result"] if "result" in message else message["error"]

    def diagnostics(self):
        while (message := self.receive())["method"] != "textDocument/publishDiagnostics":
            pass
        return message["params"]["diagnostics"]


def whole_session(program, folder):
    with open(f"{folder}/net.radl", "w", encoding="utf-8") as file:
        file.write("network n (outbound = 'yes')\n")
    session = Session(program)
    server = session.ask("initialize", processId=None, rootUri=None, capabilities={})
    assert server["capabilities"]["hoverProvider"] and server["serverInfo"]["version"], server
    session.notify("initialized")
    document = {"uri": f"file://{folder}/cluster.radl"}
    session.notify("textDocument/didOpen", textDocument={**document, "languageId": "radl", "version": 1, "text": TEXT})
    found = {item["range"]["start"]["line"]: item["message"] for item in session.diagnostics()}
    # The network is included; the recipe's module and the system's name are wrong.
    assert set(found) == {6, 9}, found
    hover = session.ask("textDocument/hover", textDocument=document, position={"line": 2, "character": 52})
    assert "processors" in hover["contents"]["value"], hover
    choices = session.ask("textDocument/completion", textDocument=document, position={"line": 9, "character": 9})
    assert "web" in [item["label"] for item in choices["items"]], choices
    change = {"range": {"start": {"line": 9, "character": 7}, "end": {"line": 9, "character": 10}}, "text": "web"}
    session.notify("textDocument/didChange", textDocument={**document, "version": 2}, contentChanges=[change])
    assert [item["range"]["start"]["line"] for item in session.diagnostics()] == [6]
    edits = session.ask("textDocument/formatting", textDocument=document, options={"tabSize": 4, "insertSpaces": True})
    assert len(edits) == 1 and edits[0]["range"]["start"]["line"] == 2 and " >= 1" in edits[0]["newText"], edits
    assert session.ask("textDocument/nosuch", textDocument=document)["code"] == -32601
    assert session.ask("shutdown") is None
    session.notify("exit")
    assert session.process.wait(20) == 0


def early_ends(program):
    """An editor that dies, and one that does not say goodbye."""
    session = Session(program)
    session.process.stdin.close()
    assert session.process.wait(20) == 0
    session = Session(program)
    session.notify("exit")
    assert session.process.wait(20) == 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        whole_session(sys.argv[1], scratch)
    early_ends(sys.argv[1])
    print("session: the language server answers, and ends as it should")
