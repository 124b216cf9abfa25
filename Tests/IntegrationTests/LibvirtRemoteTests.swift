import ConnectorAPI
import Foundation
import Glibc
import Libvirt
import Support
import TestSupport
import Testing

/// A libvirt on another host, reached over SSH: here one behind a real sshd on the loopback address.
@Suite("libvirt over SSH", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(5)))
struct LibvirtRemoteTests {
    /// An sshd that lets this user in by a key of its own; killed with its last owner.
    private final class Server: Sendable {
        private let scratch: Scratch
        private let process: ChildProcess
        let uri: String

        init() async throws {
            scratch = try Scratch()
            let port = try LoopbackPort.unusedNumber()
            let keygen = Program(name: "ssh-keygen", executable: URL(fileURLWithPath: "/usr/bin/ssh-keygen"))
            for name in ["host", "key"] {
                _ = try await keygen.run(["-q", "-t", "ed25519", "-N", "", "-f", scratch.path(name)])
            }
            try scratch.write(
                "config",
                """
                ListenAddress 127.0.0.1:\(port)
                HostKey \(scratch.path("host"))
                AuthorizedKeysFile \(scratch.path("key.pub"))
                StrictModes no
                PidFile none
                UsePAM no
                PermitRootLogin yes
                """)
            try? FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
            process = try Program(name: "sshd", executable: URL(fileURLWithPath: "/usr/sbin/sshd")).start(
                ["-D", "-e", "-f", scratch.path("config")], output: scratch.url.appending(path: "log"))
            let socket = LibvirtTestBed.uri.split(separator: "=").last ?? ""
            uri =
                "qemu+ssh://\(NSUserName())@127.0.0.1:\(port)/system?socket=\(socket)&proxy=netcat&no_verify=1"
                + "&keyfile=\(scratch.path("key"))"
            let keyscan = Program(name: "ssh-keyscan", executable: URL(fileURLWithPath: "/usr/bin/ssh-keyscan"))
            for _ in 0..<100 {
                let shown = try await keyscan.run(["-T", "5", "-t", "ed25519", "-p", "\(port)", "127.0.0.1"])
                if shown.output.contains("ssh-ed25519") { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw TestFailure("sshd does not answer: \(log)")
        }

        var log: String { (try? String(contentsOfFile: scratch.path("log"), encoding: .utf8)) ?? "" }

        deinit { process.end() }
    }

    @Test("Machines are made there of an image that is here, and the connection comes back when it was cut")
    func machines() async throws {
        let before = try await LibvirtTestBed.inventory()
        let server = try await Server()
        let bench: LibvirtBench
        do {
            bench = try await LibvirtBench(uri: server.uri)
        } catch {
            throw TestFailure("\(error); sshd says: \(server.log)")
        }
        let made = try await bench.launch(bench.specs(1))[0].get()
        let machine = try await bench.wait(made.id, "an address") { !$0.addresses.isEmpty }
        #expect(try await bench.ssh(machine, "hostname") == "node-0")
        #expect(try await bench.shownHostKey(machine) == machine.hostKeys)
        // The file of this host has been sent there, whatever path it has here.
        let copies = try await LibvirtTestBed.inventory().filter { $0.hasPrefix("volume base-") }
        #expect(copies.count == 1, "\(copies)")
        // The way there is cut: one call may be told so, the next one opens it anew.
        let relays = try await Program(name: "pgrep", executable: URL(fileURLWithPath: "/usr/bin/pgrep")).run(
            ["-f", "nc .*\(LibvirtTestBed.state)/run/"]
        ).output.lines.compactMap { pid_t($0) }
        #expect(!relays.isEmpty)
        for relay in relays { kill(relay, SIGKILL) }
        let told = try? await bench.describe(made.id)
        #expect(told == nil || told?.errorCode == .unavailable || told?.errorCode == nil)
        #expect(try await bench.describe(made.id).get().state == .running)
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }
}
