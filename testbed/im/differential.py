#!/usr/bin/env python3
"""The same calls to a real Infrastructure Manager and to gantryd; how the answers differ.

    differential.py --gantryd PROGRAM --im-1.19.1 ENVIRONMENT --im-2.0.0 ENVIRONMENT [--show NAME] [--save FOLDER]

Ids, times, hosts and passwords are blanked. Differences have to stand in `Vectors/allowed.toml`, each with its reason;
what stands there and does not occur is a failure, too. Exit status 1: there are such.
"""

import argparse
import difflib
import http.client
import json
import os
import pickle
import re
import sys
import tempfile
import threading
import time
import xmlrpc.client

import allowances
import transcript
from servers import ADMIN, IM, Gantry, Types

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = "http://types.example/custom_types.yaml"
RECORDED_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-11f1-[0-9a-f]{4}-[0-9a-f]{12}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEADERS = ("infid", "allow", "location", "retry-after", "www-authenticate", "access-control-allow-origin",
           "access-control-allow-credentials", "access-control-allow-methods", "access-control-allow-headers",
           "access-control-max-age")
CLOUD = "id = dummy; type = Dummy; host = http://dummy.example:80"


# Who asks: as it was recorded, and somebody else.
USERS = {"recorded": "user", "more": "more"}


def login(user):
    return f"type = InfrastructureManager; username = {user}; password = pass\\n{CLOUD}"


# What may follow an answer: times in texts, numbers of machines at the cloud, passwords that are drawn.
BLANKS = [
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
    (re.compile(r"(new\.password(?:\\*\"?:? ?=? ?)[\\\"']+)[A-Za-z0-9]{8}"), r"\1PASSWORD"),
    (re.compile(r"-----BEGIN OPENSSH PRIVATE KEY-----.*?-----END OPENSSH PRIVATE KEY-----(\\*n|\n)", re.DOTALL), "KEY"),
    (re.compile(r"(instance_id(?: = '|\": \"))\d+"), r"\1NUMBER"),
    (re.compile(r"(launch_time(?: = |\": ))\d+"), r"\1NUMBER"),
    (re.compile(r"(\"s\": \"|default: )[A-Za-z0-9]{8}\b"), r"\1DRAWN"),
    # The stack of the server.
    (re.compile(r"(\n\t\t[^\n]*)+"), ""),
]


class Session:
    """Names and ids of one server, and what it answered."""

    def __init__(self, server):
        self.server = server
        self.ids = {}
        self.restless = set()

    def filled(self, text):
        for name, id in self.ids.items():
            text = text.replace(name, id)
        return text.replace(TYPES, self.server.types).replace("127.0.0.1:8800", f"127.0.0.1:{self.server.rest}")

    def blanked(self, text):
        for name, id in self.ids.items():
            text = text.replace(id, name)
        text = text.replace(self.server.types or TYPES, TYPES)
        return blank(text.replace(f"127.0.0.1:{self.server.rest}", "127.0.0.1:8800"))

    def settle(self, text=""):
        """Waits until nothing goes on in the infrastructures that a text names, in all where it names none.

        One that does not come to rest, as some do not at IM, is waited for once.
        """
        named = [id for name, id in self.ids.items() if name in text]
        for id in named or list(self.ids.values()):
            deadline = time.monotonic() + 15
            while id not in self.restless:
                status, _, state = self.ask("GET", f"/infrastructures/{id}/state", {
                    "Authorization": f"type = InfrastructureManager; username = {ADMIN['username']}; "
                    f"password = {ADMIN['password']}\\n{CLOUD}"})
                if status != 200 or not re.search(r'"(pending|running|deleting)"', state):
                    break
                if time.monotonic() > deadline:
                    self.restless.add(id)
                time.sleep(0.05)

    def ask(self, method, path, headers, body=""):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.rest, timeout=60)
        try:
            # Neither `Accept-Encoding` nor anything else of its own.
            connection.putrequest(method, path, skip_accept_encoding=True)
            for key, value in headers.items():
                connection.putheader(key, value)
            data = body.encode()
            if data or method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data or None)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text
        finally:
            connection.close()

    def play(self, exchanges, user):
        """Asks for all of them in order."""
        answers = {}
        for exchange in exchanges:
            headers = {key: self.filled(value.replace("AUTH1", login(user))) for key, value in exchange.headers.items()}
            if not exchange.name.endswith("just after async"):
                self.settle(exchange.path)
            status, fields, text = self.ask(
                exchange.method, self.filled(exchange.path), headers, self.filled(self.body(exchange, answers)))
            self.learn(exchange, status, text)
            if exchange.method == "DELETE" and "async" in exchange.path:
                # Not by asking: IM 2.0 keeps what is asked for while it goes.
                time.sleep(3)
            answers[exchange.name] = (status, fields, text)
        return {name: Answer(*answer, self) for name, answer in answers.items()}

    @staticmethod
    def body(exchange, answers):
        """What is imported is what was exported here."""
        if exchange.name.startswith("import") and exchange.body.startswith('{"id"'):
            export = max((name for name in answers if name.startswith("export data delete")), default="export data")
            if (data := answers.get(export) or answers.get("export data")) and data[0] == 200:
                return json.loads(data[2])["data"]
        return exchange.body

    def learn(self, exchange, status, text):
        """The id of what was made, under the name that it has in the transcript."""
        if exchange.method != "POST" or not exchange.path.split("?")[0].endswith("/infrastructures"):
            return
        named, made = (re.search(r"/infrastructures/([-\w]+)", answer) for answer in (exchange.answer, text))
        if named and made and status == 200:
            self.ids[named.group(1)] = made.group(1)


def blank(text):
    for pattern, replacement in BLANKS:
        text = pattern.sub(replacement, text)
    return UUID.sub("UUID", RECORDED_ID.sub(lambda found: f"ID-{found.group()[:8]}", text))


def same(mine, theirs, ordered):
    """Whether two texts are the same, without `ordered` also where their lines are in another order."""
    def words(text):
        return text if ordered else sorted(line.strip().rstrip(",") for line in text.split("\n"))

    return words(mine) == words(theirs)


class Answer:
    """An answer with everything blanked that differs from run to run."""

    def __init__(self, status, headers, text, session=None):
        clean = session.blanked if session else blank
        self.status = status
        kind, _, rest = headers.get("content-type", "").partition(";")
        self.type, self.charset = kind.strip(), rest.strip()
        self.headers = {key: clean(headers[key]) for key in HEADERS if key in headers}
        self.cut = bool(transcript.CUT.search(text))
        # What is cut is no JSON.
        text = clean(transcript.CUT.sub("", text) if self.cut else text)
        self.text = text if self.cut else self.canonical(text)

    @classmethod
    def canonical(cls, text):
        """JSON with sorted members, also the JSON in its texts; other texts as they are, without a last newline."""
        try:
            value = json.loads(text)
        except ValueError:
            return text.rstrip("\n")
        return json.dumps(cls.opened(value), sort_keys=True, indent=1) if isinstance(value, (dict, list)) else text

    @classmethod
    def opened(cls, value):
        if isinstance(value, dict):
            return {key: cls.opened(member) for key, member in value.items()}
        if isinstance(value, list):
            return [cls.opened(member) for member in value]
        if isinstance(value, str) and value.startswith("{"):
            try:
                return {"JSON": cls.opened(json.loads(value))}
            except ValueError:
                return value
        return value

    def differences(self, other, ordered=True):
        """Parts that differ; without `ordered`, lists may be in another order."""
        parts = set()
        if self.status != other.status:
            parts.add("status")
        if self.type != other.type and (self.text or other.text):
            parts.add("type")
        if self.charset != other.charset and self.type == other.type:
            parts.add("charset")
        if not (self.text.startswith(other.text) if other.cut else same(self.text, other.text, ordered)):
            parts.add("body")
        for name in HEADERS:
            if self.headers.get(name) != other.headers.get(name):
                parts.add(name)
        return parts

    def lines(self):
        kind = f"{self.type}; {self.charset}" if self.charset else self.type
        head = [f"{self.status} {kind}"] + [f"{key}: {value}" for key, value in self.headers.items()]
        return head + self.text.split("\n")


class RPCAnswer:
    def __init__(self, text):
        self.text = text
        self.status = 0

    def differences(self, other, ordered=True):
        return set() if same(self.text, other.text, ordered) else {"body"}

    def lines(self):
        return self.text.split("\n")


def play_calls(session, calls, user):
    """All calls by Python's own client, blanked."""
    auth = [{"type": "InfrastructureManager", "username": user, "password": "pass"},
            {"id": "dummy", "type": "Dummy", "host": "http://dummy.example:80"}]
    answers, exported = {}, ""

    def filled(value, name):
        if value == transcript.AUTH:
            return auth
        if isinstance(value, str):
            return exported if exported and value.startswith('{"id"') else session.filled(value)
        if isinstance(value, list):
            return [filled(element, name) for element in value]
        if isinstance(value, dict):
            return {key: filled(member, name) for key, member in value.items()}
        return value

    for call in calls:
        session.settle(json.dumps(call.parameters))
        parameters = [filled(value, call.name) for value in call.parameters]
        with xmlrpc.client.ServerProxy(
                f"http://127.0.0.1:{session.server.xmlrpc}/RPC2", allow_none=True) as proxy:
            try:
                result = getattr(proxy, call.method)(*parameters)
            except xmlrpc.client.Fault as fault:
                answers[call.name] = RPCAnswer(session.blanked(f"FAULT {fault.faultCode} {fault.faultString}"))
                continue
            except Exception as error:  # noqa: BLE001 what the client cannot read
                answers[call.name] = RPCAnswer(f"{type(error).__name__}: {error}")
                continue
        if call.made and result[0]:
            session.ids[call.made] = result[1]
        if call.method == "ExportInfrastructure" and result[0]:
            exported = result[1]
        text = json.dumps(Answer.opened(result), sort_keys=True, indent=1)
        answers[call.name] = RPCAnswer(session.blanked(text))
    return answers


def play(server, exchanges, calls):
    """All answers of a server, by interface and name."""
    answers = {}
    for name, list_of in exchanges.items():
        answers |= {f"{name}: {key}": answer for key, answer in Session(server).play(list_of, USERS[name]).items()}
    if calls and server.xmlrpc and server.name != "2.0.0":
        answers |= {f"xmlrpc: {key}": answer for key, answer in play_calls(Session(server), calls, "xuser").items()}
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gantryd", required=True)
    parser.add_argument("--im-1.19.1", dest="old", required=True)
    parser.add_argument("--im-2.0.0", dest="new", required=True)
    parser.add_argument("--show", help="print the answers to the calls whose name has this in it")
    parser.add_argument("--keep", help="a file in which the answers of IM are kept, and from which they are taken")
    parser.add_argument("--documentation", help="the page that has to tell every reason")
    arguments = parser.parse_args()
    if os.environ.get("GANTRY_ISOLATED") != "yes":
        # Only the loopback address is there, so that nobody talks to the addresses that a Dummy has.
        os.execvpe("unshare", [
            "unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', sys.executable,
            *sys.argv], os.environ | {"GANTRY_ISOLATED": "yes"})
    exchanges = {
        name: transcript.rest(os.path.join(HERE, f"Vectors/rest-{name}.md"))
        for name in USERS
    }
    calls = transcript.calls(os.path.join(HERE, "../../Tests/APIServerTests/Recorded/xmlrpc-1.19.txt"))
    calls += transcript.calls(os.path.join(HERE, "Vectors/xmlrpc-more.txt"))
    types = Types(os.path.join(HERE, "../../Sources/Core/TOSCA/Bundle/Corpus/GrycapTypes.swift"))
    with tempfile.TemporaryDirectory(prefix="im-differential-") as folder:
        servers = []
        try:
            answers, failures = {}, []
            if arguments.keep and os.path.exists(arguments.keep):
                with open(arguments.keep, "rb") as file:
                    answers = pickle.load(file)
            else:
                servers.append(IM("1.19.1", arguments.old, os.path.join(folder, "1.19.1"), types.url))
                servers.append(IM("2.0.0", arguments.new, os.path.join(folder, "2.0.0"), types.url))
            servers.append(Gantry(arguments.gantryd, os.path.join(folder, "gantryd")))

            def one(server):
                try:
                    server.ready()
                    answers[server.name] = play(server, exchanges, calls)
                except BaseException as error:  # noqa: BLE001 told below
                    failures.append(f"{server.name}: {type(error).__name__}: {error}\n{server.text()}")

            threads = [threading.Thread(target=one, args=[server]) for server in servers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for server in servers:
                server.end()
    if failures:
        sys.exit("\n".join(failures))
    ours = answers.pop("gantryd")
    if arguments.keep:
        with open(arguments.keep, "wb") as file:
            pickle.dump(answers, file)
    answers["recorded"] = {
        f"recorded: {exchange.name}": Answer(exchange.status, exchange.answer_headers, exchange.answer)
        for exchange in exchanges.get("recorded", [])
    }
    if arguments.show:
        for key, answer in ours.items():
            if arguments.show in key:
                show(key, answer, answers)
        return
    problems = allowances.check(
        os.path.join(HERE, "Vectors/allowed.toml"), ours, answers, arguments.documentation, describe)
    print(f"{len(ours)} calls; {len(problems)} problems")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


def show(key, ours, answers):
    for name in ("1.19.1", "2.0.0", "recorded"):
        if key in answers[name]:
            print(describe(key, name, ours, answers[name][key]))


def describe(key, server, ours, theirs):
    parts = ", ".join(sorted(ours.differences(theirs, server not in allowances.UNORDERED)))
    lines = list(difflib.unified_diff(theirs.lines(), ours.lines(), server, "gantryd", lineterm="", n=2))
    more = [f"… {len(lines) - 60} lines more"] if len(lines) > 60 else []
    return "\n".join([f"--- {key} ({server}): {parts or 'the same'}"] + lines[2:62] + more)


if __name__ == "__main__":
    main()
