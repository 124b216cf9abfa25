import ConnectorAPI
import Dummy
import Foundation

/// An infrastructure over a Dummy cloud whose truth is in a file that outlives every process.
struct DummyScenario {
    let scratch: Scratch
    let gantry: Program

    init(environment: [String: String] = [:]) throws {
        scratch = try Scratch()
        gantry = Program(name: "gantry", environment: environment)
        try scratch.write(
            "auth", "id = dummy; type = Dummy; stateFile = \(scratch.path("cloud")); bootMs = 30; addresses = unique\n")
        try document(3)
    }

    func document(_ count: Int, system: String = "node", features: String = "cpu.count >= 1") throws {
        try scratch.write(
            "web.radl",
            """
            network public (outbound = 'yes' and outports = '80')
            system \(system) (
                \(features) and
                net_interface.0.connection = 'public' and
                disk.0.image.url = 'dummy://image'
            )
            deploy \(system) \(count)
            contextualize ()
            """)
    }

    /// One machine of each of these systems.
    func document(systems: [String]) throws {
        let parts = systems.enumerated().map { number, name in
            """
            system \(name) (
                net_interface.0.connection = 'public' and net_interface.0.dns_name = 'host\(number)' and
                disk.0.image.url = 'dummy://image'
            )
            deploy \(name) 1
            """
        }
        try scratch.write(
            "web.radl",
            "network public (outbound = 'yes')\n" + parts.joined(separator: "\n") + "\ncontextualize ()\n")
    }

    private func program(_ failpoints: String?, log: String? = nil) -> Program {
        var program = gantry
        program.environment["GANTRY_FAILPOINTS"] = failpoints
        program.environment["GANTRY_FAILPOINTS_LOG"] = log
        return program
    }

    func up(failpoints: String? = nil, log: String? = nil, killAfter: Duration? = nil) async throws -> Program.Ended {
        try await program(failpoints, log: log).run(
            [
                "up", scratch.path("web.radl"), "-a", scratch.path("auth"), "--state-dir", scratch.path("state"),
                "--yes",
            ], killAfter: killAfter)
    }

    func destroy(
        failpoints: String? = nil, log: String? = nil, killAfter: Duration? = nil
    ) async throws -> Program.Ended {
        try await program(failpoints, log: log).run(
            ["destroy", "web", "--state-dir", scratch.path("state"), "--yes"], killAfter: killAfter)
    }

    /// Machines and other resources that are really there, read from the cloud's own file.
    func cloud() async throws -> (machines: Int, others: Int) {
        let connector = DummyConnector(configuration: .init(stateFile: scratch.path("cloud")))
        let session = try await connector.openSession(
            OpenSessionRequest(credentials: Credentials([:]), config: ["stateFile": .string(scratch.path("cloud"))]),
            context: CallContext()
        ).session
        var items: [Resource] = []
        var page: String?
        repeat {
            let answer = try await connector.list(
                ListRequest(session: session, tags: [:], page: page), context: CallContext())
            items += answer.items
            page = answer.next
        } while page != nil
        let machines = items.filter { $0.kind == .machine && $0.machine?.state != .terminated }
        return (machines.count, items.filter { $0.kind != .machine }.count)
    }

    /// Names of the failpoints that a command passes, each once, in order.
    static func visited(_ path: String) -> [String] {
        var seen: Set<String> = []
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { seen.insert($0).inserted }
    }
}
