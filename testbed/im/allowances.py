"""The differences that are allowed, and whether they are what they are said to be."""

import fnmatch
import re
import tomllib

# Lists of these have no order.
UNORDERED = {"1.19.1"}

def check(path, ours, answers, documentation, describe):
    """Problems: differences that nobody allows, allowances without a difference, reasons that are told nowhere.

    An entry of the file names servers, calls (`*` stands for anything where no call has that very name), the parts of the
    answer that differ (`status`, `type`, `body`, a header), and may have a pattern that our status and body have to match.
    Every call that it names has to differ, in all of these parts at each of these servers. Entries of `everywhere` are for
    a part of all answers of a server. What was recorded differs as the server from which it was recorded does, where no
    entry is for `recorded`.
    """
    with open(path, "rb") as file:
        table = tomllib.load(file)
    problems = []
    everywhere = {(server, part): 0 for entry in table["everywhere"] for server in entry["servers"]
                  for part in entry["parts"]}
    allowed = {}
    for entry in table["allowed"]:
        for server in entry["servers"]:
            for pattern in entry["calls"]:
                found = [pattern] if pattern in answers[server] else fnmatch.filter(answers[server], pattern)
                if not found:
                    problems.append(f"no call is named {pattern!r} ({server})")
                for call in found:
                    if (server, call) in allowed:
                        problems.append(f"{call} ({server}) is allowed twice")
                    allowed[server, call] = entry
    unused = set(allowed)
    for server, theirs in answers.items():
        for call, answer in theirs.items():
            mine = ours[call]
            parts = mine.differences(answer, server not in UNORDERED)
            for part in [part for part in parts if (server, part) in everywhere]:
                everywhere[server, part] += 1
                parts.discard(part)
            if not parts:
                continue
            entry = allowed.get((server, call))
            is_other = entry is None and server == "recorded"
            if is_other:
                entry = allowed.get(("2.0.0", call))
            if entry is None:
                problems.append(describe(call, server, mine, answer))
                continue
            unused.discard((server, call))
            if not is_other and parts != set(entry["parts"]):
                problems.append(f"allowed are {sorted(entry['parts'])}: " + describe(call, server, mine, answer))
            pattern = entry.get("ours")
            if pattern and not re.fullmatch(pattern, f"{mine.status} {mine.text}", re.DOTALL):
                problems.append(f"ours does not match {pattern!r}: " + describe(call, server, mine, answer))
    problems += [f"allowed, and does not occur: {call} ({server})" for server, call in sorted(unused)]
    problems += [f"allowed everywhere, and does not occur: {part} ({server})"
                 for (server, part), count in everywhere.items() if not count]
    if documentation:
        with open(documentation, encoding="utf-8") as file:
            page = " ".join(file.read().split())
        reasons = sorted({entry["reason"] for entry in table["everywhere"] + table["allowed"]})
        problems += [f"{documentation} does not tell: {reason}" for reason in reasons if reason not in page]
    return problems
