import Foundation
import Testing

/// Modules that change whole hosts beside what real ansible-core did on a twin, from `ModulesTests/Vectors/record_hosts.py`.
@Suite(.serialized) struct HostModuleTests {
    private struct Recording: Decodable {
        struct Step: Decodable {
            var args: RecordedValue
            var result: [String: RecordedValue]
            var printed: String?
            /// Keys in which we are another on purpose, with the reason.
            var differs: [String: String]?
        }

        var steps: [Step]
        var play: RecordedValue
        /// Packages of the host, beside those that all have.
        var install: [String]?
    }

    private struct Outcome: Decodable {
        var result: [String: RecordedValue]
        var state: String
    }

    static let folder = HostScenario.repository.appending(path: "Tests/ModulesTests/Vectors/hosts")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test func recordingsAreThere() {
        #expect(Self.names.count >= 5)
    }

    /// On a host that nobody used before, as the recording's was.
    @Test(arguments: names) func asAnsible(name: String) async throws {
        let data = try Data(contentsOf: Self.folder.appending(path: name + ".json"))
        let recording = try JSONDecoder().decode(Recording.self, from: data)
        try await RecipeHost.with(
            prefix: "twin-" + name.replacing("_", with: "-"), inventoryName: "module-1",
            install: recording.install ?? []
        ) { host in
            try host.scratch.write("play.yml", try host.text(recording.play))
            let ended = try await host.run("play.yml")
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            let text = try await host.shell("cat /var/tmp/results.json")
                .replacing(host.host.address, with: "{address}")
            let outcomes = try JSONDecoder().decode([Outcome].self, from: Data(text.utf8))
            #expect(outcomes.count == recording.steps.count)
            for (index, (step, outcome)) in zip(recording.steps, outcomes).enumerated() {
                let place = "\(name), step \(index)"
                for (key, wanted) in step.result.sorted(by: { $0.key < $1.key }) where step.differs?[key] == nil {
                    let mine = outcome.result[key] ?? (wanted == .bool(false) ? .bool(false) : .null)
                    #expect(mine.covers(wanted), "\(place): \(key) is \(mine), Ansible: \(wanted)")
                }
                if let printed = step.printed, step.differs?["printed"] == nil {
                    #expect(outcome.state == printed, "\(place)")
                }
            }
        }
    }
}

/// A host of its own on which playbooks run, removed in any case.
struct RecipeHost {
    let host: TestHost
    let scratch: Scratch

    /// - Parameters:
    ///   - prefix: Of the host's name in the test bed.
    ///   - install: Packages beside those that all hosts have.
    static func with(
        prefix: String, inventoryName: String = "host", install: [String] = [],
        _ body: (RecipeHost) async throws -> Void
    ) async throws {
        try await HostScenario.testbed("up", "1", "--prefix", prefix, install: install)
        do {
            let list = try await HostScenario.testbed("list", "--json")
            let hosts = try JSONDecoder().decode([TestHost].self, from: Data(list.utf8))
            let host = try #require(hosts.first { $0.name == prefix + "-1" })
            let scratch = try Scratch()
            try scratch.write("known", "\(host.address) \(host.hostKey)\n")
            try scratch.write(
                "hosts",
                "\(inventoryName) ansible_host=\(host.address) ansible_user=\(host.user) "
                    + "ansible_ssh_private_key_file=\(host.privateKey) "
                    + "ansible_ssh_common_args='-o UserKnownHostsFile=\(scratch.path("known"))'\n")
            try await body(RecipeHost(host: host, scratch: scratch))
        } catch {
            try await HostScenario.testbed("down", prefix + "-1")
            throw error
        }
        try await HostScenario.testbed("down", prefix + "-1")
    }

    /// `gantry recipe run` with a playbook of the scratch folder, or of another.
    func run(_ playbook: String, _ more: [String] = []) async throws -> Program.Ended {
        let path = playbook.hasPrefix("/") ? playbook : scratch.path(playbook)
        return try await Program(name: "gantry").run(
            ["recipe", "run", path, "-i", scratch.path("hosts")] + more, killAfter: .seconds(300))
    }

    @discardableResult
    func shell(_ script: String) async throws -> String { try await HostScenario.shell(host, script) }

    func text(_ value: RecordedValue) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

/// Any value of JSON.
enum RecordedValue: Codable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([RecordedValue])
    case object([String: RecordedValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([RecordedValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: RecordedValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        // A whole number has no point, as it was read.
        case .number(let value):
            if let whole = Int(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Whether it holds all of another one: of objects only what that one names.
    func covers(_ wanted: RecordedValue) -> Bool {
        switch (self, wanted) {
        case (.object(let one), .object(let other)):
            other.allSatisfy { key, value in one[key]?.covers(value) ?? false }
        case (.list(let one), .list(let other)):
            one.count == other.count && zip(one, other).allSatisfy { $0.covers($1) }
        default: self == wanted
        }
    }
}
