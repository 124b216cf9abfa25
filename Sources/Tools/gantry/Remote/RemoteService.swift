import Authorization
import Foundation
import HTTPTransport
import InfrastructureModel
import Operations
import Orchestration
import Support
import TOSCA

/// A server whose infrastructures commands are about. What every server has in common that speaks IM's REST interface.
protocol RemoteService: InfrastructureService {
    var server: RemoteServer { get }
    /// What a command that goes on at the same server repeats of its options.
    var words: [String] { get }
}

/// Finds out what answers at a URL.
struct RemoteConnection: Sendable {
    let server: RemoteServer
    let words: [String]
    let memory: ServerMemory

    /// - Parameters:
    ///   - items: Of the authorization file.
    ///   - stateFolder: Where is remembered what a server cannot keep.
    ///   - words: Options that name the server, as the user wrote them.
    init(
        _ options: RemoteServer.Options, items: [AuthorizationItem], stateFolder: String, words: [String]
    ) throws {
        guard let login = items.first(where: \.isLogin) else {
            throw UsageError(
                "\(options.url) wants to know who asks: write a line 'type = InfrastructureManager; username = NAME; "
                    + "password = PASSWORD' into the authorization file (-a FILE, GANTRY_AUTH_FILE, "
                    + "~/.config/gantry/auth)")
        }
        let user = login["username"].map { "user '\($0)'" } ?? "the token's user"
        server = try RemoteServer(options, authorization: AuthorizationHeader.value(items), user: user)
        self.words = words
        memory = ServerMemory(
            folder: stateFolder, server: server.name, user: login["username"] ?? "token")
    }

    private struct Version: Decodable { var version: String }

    func connected() async throws -> any InfrastructureService {
        var call = RemoteServer.Call(.get, ["version"], limit: .seconds(30))
        call.isPatient = false
        call.isOpen = true
        let answer = try await server.exchange(call)
        if (300..<400).contains(answer.status) || answer.status >= 500 { throw server.refusal(answer, call) }
        let version =
            (try? JSONDecoder().decode(Version.self, from: Data(answer.body)))?.version
            ?? answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let isVersion =
            !version.isEmpty && version.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-+_".contains($0)) }
        guard answer.status == 200, isVersion, version.contains(where: \.isNumber), version.count < 40 else {
            throw ManagerError(
                code: .unavailable,
                message: "\(server.name) is neither gantryd nor an Infrastructure Manager: its /version answers "
                    + "\(answer.status); check the URL in --server, also its port and path")
        }
        if server.isExposed {
            Terminal.warn("passwords go to \(server.name) without encryption: use https://")
        }
        if answer.headers["Server"] == "gantry" { return GantrydService(server: server, words: words) }
        // Behind a proxy.
        let look = try await server.exchange(.init(.get, ["summaries"]))
        if look.status == 200 { return GantrydService(server: server, words: words) }
        if look.status == 401 { throw server.refusal(look, call) }
        return IMService(server: server, words: words, memory: memory)
    }
}

extension RemoteService {
    var pace: Duration { .milliseconds(500) }

    // MARK: Reading

    func outputs(of id: InfrastructureID) async throws -> TOSCAMap? {
        let call = RemoteServer.Call(.get, ["infrastructures", id.rawValue, "outputs"])
        let answer = try await server.exchange(call)
        // IM 1.19 says so with 400.
        if [400, 403].contains(answer.status), answer.text.contains("is not valid in this infrastructure") {
            return nil
        }
        guard answer.status == 200 else { throw server.refusal(answer, call) }
        // JSON is YAML.
        do {
            return try TOSCAInputs.read(answer.text, name: "answer")["outputs"]?.map ?? TOSCAMap()
        } catch {
            throw ManagerError(
                code: .unavailable, message: "\(server.name) answers outputs that cannot be read: \(error)")
        }
    }

    func owners(of id: InfrastructureID) async throws -> [String] {
        try await server.ask(
            .init(.get, ["infrastructures", id.rawValue, "authorization"]), for: RemoteOwners.self
        ).authorization
    }

    func statistics(from start: Date?, through end: Date?) async throws -> [StatisticsReport] {
        func day(_ name: String, _ date: Date?) -> [(String, String)] {
            date.map { [(name, $0.formatted(.iso8601.year().month().day()))] } ?? []
        }
        let call = RemoteServer.Call(.get, ["stats"], query: day("init_date", start) + day("end_date", end))
        return try await server.ask(call, for: RemoteStatistics.self).stats.map(\.report)
    }

    func images(
        of cloud: String, among clouds: [CloudCredential], filters: [String: String]
    ) async throws -> [CloudImage] {
        let text = filters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return try await server.ask(
            .init(.get, ["clouds", cloud, "images"], query: text.isEmpty ? [] : [("filters", text)]),
            for: RemoteImages.self
        ).images
    }

    func quotas(of cloud: String, among clouds: [CloudCredential]) async throws -> [CloudQuota] {
        try await server.ask(.init(.get, ["clouds", cloud, "quotas"]), for: RemoteQuotas.self).list
    }

    func deleteImage(_ uri: String, of cloud: String, among clouds: [CloudCredential]) async throws {
        throw UsageError(
            "a server deletes no images: without --server, and with the same cloud in the authorization file, "
                + "`gantry image delete` does it from here")
    }

    func taskCounts(of id: InfrastructureID, seen: TaskCounts) async throws -> TaskCounts { seen }
    func waiting(for change: SubmittedChange) async -> [String] { [] }

    func leaving(_ change: SubmittedChange, command: String) -> String {
        let watch = CommandText.text(["gantry", "log", change.infrastructure.rawValue, "--follow"] + words)
        return "no longer looking; \(server.name) goes on, and `\(watch)` shows how"
    }

    // MARK: Changing

    /// The request that makes a change of what there is.
    func call(_ request: InfrastructureRequest) throws -> RemoteServer.Call? {
        func path(_ id: InfrastructureID, _ rest: String...) -> [String] { ["infrastructures", id.rawValue] + rest }
        switch request {
        case .deploy: return nil
        case .update(let document, let update):
            let query = update.contextualizes ? [] : [("context", "0")]
            switch update.kind {
            case .add:
                return .init(
                    .post, path(update.infrastructure), query: query, body: try RemoteDocument.body(document))
            case .remove(let numbers):
                return .init(
                    .delete, path(update.infrastructure, "vms", Self.list(numbers)), query: query,
                    isRepeatable: false)
            case .reconfigure(let numbers):
                return .init(
                    .put, path(update.infrastructure, "reconfigure"),
                    query: numbers.map { [("vm_list", Self.list($0))] } ?? [],
                    body: try RemoteDocument.body(document), isRepeatable: true)
            }
        case .power(let call, let id, nil):
            return .init(.put, path(id, call.rawValue), isRepeatable: call != .reboot)
        case .power: return nil
        case .alter(let id, let number, let document):
            return .init(
                .put, path(id, "vms", String(number)), body: (document, "text/plain"), isRepeatable: true)
        case .destroy(let id):
            return .init(.delete, path(id), query: [("async", "yes")], isRepeatable: true)
        }
    }

    static func list(_ numbers: Set<Int>) -> String {
        numbers.sorted().map(String.init).joined(separator: ",")
    }

    /// Starts, stops or reboots single machines, each by a request of its own: all are sent, then their errors are told.
    func change(_ call: PowerCall, _ id: InfrastructureID, _ numbers: Set<Int>) async throws {
        let server = server
        var failures: [(Int, any Error)] = []
        await withTaskGroup(of: (Int, (any Error)?).self) { group in
            var left = numbers.sorted().makeIterator()
            func add() {
                guard let number = left.next() else { return }
                group.addTask {
                    do {
                        _ = try await server.ask(
                            .init(
                                .put, ["infrastructures", id.rawValue, "vms", String(number), call.rawValue],
                                isRepeatable: call != .reboot))
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            for _ in 0..<8 { add() }
            for await (number, error) in group {
                if let error { failures.append((number, error)) }
                add()
            }
        }
        guard let (number, error) = failures.min(by: { $0.0 < $1.0 }) else { return }
        guard let refused = error as? ManagerError else { throw error }
        throw ManagerError(code: refused.code, message: "machine \(number): \(refused.message)")
    }

    func share(
        _ id: InfrastructureID, with user: String, password: Secret<String>, overwrites: Bool
    ) async throws {
        let body = JSONOutput.line(["username": user, "password": password.expose()])
        _ = try await knowing("whether it is shared", "gantry share \(id)") {
            try await server.ask(
                .init(
                    .post, ["infrastructures", id.rawValue, "authorization"],
                    query: overwrites ? [("overwrite", "yes")] : [], body: (body, "application/json")))
        }
    }

    func export(_ id: InfrastructureID) async throws -> String {
        try await server.ask(.init(.get, ["infrastructures", id.rawValue, "data"]), for: RemoteExport.self).data
    }

    func forget(_ id: InfrastructureID, ifStill text: String) async throws {
        let call = RemoteServer.Call(
            .get, ["infrastructures", id.rawValue, "data"], query: [("delete", "yes")], isRepeatable: false)
        let now = try await knowing("whether it is forgotten there", "gantry show \(id)") {
            try await server.ask(call, for: RemoteExport.self).data
        }
        guard now != text else { return }
        Terminal.warn("it changed while it was exported: what is printed last is how it was given away")
        Terminal.line(now)
    }

    func importInfrastructure(
        _ text: String, clouds: [CloudCredential], name: String?
    ) async throws -> InfrastructureID {
        let call = RemoteServer.Call(
            .put, ["infrastructures"], query: name.map { [("name", $0)] } ?? [], body: (text, "application/json"),
            isRepeatable: false)
        let link = try await knowing("whether it was taken over", "gantry list") {
            try await server.ask(call, for: RemoteLink.self)
        }
        return try Self.id(link.uri)
    }

    func console(ofMachine machine: Int, in id: InfrastructureID) async throws -> MachineConsole {
        guard self is GantrydService else {
            throw ManagerError(
                code: .invalidDocument, message: "\(server.name) is an IM, which shows no consoles of machines")
        }
        return .text(
            try await server.ask(.init(.get, ["infrastructures", id.rawValue, "vms", String(machine), "console"])).text)
    }

    func makeImage(
        named name: String, ofDisk disk: Int, ofMachine machine: Int, in id: InfrastructureID, isDeleted: Bool
    ) async throws -> CloudImage {
        let call = RemoteServer.Call(
            .put, ["infrastructures", id.rawValue, "vms", String(machine), "disks", String(disk), "snapshot"],
            query: [("image_name", name)] + (isDeleted ? [("auto_delete", "yes")] : []),
            isRepeatable: self is GantrydService)
        let answer = try await knowing("whether the image was made", "gantry images") { try await server.ask(call) }
        // IM 1.19 answers the bare URL.
        let text = answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
        if text.contains("://"), !text.hasPrefix("{"), !text.contains(where: \.isWhitespace) {
            return CloudImage(uri: text, name: name)
        }
        return CloudImage(uri: try server.decode(answer, as: RemoteSnapshot.self).snapshot, name: name)
    }

    // MARK: Parts

    /// A lost answer says what is not known, and what shows it.
    func knowing<Value>(_ what: String, _ command: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let lost as RemoteServer.LostAnswer {
            let look = ([command] + words.map { CommandText.text([$0]) }).joined(separator: " ")
            throw ManagerError(
                code: .unavailable, message: "\(lost); it is not known \(what): `\(look)` shows it")
        }
    }

    /// The last part of a link.
    static func id(_ link: String) throws -> InfrastructureID {
        guard let last = link.split(separator: "/").last, !last.isEmpty else {
            throw ManagerError(
                code: .unavailable, message: "the server answers '\(link.prefix(80))', which is no infrastructure")
        }
        return InfrastructureID(rawValue: PercentEncoding.decode(String(last)))
    }
}

/// The body that a document is sent as.
enum RemoteDocument {
    /// - Throws: ``UsageError`` for a template that only this machine can read.
    static func body(_ request: DeploymentRequest) throws -> (text: String, type: String) {
        guard let template = request.template else { return (request.document, "text/plain") }
        return (try text(template), "text/yaml")
    }

    /// The template with values of inputs as their defaults: IM's interface has no other place for them.
    static func text(_ template: TemplateRequest) throws -> String {
        guard !template.inputs.isEmpty else { return template.text }
        // What cannot be read is refused there, with its places.
        guard let read = try? TOSCAInputs.read(template.text, name: "template") else { return template.text }
        var document = TOSCAMap(read.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        var topology = document["topology_template"]?.map ?? TOSCAMap()
        var inputs = topology["inputs"]?.map ?? TOSCAMap()
        for (name, value) in template.inputs {
            guard var input = inputs[name]?.map else {
                let known = inputs.keys.isEmpty ? "none" : inputs.keys.joined(separator: ", ")
                throw UsageError("the template has no input '\(name)'; it has: \(known)")
            }
            input["default"] = value
            inputs[name] = TOSCAValue(input)
        }
        topology["inputs"] = TOSCAValue(inputs)
        document["topology_template"] = TOSCAValue(topology)
        return TOSCAValue(document).json
    }
}
