import Foundation
import Testing

/// Infrastructures at an EC2 endpoint through the command, in a region of the scenario's own: what is there is counted
/// whole, without looking at a tag.
struct EC2Scenario {
    let scratch: Scratch
    let region: String

    /// An image that the endpoint has in every region.
    static let image = "ami-03cf127a"

    /// - Parameters:
    ///   - region: Of the images. The auth line names none.
    ///   - url: Of the endpoint; nil: as the environment names it.
    init(region: String, url: String? = nil, password: String? = nil) throws {
        scratch = try Scratch()
        self.region = region
        let environment = EC2Endpoint.environment
        try scratch.write(
            "auth",
            "id = aws; type = EC2; host = \(url ?? environment["AWS_ENDPOINT_URL"] ?? ""); "
                + "username = \(environment["AWS_ACCESS_KEY_ID"] ?? ""); "
                + "password = \(password ?? environment["AWS_SECRET_ACCESS_KEY"] ?? "")\n")
    }

    /// Machines of the endpoint cannot be reached: the document asks for no contextualization.
    func document(_ count: Int) throws {
        try document(
            """
            network public (outbound = 'yes' and outports = '80')
            \(system("node"))
            deploy node \(count)
            """)
    }

    func document(_ text: String) throws {
        try scratch.write("web.radl", text + "\ncontextualize ()\n")
    }

    func system(_ name: String, network: String = "public", image: String? = nil) -> String {
        """
        system \(name) (
            instance_type = 't3.micro' and
            net_interface.0.connection = '\(network)' and
            disk.0.image.url = '\(image ?? "aws://\(region)/\(Self.image)")'
        )
        """
    }

    // MARK: - Commands

    private func run(
        _ arguments: [String], _ failpoints: String?, _ log: String?, _ killAfter: Duration?
    ) async throws -> Program.Ended {
        var program = Program(name: "gantry")
        program.environment["GANTRY_FAILPOINTS"] = failpoints
        program.environment["GANTRY_FAILPOINTS_LOG"] = log
        return try await program.run(
            arguments + ["--state-dir", scratch.path("state"), "--yes"], killAfter: killAfter)
    }

    func up(
        failpoints: String? = nil, log: String? = nil, killAfter: Duration? = nil
    ) async throws -> Program.Ended {
        try await run(["up", scratch.path("web.radl"), "-a", scratch.path("auth")], failpoints, log, killAfter)
    }

    func destroy(
        failpoints: String? = nil, log: String? = nil, killAfter: Duration? = nil
    ) async throws -> Program.Ended {
        try await run(["destroy", "web"], failpoints, log, killAfter)
    }

    // MARK: - The cloud

    /// What is in a region, read by requests of the test's own.
    struct Cloud: Equatable, CustomStringConvertible {
        var machines: Int
        var groups: Int
        var keyPairs: Int

        static let empty = Cloud(machines: 0, groups: 0, keyPairs: 0)
        /// Machines with the one group and the one key pair that they share.
        static func holding(_ machines: Int) -> Cloud { Cloud(machines: machines, groups: 1, keyPairs: 1) }

        var description: String { "\(machines) machines, \(groups) groups, \(keyPairs) key pairs" }
    }

    func cloud(_ region: String? = nil) async throws -> Cloud {
        let region = region ?? self.region
        var living = [("Action", "DescribeInstances"), ("Filter.1.Name", "instance-state-name")]
        for (number, state) in ["pending", "running", "stopping", "stopped"].enumerated() {
            living.append(("Filter.1.Value.\(number + 1)", state))
        }
        let groups = Set(try await values("groupName", [("Action", "DescribeSecurityGroups")], region: region))
        return Cloud(
            machines: Set(try await values("instanceId", living, region: region)).count,
            groups: groups.subtracting(["default"]).count,
            keyPairs: Set(try await values("keyName", [("Action", "DescribeKeyPairs")], region: region)).count)
    }

    /// Contents of all elements of a name in the answer to a request.
    func values(_ element: String, _ query: [(String, String)], region: String? = nil) async throws -> [String] {
        try EC2Endpoint.contents(
            of: element, in: try await EC2Endpoint.send(query, region: region ?? self.region))
    }
}
