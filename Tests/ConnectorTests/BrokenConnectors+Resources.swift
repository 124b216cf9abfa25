import ConnectorAPI
import Foundation

extension BrokenOne {
    // MARK: Lists

    static let lists: [BrokenOne] = [
        BrokenOne("looks at some of the tags only", "list.tags") { hooks in
            hooks.list = { request, _, next in
                var request = request
                request.tags["gantry-check"] = nil
                return try await next(request)
            }
        },
        BrokenOne("hides the token", "list.batch") { hooks in
            hooks.list = { request, _, next in
                request.tags[LaunchRequest.batchTag] == nil ? try await next(request) : Page(items: [])
            }
        },
        BrokenOne("loses the tags of items", "list.item-tags") { hooks in
            hooks.launch = { request, _, next in
                var request = request
                for index in request.items.indices { request.items[index].tags = [:] }
                return try await next(request)
            }
        },
        BrokenOne("lists everything twice", "list.paging") { hooks in
            hooks.list = { request, _, next in
                var page = try await next(request)
                if page.items.count > 5 { page.items += page.items }
                return page
            }
        },
        BrokenOne("finds everything where nothing matches", "list.unknown-tags") { hooks in
            hooks.list = { request, _, next in
                if request.tags.count == 1, request.tags["gantry-conformance"]?.utf8.count == 36 {
                    return Page(items: [Resource(kind: .volume, id: "somebody's")])
                }
                return try await next(request)
            }
        },
        BrokenOne("takes no notice of kinds", "list.kinds") { hooks in
            hooks.list = { request, _, next in
                var request = request
                if request.kinds?.contains(.image) == true { request.kinds = nil }
                return try await next(request)
            }
        },
    ]

    // MARK: Resources

    private static func withNew(_ tags: [String: String]) -> [String: String] {
        // The Dummy tells resources apart by their tags.
        tags.merging(["again": UUID().uuidString]) { $1 }
    }

    static let resources: [BrokenOne] = [
        BrokenOne("makes each group anew", "ensure.security-group", also: ["ensure.equal"]) { hooks in
            hooks.ensureSecurityGroup = { request, _, next in
                var request = request
                request.tags = withNew(request.tags)
                return try await next(request)
            }
        },
        BrokenOne("makes a group for other rules", "ensure.equal") { hooks in
            hooks.ensureSecurityGroup = { request, _, next in
                var request = request
                request.tags["rules"] = "\(request.spec.rules.count)"
                return try await next(request)
            }
        },
        BrokenOne("imports each key anew", "ensure.key-pair") { hooks in
            hooks.ensureKeyPair = { request, _, next in
                var request = request
                request.tags = withNew(request.tags)
                return try await next(request)
            }
        },
        BrokenOne("makes each network anew", "ensure.network") { hooks in
            hooks.ensureNetwork = { request, _, next in
                var request = request
                request.tags = withNew(request.tags)
                return try await next(request)
            }
        },
        BrokenOne("cannot delete a volume twice", "ensure.volume", also: ["call.announced"]) { hooks in
            hooks.delete = { request, memory, next in
                if request.kind == .volume, memory.count("delete \(request.id)") > 1 {
                    return .failed(ConnectorError(code: .internal, message: "there is no '\(request.id)'"))
                }
                return try await next(request)
            }
        },
        BrokenOne("never gives addresses back", "ensure.public-address") { hooks in
            hooks.delete = { request, _, next in
                request.kind == .publicAddress ? .done(Empty()) : try await next(request)
            }
        },
        BrokenOne("uploads an image twice", "image.upload") { hooks in
            hooks.uploadImage = { request, memory, next in
                var request = request
                request.sha256 += "\(memory.count("upload"))"
                return try await next(request)
            }
        },
    ]

    // MARK: Calls

    static let calls: [BrokenOne] = [
        BrokenOne("does what it does not announce", "call.unannounced") { hooks in
            hooks.description = { $0.capabilities[.quotas] = nil }
        },
        BrokenOne("announces what it cannot do", "call.announced", also: ["catalog.quotas"]) { hooks in
            hooks.quotas = { _, _, _ in
                throw ConnectorError(code: .unsupported, message: "quotas are not there yet")
            }
        },
        BrokenOne("has codes of its own", "call.error-codes", also: ["describe.unknown"]) { hooks in
            hooks.describe = { request, _, next in
                try await next(request).map { outcome in
                    guard case .failed(var error) = outcome else { return outcome }
                    error.code = .init(rawValue: "HTTP404")
                    return .failed(error)
                }
            }
        },
        BrokenOne("says nothing in errors", "call.error-codes") { hooks in
            hooks.describe = { request, _, next in
                try await next(request).map { outcome in
                    guard case .failed(var error) = outcome else { return outcome }
                    error.message = ""
                    return .failed(error)
                }
            }
        },
        BrokenOne("reads strictly", "call.unknown-fields") { hooks in
            hooks.raw = { request, _, next in
                guard request.1["futureField"] == nil else {
                    throw ConnectorError(code: .invalidArgument, message: "the member 'futureField' is not known")
                }
                return try await next(request)
            }
        },
        BrokenOne("takes any method", "call.unknown-method") { hooks in
            hooks.raw = { request, _, next in request.0 == "future.method" ? [:] : try await next(request) }
        },
        BrokenOne("fails at wrong parameters", "call.wrong-params") { hooks in
            hooks.raw = { request, _, next in
                guard request.1["ids"] != 7 else {
                    throw ConnectorError(code: .internal, message: "'int' object is not iterable")
                }
                return try await next(request)
            }
        },
        BrokenOne("mixes calls", "call.concurrent") { hooks in
            hooks.describe = { request, memory, next in
                guard request.ids.first?.hasPrefix("no-such-machine-") == true else { return try await next(request) }
                let outcomes = try await next(request)
                let before = memory.exchange(outcomes)
                return before.isEmpty ? outcomes : before
            }
        },
        BrokenOne("breaks at the eighth time", "call.repeat-ten") { hooks in
            hooks.describe = { request, memory, next in
                if request.ids == ["no-such-machine"], memory.count("\(request.session.rawValue)") == 8 {
                    throw ConnectorError(code: .internal, message: "too many open files")
                }
                return try await next(request)
            }
        },
        BrokenOne("has no eye on the time", "call.deadline") { hooks in
            hooks.list = { request, memory, next in
                if memory["deadline"] == nil, request.tags["gantry-check"] == "call.deadline" {
                    memory["deadline"] = "over"
                    try? await Task.sleep(for: .seconds(3))
                }
                return try await next(request)
            }
        },
        BrokenOne("hangs when it is cancelled", "call.cancel") { hooks in
            hooks.describe = { request, _, next in
                if Task.isCancelled { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
                return try await next(request)
            }
        },
        BrokenOne("reads small messages only", "call.large") { hooks in
            hooks.list = { request, _, next in
                if (request.tags["gantry-conformance"]?.utf8.count ?? 0) > 60_000 {
                    throw ConnectorError(code: .internal, message: "the buffer is too small")
                }
                return try await next(request)
            }
        },
        BrokenOne("never ends machines", "terminate.gone", also: allThatLaunch) { hooks in
            hooks.terminate = { request, _, _ in request.ids.map { _ in .done(Empty()) } }
        },
        BrokenOne("holds something of each machine", "lifecycle.ten") { hooks in
            hooks.launch = { request, memory, next in
                if memory.count("\(request.tags["gantry-check"] ?? "")") > 9,
                    request.tags["gantry-check"] == "lifecycle.ten"
                {
                    throw ConnectorError(code: .quotaExceeded, message: "there is no place for another machine")
                }
                return try await next(request)
            }
        },
        BrokenOne("loses its first machine", "lifecycle.once") { hooks in
            hooks.describe = { request, memory, next in
                let outcomes = try await next(request)
                guard memory["lost"] == nil || memory["lost"] == request.ids.first,
                    case .done(let machine)? = outcomes.first, machine.tags["gantry-check"] == "lifecycle.once"
                else { return outcomes }
                memory["lost"] = machine.id
                return [.failed(ConnectorError(code: .notFound, message: "there is no '\(machine.id)'"))]
            }
        },
    ]

    /// What is not removed fails whatever made it.
    private static let allThatLaunch: Set<String> = [
        "launch.outcomes", "launch.idempotent", "launch.idempotent-session", "launch.token-reuse", "launch.partial",
        "launch.prompt", "launch.concurrent", "launch.concurrent-token", "describe.unknown", "describe.running",
        "describe.repeat", "describe.batch", "terminate.idempotent", "machine.stop-start", "machine.reboot",
        "machine.resize", "machine.snapshot", "machine.console", "list.tags", "list.batch", "list.item-tags",
        "list.paging", "list.kinds", "process.restart", "process.killed-in-flight", "lifecycle.once", "lifecycle.ten",
    ]
}
