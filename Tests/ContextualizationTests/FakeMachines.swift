import ContextualizationAPI
import Dispatch
import Foundation
import Support
import Testing

@testable import Contextualization

/// Machines of a test: each is a folder in which programs run through the local shell, with a script of faults.
final class FakeMachines: CommunicatorFactory {
    /// What happens instead of a connection, or of a program.
    struct Faults: Sendable {
        /// Errors of the first tries to connect, one each.
        var connect: [CommunicatorError] = []
        /// The connection is lost in place of the program of this number (from 1).
        var losesProgram: Int?
        /// Answers programs without running them.
        var answer: (@Sendable (ShellProgram) -> ProgramOutput?)?
    }

    struct Seen: Sendable {
        var connections = 0
        /// Tries to connect that failed.
        var failures = 0
        var ports: Set<Int> = []
        /// Who logged in.
        var users: Set<String> = []
        var programs: [ShellProgram] = []
    }

    let root: String
    private let faults: LockedValue<[String: Faults]>
    private let seen = LockedValue<[String: Seen]>([:])

    init(_ faults: [String: Faults] = [:]) throws {
        self.faults = LockedValue(faults)
        root = NSTemporaryDirectory() + "gantry-engine-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func seen(_ host: String) -> Seen { seen.withLock { $0[host] ?? Seen() } }

    func path(_ host: String, _ name: String) -> String { "\(root)/\(host)/\(name)" }

    func read(_ host: String, _ name: String) -> String? {
        FileManager.default.contents(atPath: path(host, name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection {
        let endpoint = target.endpoints[0]
        let fault = faults.withLock { faults -> CommunicatorError? in
            guard faults[endpoint.host]?.connect.isEmpty == false else { return nil }
            return faults[endpoint.host]?.connect.removeFirst()
        }
        if let fault {
            seen.withLock { $0[endpoint.host, default: Seen()].failures += 1 }
            throw fault
        }
        seen.withLock {
            $0[endpoint.host, default: Seen()].connections += 1
            $0[endpoint.host, default: Seen()].ports.insert(endpoint.port)
            $0[endpoint.host, default: Seen()].users.insert(target.user)
        }
        try FileManager.default.createDirectory(
            atPath: root + "/" + endpoint.host, withIntermediateDirectories: true)
        return Connection(
            communicator: FakeCommunicator(machines: self, host: endpoint.host), endpoint: endpoint,
            hostKey: "ssh-x AAAA")
    }

    func run(_ program: ShellProgram, on host: String) async throws -> ProgramOutput {
        let number = seen.withLock { seen in
            seen[host, default: Seen()].programs.append(program)
            return seen[host, default: Seen()].programs.count
        }
        let fault = faults.withLock { $0[host] }
        if fault?.losesProgram == number {
            faults.withLock { $0[host]?.losesProgram = nil }
            throw CommunicatorError(code: .connectionLost, message: "the connection to \(host) was lost")
        }
        if let output = fault?.answer?(program) { return output }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(with: Result { try execute(program, on: host) })
            }
        }
    }

    private func execute(_ program: ShellProgram, on host: String) throws -> ProgramOutput {
        let manager = FileManager.default
        let folder = root + "/.files-" + UUID().uuidString
        try manager.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? manager.removeItem(atPath: folder) }
        for (name, bytes) in program.files { try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        try Data(program.script.utf8).write(to: URL(fileURLWithPath: folder + "/.script"))
        let completed = try ChildCommand(
            ["/bin/sh", folder + "/.script"],
            environment: [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": root + "/" + host,
                "GANTRY_FILES": folder,
            ], directory: root + "/" + host
        ).run(input: program.standardInput ?? [])
        return ProgramOutput(
            status: completed.ending.status, standardOutput: completed.output, standardError: completed.errors)
    }
}

private struct FakeCommunicator: Communicator {
    let machines: FakeMachines
    let host: String

    func run(_ program: ShellProgram) async throws -> ProgramOutput { try await machines.run(program, on: host) }
    func close() async {}
}

/// A clock whose sleeps end at once.
struct ImmediateClock: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// Events of a run.
final class EventLog: Sendable {
    struct Stopped: Error {}

    private let events = LockedValue<[ContextualizationEvent]>([])
    /// Throws after so many finished tasks, or events: the controller dies.
    private let limit: Int
    private let place: Int

    init(stopAfter limit: Int = .max, dyingAt place: Int = .max) {
        self.limit = limit
        self.place = place
    }

    var all: [ContextualizationEvent] { events.withLock { $0 } }

    var records: [TaskRecord] {
        all.compactMap { event in
            if case .taskFinished(let record) = event.body { return record }
            return nil
        }
    }

    /// Name and status of each task of a machine's recipes.
    func outcomes(_ machine: String = "m1") -> [String] {
        all.filter { $0.machine == machine }.compactMap { event in
            guard case .taskFinished(let record) = event.body, record.task.step != "facts" else { return nil }
            return "\(record.task.name): \(record.status.rawValue)"
        }
    }

    func record(_ name: String, _ machine: String = "m1") -> TaskRecord? {
        all.lazy.filter { $0.machine == machine }.compactMap { event -> TaskRecord? in
            if case .taskFinished(let record) = event.body, record.task.name == name { return record }
            return nil
        }.first
    }

    func take(_ event: ContextualizationEvent) throws {
        try events.withLock { events in
            events.append(event)
            let finished = events.count { if case .taskFinished = $0.body { true } else { false } }
            if finished >= limit || events.count >= place { throw Stopped() }
        }
    }
}

/// Runs recipes on fake machines.
struct Harness {
    let machines: FakeMachines
    var factsAreReal = false

    init(_ faults: [String: FakeMachines.Faults] = [:]) throws { machines = try FakeMachines(faults) }

    static func machine(_ number: Int, user: String = "root") -> ContextualizationMachine {
        ContextualizationMachine(
            id: "m\(number)", inventoryName: "10.0.0.\(number)_\(number)",
            target: ConnectionTarget(
                endpoints: [Endpoint(host: "10.0.0.\(number)")], user: user, authentications: [],
                hostKey: .trustOnFirstUse),
            groups: [number == 1 ? "front" : "worker"],
            variables: ["IM_NODE_NUM": .integer(number), "ansible_host": .string("10.0.0.\(number)")])
    }

    func request(
        _ recipes: [String: String], machines count: Int = 1, steps: [(String, Int)] = [("web", 3)],
        variables: [String: VariableValue] = [:], history: [ContextualizationEvent] = []
    ) -> ContextualizationRequest {
        let machines = (1...count).map { Self.machine($0) }
        return ContextualizationRequest(
            id: "test-" + String(self.machines.root.suffix(12)), machines: machines, variables: variables,
            recipes: recipes.mapValues { $0 }.reduce(into: [:]) {
                $0[$1.key] = ContextualizationRecipe(name: $1.key, text: $1.value)
            },
            steps: steps.map { name, number in
                ContextualizationStep(
                    name: name, number: number, work: .recipe(name), machines: machines.map(\.id))
            }, history: history)
    }

    /// Waits until another process of the test has made a file on the first machine.
    func waitForFile(_ name: String) async throws {
        for _ in 0..<600 where machines.read("10.0.0.1", name) == nil {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(machines.read("10.0.0.1", name) != nil)
    }

    /// Starts what a run that died has left on the first machine: shell text under the run's mark. Returns once it runs.
    func leftover(of request: ContextualizationRequest, _ script: String) async throws -> ChildProcess {
        let folder = machines.path("10.0.0.1", "")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var command = ChildCommand(
            ["/bin/sh", "-c", RunLock(id: request.id).prefix + "touch up; " + script],
            environment: ["HOME": folder, "PATH": "/usr/bin:/bin"], directory: folder)
        command.group = .own
        let process = try command.start()
        try await waitForFile("up")
        return process
    }

    func contextualizer() -> NativeContextualizer {
        NativeContextualizer(factory: machines, clock: ImmediateClock())
    }

    /// Runs and gives what happened.
    func run(_ request: ContextualizationRequest, log: EventLog = EventLog()) async throws -> (
        ContextualizationReport, EventLog
    ) {
        let report = try await contextualizer().run(request) { event in try log.take(event) }
        return (report, log)
    }

    func run(_ text: String, machines count: Int = 1) async throws -> (ContextualizationReport, EventLog) {
        try await run(request(["web": text], machines: count))
    }
}
