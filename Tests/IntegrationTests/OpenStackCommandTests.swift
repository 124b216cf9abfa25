import ConnectorAPI
import Foundation
import HTTPTransport
import Testing

/// OpenStack through the command.
@Suite("OpenStack through gantry", .enabled(if: OpenStackEndpoint.isNamed), .serialized, .timeLimit(.minutes(10)))
struct OpenStackCommandTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try auth()
    }

    private func auth(_ password: String? = nil, host: String? = nil) throws {
        let environment = OpenStackEndpoint.environment
        try scratch.write(
            "auth",
            "id = ost; type = OpenStack; host = \(host ?? OpenStackEndpoint.url); auth_version = 3.x_password; "
                + "username = \(environment["OS_USERNAME"] ?? ""); password = \(password ?? environment["OS_PASSWORD"] ?? ""); "
                + "tenant = \(environment["OS_PROJECT_NAME"] ?? ""); "
                + "domain = \(environment["OS_USER_DOMAIN_NAME"] ?? "Default"); "
                + "service_region = \(environment["OS_REGION_NAME"] ?? "RegionOne")\n")
    }

    private func document(_ text: String) throws {
        try scratch.write("web.radl", text)
    }

    private func system(_ name: String, image: String) -> String {
        """
        system \(name) (
            cpu.count >= 1 and memory.size >= 128M and
            net_interface.0.connection = 'private' and net_interface.1.connection = 'public' and
            disk.0.image.url = '\(image)' and disk.0.os.credentials.username = 'cloudadm'
        )
        """
    }

    private func run(_ arguments: String...) async throws -> Program.Ended {
        try await Program(name: "gantry").run(arguments + ["--state-dir", scratch.path("state"), "--yes"])
    }

    private func up() async throws -> Program.Ended {
        try await run("up", scratch.path("web.radl"), "-a", scratch.path("auth"))
    }

    private static let networks = "network private ()\nnetwork public (outbound = 'yes' and outports = '80')\n"

    /// Names of the groups that are there because of this test's infrastructure.
    private func groups(_ direct: OpenStackEndpoint.Direct) async throws -> Set<String> {
        guard case .array(let items)? = try await direct.send(.get, "network", "security-groups")["security_groups"]
        else {
            return []
        }
        return Set(items.compactMap { $0["name"]?.stringValue }.filter { $0.hasPrefix("gantry-") })
    }

    @Test func machinesWithoutContextualization() async throws {
        let bench = try await OpenStackBench()
        let direct = try await OpenStackEndpoint.Direct()
        let before = try await groups(direct)
        try document(Self.networks + system("node", image: bench.image.uri) + "\ndeploy node 2\ncontextualize ()\n")
        let up = try await up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        let made = try await groups(direct).subtracting(before)
        #expect(made.count == 1, "\(made)")
        let infrastructure = String(made.first?.dropFirst("gantry-".count) ?? "none")
        // Two servers with a port and an address each, a group, a key pair.
        let there = try await direct.leftovers(of: infrastructure)
        #expect(there.count == 8, "\(there)")
        let destroy = try await run("destroy", "web")
        #expect(destroy.status == 0, "\(destroy.output)\(destroy.errors)")
        let left = try await direct.lasting(of: infrastructure)
        #expect(left.isEmpty, "\(left)")
    }

    @Test(.enabled(if: OpenStackEndpoint.hasHosts))
    func aMachineThatIsContextualized() async throws {
        let bench = try await OpenStackBench()
        let direct = try await OpenStackEndpoint.Direct()
        let before = try await groups(direct)
        try document(
            Self.networks + system("node", image: bench.image.uri)
                + """

                configure node (
                @begin
                - tasks:
                  - name: proof
                    copy: {dest: /tmp/proof, content: "made by gantry\\n"}
                @end
                )
                deploy node 1
                """)
        let up = try await up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        let infrastructure = String(try await groups(direct).subtracting(before).first?.dropFirst(7) ?? "none")
        // What is there already is not done again.
        let again = try await self.up()
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        let destroy = try await run("destroy", "web")
        #expect(destroy.status == 0, "\(destroy.output)\(destroy.errors)")
        #expect(try await direct.lasting(of: infrastructure).isEmpty)
    }

    @Test func wrongCredentials() async throws {
        let bench = try await OpenStackBench()
        try auth("marker-4711")
        try document(Self.networks + system("node", image: bench.image.uri) + "\ndeploy node 1\n")
        let up = try await up()
        #expect(up.status == 2, "\(up)")
        for word in ["system 'node'", "ost", "unauthenticated", "check username, password and domain"] {
            #expect(up.errors.contains(word), "'\(word)' is not in: \(up.errors)")
        }
        #expect(!up.errors.contains("marker-4711") && !up.output.contains("marker-4711"))
    }

    @Test func anImageOfAnotherCloud() async throws {
        let image = "ost://elsewhere.example.org/00000000-0000-0000-0000-000000000000"
        try document(Self.networks + system("node", image: image) + "\ndeploy node 1\n")
        let up = try await up()
        #expect(up.status == 2, "\(up)")
        #expect(up.errors.contains(image), "\(up.errors)")
    }
}
