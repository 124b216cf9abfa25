import Foundation
import Testing

/// An infrastructure at the test bed's libvirt through the command: one machine on a network that is made, with a network
/// filter, laid over an image that has to be copied for it.
struct LibvirtScenario {
    let scratch: Scratch

    /// - Parameter seed: What is done at the machine's start.
    init(image: String = LibvirtTestBed.image) throws {
        scratch = try Scratch()
        // Nobody but root may read it, so that it cannot be used where it is.
        let closed = scratch.path("closed")
        try FileManager.default.createDirectory(
            atPath: closed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: image, toPath: closed + "/guest.qcow2")
        try scratch.write("auth", "id = here; type = Libvirt; host = \(LibvirtTestBed.uri)\n")
        try scratch.write(
            "web.radl",
            """
            network public (outbound = 'yes' and outports = '8080')
            network private (create = 'yes')
            system node (
                cpu.count >= 1 and memory.size >= 256M and
                net_interface.0.connection = 'public' and net_interface.1.connection = 'private' and
                disk.0.image.url = 'file://\(closed)/guest.qcow2' and disk.1.size = 16M
            )
            deploy node 1
            contextualize ()
            """)
    }

    private func run(_ arguments: [String], _ failpoints: String?, log: String?) async throws -> Program.Ended {
        var program = Program(name: "gantry")
        program.environment["GANTRY_FAILPOINTS"] = failpoints
        program.environment["GANTRY_FAILPOINTS_LOG"] = log
        return try await program.run(arguments + ["--state-dir", scratch.path("state")])
    }

    func up(failpoints: String? = nil, log: String? = nil) async throws -> Program.Ended {
        try await run(
            ["up", scratch.path("web.radl"), "-a", scratch.path("auth"), "--yes"], failpoints, log: log)
    }

    /// A command that needs neither document nor clouds.
    func gantry(_ arguments: [String], failpoints: String? = nil) async throws -> Program.Ended {
        try await run(arguments, failpoints, log: nil)
    }

    func plan() async throws -> Program.Ended {
        try await run(["plan", scratch.path("web.radl"), "-a", scratch.path("auth")], nil, log: nil)
    }

    func destroy(failpoints: String? = nil, log: String? = nil) async throws -> Program.Ended {
        try await run(["destroy", "web", "--yes"], failpoints, log: log)
    }

    /// Points of the connector's that were reached.
    func visited(_ log: String) throws -> [String] {
        var seen: Set<String> = []
        return try String(contentsOfFile: scratch.path(log), encoding: .utf8).lines
            .filter { $0.hasPrefix("libvirt.") && seen.insert($0).inserted }
    }
}
