/// A sentence of docs/connector-authors.md that says what a connector must or should do. The page is authoritative; a test
/// keeps this list equal to it.
public struct ContractRule: Sendable, Hashable, Identifiable {
    /// Its number on the page, such as `L1`.
    public var id: String
    /// The sentence, in Markdown.
    public var text: String
    /// Why no check shows whether it is kept; nil: one does.
    public var unchecked: String?

    /// Where the page says so.
    public var link: String { "docs/connector-authors.md#\(id.lowercased())" }

    init(_ id: String, _ text: String, unchecked: String? = nil) {
        self.id = id
        self.text = text
        self.unchecked = unchecked
    }

    /// The rule of a number.
    public static func rule(_ id: String) -> ContractRule? { byID[id] }

    private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    /// All, in the order of the page.
    public static let all: [ContractRule] = [
        ContractRule(
            "G1",
            "A connector MUST neither poll nor sleep: `machine.launch` answers at once with the state "
                + "`pending`, and the host asks again with `machine.describe`. What needs several steps at the "
                + "provider answers `inProgress` with an opaque state, and the host calls `continue` with it."),
        ContractRule(
            "G2",
            "Nothing that a restart would lose may decide an answer: identity MUST live at the provider, in "
                + "tags or names."),
        ContractRule(
            "G3",
            "Every call can come twice, after a crash of the host, after a lost answer, from a retry: the "
                + "second one MUST find what the first one did."),
        ContractRule(
            "G4",
            "Calls run at the same time, up to `requirements.maxConcurrentCalls`: answers may come in any "
                + "order, and one call MUST NOT change the answer of another."),
        ContractRule(
            "G5",
            "`deadlineMs` in the parameters is the time from receipt: when it is over, the call MUST be "
                + "answered, with `timeout` or its result."),
        ContractRule(
            "G6",
            "A call that `$/cancel` names MUST still be answered, with `cancelled` or its result."),
        ContractRule(
            "G7",
            "Unknown members of requests MUST be ignored."),
        ContractRule(
            "G8",
            "What was not announced MUST be answered with `unsupported` (or as an unknown method), and what "
                + "was announced MUST NOT."),
        ContractRule(
            "G9",
            "A call that names many items MUST be answered with one outcome per item, in their order; no "
                + "items, no outcomes."),
        ContractRule(
            "X1",
            "Credentials MUST NOT be in answers, errors, progress or standard error."),
        ContractRule(
            "X2",
            "Credentials MUST NOT be in the arguments of processes that the connector starts: everybody can "
                + "read them. Hand them over on standard input."),
        ContractRule(
            "X3",
            "Credentials MUST NOT be written to files.",
            unchecked: "The kit does not know where a connector may write; the sentinel of `secret.sentinel` and "
                + "`secret.arguments` finds the ways that leak most."),
        ContractRule(
            "P1",
            "`describe` MUST print the description as one JSON object, the same that `initialize` answers, "
                + "with status 0, without network and credentials."),
        ContractRule(
            "P2",
            "`serve` MUST end with status 0 when its standard input ends or `exit` comes."),
        ContractRule(
            "P3",
            "Started without `CONNECTOR_COOKIE` in its environment, `serve` SHOULD say on standard error that "
                + "the server starts it, and end with status 64."),
        ContractRule(
            "P4",
            "Standard output MUST hold messages alone: duplicate it first and point descriptor 1 at standard "
                + "error, so that a stray `print` cannot break it."),
        ContractRule(
            "P5",
            "A process that ends, however it ends, MUST leave no process behind that works on.",
            unchecked:
                "The host ends the whole process group when a connector ends. A child that made a session of its own is "
                + "out of its reach, and is yours to end."),
        ContractRule(
            "W1",
            "Of the versions that `initialize` offers the connector MUST take the highest that it speaks; with "
                + "none in common it MUST answer the error `unsupported`. New features are new capabilities, never a "
                + "new version."),
        ContractRule(
            "W2",
            "Every call MUST be answered exactly once, with its `id` as it was sent."),
        ContractRule(
            "W3",
            "`ping` and `shutdown` MUST be answered with `{}`."),
        ContractRule(
            "W4",
            "An unknown method MUST be the JSON-RPC error -32601, and wrong parameters -32602 or "
                + "`invalidArgument`; neither ends the process."),
        ContractRule(
            "W5",
            "Messages MUST be read as they come: in pieces, or several at once."),
        ContractRule(
            "W6",
            "Messages SHOULD be read as JSON: members in any order, blanks, escapes."),
        ContractRule(
            "W7",
            "Messages of up to 16 MiB MUST be read; the provider may refuse what is in them."),
        ContractRule(
            "W8",
            "A line that is no JSON SHOULD be answered with the error -32700, `id` null, and the next one "
                + "read."),
        ContractRule(
            "D1",
            "The description MUST hold `protocolVersion`, `connector.name` (`[a-z0-9-]+`, that of the "
                + "executable), `connector.version`, and at least one of `providerTypes`; capabilities have versions "
                + "from 1, schemas are JSON objects, and all of it stays the same while the process runs."),
        ContractRule(
            "S1",
            "Every other call names a session that is open, else it MUST be answered with `unauthenticated`."),
        ContractRule(
            "S2",
            "Wrong credentials MUST be answered with `unauthenticated`, by `session.open`, which makes cheap "
                + "checks only, or by the first call."),
        ContractRule(
            "S3",
            "`account` MUST be no secret and the same for all keys of an account: new keys under it serve what "
                + "runs already."),
        ContractRule(
            "S4",
            "The same credentials MUST open any number of sessions, each usable until it is closed."),
        ContractRule(
            "S5",
            "`session.close` MUST succeed, also for unknown sessions."),
        ContractRule(
            "S6",
            "A closed session SHOULD be unknown from then on."),
        ContractRule(
            "L1",
            "The same token and items MUST give the same machines: after a lost answer, in another session, at "
                + "the same time, after a restart of connector or host."),
        ContractRule(
            "L2",
            "The same token with other items MUST be `alreadyExists`."),
        ContractRule(
            "L3",
            "With the same token, items that failed MUST be tried again.",
            unchecked:
                "The kit cannot make a provider fail and then succeed; the Dummy does so in the tests of the host."),
        ContractRule(
            "L4",
            "Machines MUST carry `tags` and the token under the tag `gantry:batch`; where a cloud cannot tag "
                + "each machine, token and index are the identity."),
        ContractRule(
            "L5",
            "Machines SHOULD carry the tags of their item, too."),
        ContractRule(
            "L6",
            "An impossible item MUST fail with `invalidArgument` (or `notFound`), and alone."),
        ContractRule(
            "L7",
            "A launched machine MUST come back with its own `id`, the host's `machineID`, and the state "
                + "`pending` or `running`."),
        ContractRule(
            "L8",
            "A launch SHOULD be answered within 30 s."),
        ContractRule(
            "M1",
            "An unknown id MUST be `notFound` for that item alone."),
        ContractRule(
            "M2",
            "A machine MUST become `running` with an address, or `failed` with the reason; describing it "
                + "changes nothing."),
        ContractRule(
            "M3",
            "Few requests to the provider SHOULD serve many ids.",
            unchecked: "Requests to the provider are not seen by the kit; each connector counts them in its own tests."),
        ContractRule(
            "M4",
            "`machine.terminate` MUST be done also for machines that are already gone or were never known."),
        ContractRule(
            "M5",
            "An ended machine MUST be reported `terminated` or `notFound`, and what belongs to it alone MUST "
                + "go with it."),
        ContractRule(
            "R1",
            "`resource.list` MUST give everything that carries all of the tags, and nothing else; a machine "
                + "comes with its launch identity in `machine`."),
        ContractRule(
            "R2",
            "`kinds` MUST be kept to; machines SHOULD come first."),
        ContractRule(
            "R3",
            "Pages MUST end and hold nothing twice: `next` is given back for the following page and absent on "
                + "the last one."),
        ContractRule(
            "O1",
            "`continue` with the same state MUST be repeatable."),
        ContractRule(
            "O2",
            "A catalog MUST give each thing once, with its id and sizes in bytes; asked for `ids`, it MUST "
                + "contain those that exist."),
        ContractRule(
            "O3",
            "`machine.plan` MUST have no side effect and give candidates within what was asked for."),
        ContractRule(
            "O4",
            "`machine.start` and `machine.stop`, `reboot`, `resize` and `snapshot` MUST work towards their "
                + "target: success when it is reached already, `notFound` for an unknown machine."),
        ContractRule(
            "O5",
            "`ensure` MUST find by `tags` or create with them, and make what it found equal to `spec`."),
        ContractRule(
            "O6",
            "`resource.delete` MUST be done also when the thing is already gone."),
        ContractRule(
            "O7",
            "`machine.console` MUST give a `path` or a `url`."),
        ContractRule(
            "O8",
            "`image.upload` MUST be done once for one digest."),
        ContractRule(
            "O9",
            "Prices, where `price` is announced, SHOULD stand in the catalog with their currency (ISO 4217)."),
        ContractRule(
            "E1",
            "An error MUST have a code of this table (or `cancelled`) and a message: what failed, on which "
                + "object, and what to do next."),
        ContractRule(
            "E2",
            "A code that says that nothing was made MUST be true: the host then goes on to the next candidate. "
                + "In doubt answer `timeout` or `internal`.",
            unchecked: "Needs a provider that answers and does not do it, or the other way round; each connector has "
                + "tests of it with recorded answers."),
    ]
}
