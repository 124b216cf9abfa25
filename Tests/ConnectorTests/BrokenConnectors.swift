import ConnectorAPI
import Foundation
import Testing

/// A connector that breaks one rule, and the check that catches it.
struct BrokenOne: Sendable, CustomTestStringConvertible {
    /// What is wrong with it.
    let fault: String
    /// The check that is named for it.
    let check: String
    /// Checks that fail as well, since they need what is broken.
    let also: Set<String>
    /// The switch.
    let change: @Sendable (inout Hooks) -> Void

    init(
        _ fault: String, _ check: String, also: Set<String> = [], _ change: @escaping @Sendable (inout Hooks) -> Void
    ) {
        self.fault = fault
        self.check = check
        self.also = also
        self.change = change
    }

    var testDescription: String { fault }

    static let all: [BrokenOne] = sessions + catalogs + launches + machines + lists + resources + calls

    // MARK: Sessions

    private static let sessions: [BrokenOne] = [
        BrokenOne("has a name for people", "description.valid") { $0.description = { $0.name = "Dummy Cloud" } },
        BrokenOne("takes any session", "session.unknown", also: ["session.closed"]) { hooks in
            hooks.list = { request, memory, next in
                do {
                    return try await next(request)
                } catch let error as ConnectorError where error.code == .unauthenticated {
                    return Page(items: [])
                }
            }
        },
        BrokenOne("takes any credentials", "session.bad-credentials") { hooks in
            hooks.open = { request, _, next in
                var request = request
                request.credentials = Credentials([:])
                return try await next(request)
            }
        },
        BrokenOne("names the account by the session", "session.reopen") { hooks in
            hooks.open = { request, _, next in
                var response = try await next(request)
                response.account = response.session.rawValue
                return response
            }
        },
        BrokenOne("refuses to close what is closed", "session.close-idempotent", also: ["call.repeat-ten"]) { hooks in
            hooks.close = { session, memory, next in
                guard memory["closed \(session.rawValue)"] == nil, session.rawValue != "no-such-session" else {
                    throw ConnectorError(code: .notFound, message: "there is no such session")
                }
                memory["closed \(session.rawValue)"] = "yes"
                try await next(session)
            }
        },
        BrokenOne("never closes", "session.closed") { $0.close = { _, _, _ in } },
        BrokenOne("has no account", "session.account") { hooks in
            hooks.open = { request, _, next in
                var response = try await next(request)
                response.account = ""
                return response
            }
        },
        BrokenOne("closes all sessions with one", "session.many", also: ["session.reopen"]) { hooks in
            hooks.open = { request, memory, next in
                let response = try await next(request)
                memory["epoch \(response.session.rawValue)"] = memory["epoch"] ?? "0"
                return response
            }
            hooks.close = { session, memory, next in
                if memory["epoch \(session.rawValue)"] != nil { memory["epoch"] = "\(memory.count("closed"))" }
                try await next(session)
            }
            hooks.list = { request, memory, next in
                guard memory["epoch \(request.session.rawValue)"] == memory["epoch"] ?? "0" else {
                    throw ConnectorError(code: .unauthenticated, message: "the session is closed")
                }
                return try await next(request)
            }
        },
        BrokenOne("says the password in an error", "secret.sentinel") { hooks in
            hooks.open = { request, memory, next in
                memory["password"] = request.credentials["password"]
                return try await next(request)
            }
            hooks.describe = { request, memory, next in
                try await next(request).map { outcome in
                    guard case .failed(var error) = outcome else { return outcome }
                    error.message += " with password \(memory["password"] ?? "")"
                    return .failed(error)
                }
            }
        },
    ]

    // MARK: Catalogs

    private static let catalogs: [BrokenOne] = [
        BrokenOne("counts memory in megabytes", "catalog.flavors", also: ["plan.candidates"]) { hooks in
            hooks.flavors = { request, _, next in
                var page = try await next(request)
                for index in page.items.indices { page.items[index].memoryBytes >>= 20 }
                return page
            }
            hooks.plan = { request, _, next in
                try await next(request).map { candidate in
                    var candidate = candidate
                    candidate.flavor.memoryBytes >>= 20
                    return candidate
                }
            }
        },
        BrokenOne("finds no image by its id", "catalog.images") { hooks in
            hooks.images = { request, _, next in
                request.ids == nil ? try await next(request) : Page(items: [])
            }
        },
        BrokenOne("has prices in dollars", "catalog.prices") { hooks in
            hooks.flavors = { request, _, next in
                var page = try await next(request)
                for index in page.items.indices { page.items[index].pricePerHour?.currency = "dollars" }
                return page
            }
        },
        BrokenOne("lists a network twice", "catalog.networks") { hooks in
            hooks.networks = { _, _, _ in
                let network = Network(id: "n", name: "n", public: true)
                return Page(items: [network, network])
            }
        },
        BrokenOne("has a quota below none", "catalog.quotas") { hooks in
            hooks.quotas = { _, _, _ in Page(items: [Quota(name: "cores", used: 1, limit: -2)]) }
        },
        BrokenOne("plans what is too small", "plan.candidates") { hooks in
            hooks.plan = { request, _, next in
                var request = request
                (request.cpuCountMin, request.memoryBytesMin) = (1, 1 << 20)
                return try await next(request)
            }
        },
    ]

    // MARK: Launches

    private static let launches: [BrokenOne] = [
        BrokenOne("answers in the wrong order", "launch.outcomes", also: ["launch.partial", "list.item-tags"]) {
            hooks in
            hooks.launch = { request, _, next in try await next(request).reversed() }
        },
        BrokenOne(
            "takes no notice of tokens", "launch.idempotent",
            also: [
                "launch.idempotent-session", "launch.token-reuse", "launch.concurrent-token", "launch.outcomes",
                "list.batch", "process.restart", "process.killed-in-flight",
            ]
        ) { hooks in
            hooks.launch = { request, _, next in
                var request = request
                request.batchToken = UUID().uuidString
                return try await next(request)
            }
        },
        BrokenOne(
            "keeps tokens in the session", "launch.idempotent-session",
            also: ["launch.outcomes", "list.batch"]
        ) { hooks in
            hooks.launch = { request, _, next in
                var request = request
                request.batchToken = String("\(request.session.rawValue)-\(request.batchToken)".suffix(60))
                request.batchToken += "\(request.session.rawValue.hashValue & 15)"
                return try await next(request)
            }
        },
        BrokenOne("takes a token for other items", "launch.token-reuse") { hooks in
            hooks.launch = { request, memory, next in
                do {
                    let outcomes = try await next(request)
                    _ = memory.exchange(outcomes)
                    return outcomes
                } catch let error as ConnectorError where error.code == .alreadyExists {
                    return memory.exchange([])
                }
            }
        },
        BrokenOne("launches the impossible", "launch.impossible", also: ["launch.partial", "launch.token-reuse"]) {
            hooks in
            hooks.launch = { request, _, next in
                var request = request
                for index in request.items.indices { request.items[index].flavor = "" }
                return try await next(request)
            }
        },
        BrokenOne("fails all with one impossible item", "launch.partial") { hooks in
            hooks.launch = { request, _, next in
                if request.items.count > 1, request.items.contains(where: { $0.flavor == "no-such-flavor" }) {
                    throw ConnectorError(code: .invalidArgument, message: "there is no flavor 'no-such-flavor'")
                }
                return try await next(request)
            }
        },
        BrokenOne("waits for its machines", "launch.prompt") { hooks in
            hooks.launch = { request, _, next in
                if request.items.count == 2 { try await Task.sleep(for: .milliseconds(1100)) }
                return try await next(request)
            }
        },
        BrokenOne(
            "answers with the launch before", "launch.concurrent",
            also: [
                "launch.idempotent", "launch.idempotent-session", "launch.concurrent-token", "terminate.gone",
                "launch.impossible",
                "list.tags",
                "list.batch", "list.paging", "list.kinds", "process.killed-in-flight", "lifecycle.once",
                "lifecycle.ten", "describe.unknown", "describe.running", "describe.repeat", "describe.batch",
                "machine.stop-start", "machine.reboot", "machine.resize", "machine.snapshot", "machine.console",
                "list.item-tags", "launch.outcomes", "process.restart", "terminate.idempotent", "launch.partial",
            ]
        ) { hooks in
            hooks.launch = { request, memory, next in
                let outcomes = try await next(request)
                let before = memory.exchange(outcomes)
                return before.count == outcomes.count ? before : outcomes
            }
        },
        BrokenOne("forgets tokens when it ends", "process.restart", also: ["process.killed-in-flight"]) {
            $0.forgets = true
        },
    ]

    // MARK: Machines

    private static let machines: [BrokenOne] = [
        BrokenOne("knows every machine", "describe.unknown") { hooks in
            hooks.describe = { request, _, next in
                let outcomes = try await next(request)
                return zip(request.ids, outcomes).map { id, outcome in
                    if case .failed = outcome { .done(Machine(id: id, state: .terminated)) } else { outcome }
                }
            }
        },
        BrokenOne(
            "has machines that never run", "describe.running",
            also: [
                "machine.stop-start", "machine.reboot", "machine.resize", "machine.snapshot", "machine.console",
                "lifecycle.once", "lifecycle.ten",
            ]
        ) { hooks in
            hooks.describe = { request, _, next in
                try await next(request).map { outcome in
                    guard case .done(var machine) = outcome, machine.state == .running else { return outcome }
                    machine.state = .pending
                    return .done(machine)
                }
            }
        },
        BrokenOne(
            "says a state that there is not", "describe.running",
            // All that describe a machine that runs: at once, where they would wait for it.
            also: [
                "describe.unknown", "describe.batch", "describe.repeat", "machine.stop-start", "machine.reboot",
                "machine.resize", "machine.snapshot", "machine.console", "process.restart", "lifecycle.once",
                "lifecycle.ten",
            ]
        ) { hooks in
            hooks.describe = { request, _, next in
                try await next(request).map { outcome in
                    guard case .done(let machine) = outcome, machine.state == .running else { return outcome }
                    let text = String(decoding: try JSONEncoder().encode(machine), as: UTF8.self)
                        .replacingOccurrences(of: #""state":"running""#, with: #""state":"flying""#)
                    return .done(try JSONDecoder().decode(Machine.self, from: Data(text.utf8)))
                }
            }
        },
        BrokenOne("forgets whose a machine is", "describe.repeat") { hooks in
            hooks.describe = { request, memory, next in
                let isSecond = memory.count("describe \(request.ids)") > 1
                return try await next(request).map { outcome in
                    guard isSecond, case .done(var machine) = outcome else { return outcome }
                    machine.machineID = nil
                    return .done(machine)
                }
            }
        },
        BrokenOne("takes no ids for all", "describe.batch") { hooks in
            hooks.describe = { request, _, next in
                guard request.ids.isEmpty else { return try await next(request) }
                return [.done(Machine(id: "somebody's", state: .running))]
            }
        },
        BrokenOne("refuses to end what is unknown", "terminate.idempotent", also: ["call.repeat-ten"]) { hooks in
            hooks.terminate = { request, _, next in
                let outcomes = try await next(request)
                return zip(request.ids, outcomes).map { id, outcome in
                    id == "no-such-machine"
                        ? .failed(ConnectorError(code: .notFound, message: "there is no '\(id)'")) : outcome
                }
            }
        },
        BrokenOne("refuses to stop what is stopped", "machine.stop-start") { hooks in
            hooks.stop = { request, memory, next in
                guard request.ids == ["no-such-machine"] || memory.count("stop \(request.ids)") == 1 else {
                    throw ConnectorError(code: .invalidArgument, message: "the machine is stopped")
                }
                return try await next(request)
            }
        },
        BrokenOne("starts the unknown", "machine.unknown") { hooks in
            hooks.start = { request, _, next in
                request.ids == ["no-such-machine"]
                    ? [.failed(ConnectorError(code: .internal, message: "the provider says 404"))]
                    : try await next(request)
            }
        },
        BrokenOne("stops for a reboot", "machine.reboot") { hooks in
            hooks.reboot = { request, memory, next in
                let outcomes = try await next(request)
                memory["stopped"] = request.ids.first
                return outcomes
            }
            hooks.describe = { request, memory, next in
                try await next(request).map { outcome in
                    guard case .done(var machine) = outcome, machine.id == memory["stopped"] else { return outcome }
                    machine.state = .stopped
                    return .done(machine)
                }
            }
        },
        BrokenOne("changes no flavor", "machine.resize") { hooks in
            hooks.resize = { request, _, next in
                guard case .done(var machine) = try await next(request) else { return try await next(request) }
                machine.flavor = "dummy.small"
                return .done(machine)
            }
        },
        BrokenOne("makes two snapshots of one name", "machine.snapshot") { hooks in
            hooks.snapshot = { request, memory, next in
                var request = request
                request.name += "-\(memory.count("snapshot"))"
                return try await next(request)
            }
        },
        BrokenOne("has a console nowhere", "machine.console") { $0.console = { _, _, _ in BulkLocation() } },
        BrokenOne("can use a state only once", "continue.repeatable") { hooks in
            hooks.resume = { request, memory, next in
                guard memory.count(request.state) == 1 else {
                    throw ConnectorError(code: .invalidArgument, message: "the state was used", field: "state")
                }
                return try await next(request)
            }
        },
    ]
}
