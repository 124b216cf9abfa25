import Foundation
import Testing

/// EC2 through the command: regions, networks of the user's own, and what is said when something is wrong.
@Suite("EC2 through gantry", .enabled(if: EC2Endpoint.isNamed), .serialized, .timeLimit(.minutes(3)))
struct EC2CommandTests {
    @Test func theImageNamesTheRegion() async throws {
        let scenario = try EC2Scenario(region: "eu-west-2")
        try scenario.document(2)
        let up = try await scenario.up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        #expect(try await scenario.cloud() == .holding(2))
        #expect(try await scenario.destroy().status == 0)
        #expect(try await scenario.cloud() == .empty)
    }

    @Test func oneDocumentInTwoRegions() async throws {
        let scenario = try EC2Scenario(region: "eu-west-2")
        let other = "us-west-1"
        try scenario.document(
            """
            network public (outbound = 'yes')
            \(scenario.system("near"))
            \(scenario.system("far", image: "aws://\(other)/\(EC2Scenario.image)"))
            deploy near 1
            deploy far 2
            """)
        let up = try await scenario.up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        #expect(try await scenario.cloud() == .holding(1))
        #expect(try await scenario.cloud(other) == .holding(2))
        // One that moves is made anew where it belongs, and the group there serves it.
        try scenario.document(
            """
            network public (outbound = 'yes')
            \(scenario.system("near"))
            \(scenario.system("far"))
            deploy near 1
            deploy far 2
            """)
        let moved = try await scenario.up()
        #expect(moved.status == 0, "\(moved.output)\(moved.errors)")
        #expect(try await scenario.cloud() == .holding(3))
        #expect(try await scenario.cloud(other).machines == 0)
        let destroy = try await scenario.destroy()
        #expect(destroy.status == 0, "\(destroy.output)\(destroy.errors)")
        #expect(try await scenario.cloud() == .empty)
        #expect(try await scenario.cloud(other) == .empty)
    }

    @Test func aNetworkOfTheUsersOwn() async throws {
        let scenario = try EC2Scenario(region: "ca-central-1")
        let vpc = try #require(
            try await scenario.values("vpcId", [("Action", "CreateVpc"), ("CidrBlock", "10.77.0.0/16")]).first)
        let subnet = try #require(
            try await scenario.values(
                "subnetId", [("Action", "CreateSubnet"), ("VpcId", vpc), ("CidrBlock", "10.77.1.0/24")]
            ).first)
        try scenario.document(
            """
            network own (provider_id = '\(vpc).\(subnet)' and outports = '8080')
            \(scenario.system("node", network: "own"))
            deploy node 1
            """)
        let up = try await scenario.up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        #expect(try await scenario.cloud() == .holding(1))
        let there = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)]
        let instances = [("Action", "DescribeInstances")] + there
        #expect(try await scenario.values("subnetId", instances).contains(subnet))
        let groups = [("Action", "DescribeSecurityGroups")] + there
        let own = try await scenario.values("groupName", groups).filter { $0.hasPrefix("gantry-") }
        #expect(own.count == 1, "\(own)")
        #expect(try await scenario.values("fromPort", groups).contains("8080"))
        #expect(try await scenario.values("groupName", instances).contains(own.first ?? ""))
        #expect(try await scenario.destroy().status == 0)
        #expect(try await scenario.cloud() == .empty)
    }

    @Test func aNetworkThatIsMade() async throws {
        let scenario = try EC2Scenario(region: "eu-north-1")
        let vpcs = [("Action", "DescribeVpcs")]
        let before = Set(try await scenario.values("vpcId", vpcs))
        try scenario.document(
            """
            network public (outbound = 'yes')
            network inner (create = 'yes' and cidr = '10.78.*.0/24' and outports = '8080')
            \(scenario.system("node", network: "inner"))
            deploy node 2
            """)
        let up = try await scenario.up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        let made = try #require(Set(try await scenario.values("vpcId", vpcs)).subtracting(before).first)
        let there = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", made)]
        let subnets = [("Action", "DescribeSubnets")] + there
        #expect(try await scenario.values("cidrBlock", subnets) == ["10.78.0.0/24"])
        #expect(try await scenario.values("instanceId", [("Action", "DescribeInstances")] + there).count == 2)
        let groups = [("Action", "DescribeSecurityGroups")] + there
        #expect(try await scenario.values("fromPort", groups).contains("8080"))
        let destroy = try await scenario.destroy()
        #expect(destroy.status == 0, "\(destroy.output)\(destroy.errors)")
        #expect(try await scenario.cloud() == .empty)
        #expect(Set(try await scenario.values("vpcId", vpcs)) == before)
    }

    // MARK: - Bad input

    private func refused(_ scenario: EC2Scenario, naming words: [String]) async throws {
        let up = try await scenario.up()
        #expect(up.status == 2, "\(up)")
        for word in words { #expect(up.errors.contains(word), "'\(word)' is not in: \(up.errors)") }
        let secret = EC2Endpoint.environment["AWS_SECRET_ACCESS_KEY"] ?? ""
        #expect(!up.errors.contains(secret) && !up.output.contains(secret))
        // Nothing was recorded, nothing was made.
        #expect(try await scenario.destroy().status == 3)
    }

    @Test func anUnknownImage() async throws {
        let scenario = try EC2Scenario(region: "sa-east-1")
        let image = "aws://sa-east-1/ami-0000000000000dead"
        try scenario.document("network public ()\n\(scenario.system("node", image: image))\ndeploy node 1")
        try await refused(scenario, naming: ["system 'node'", "aws", image, "misspelt"])
        #expect(try await scenario.cloud() == .empty)
    }

    @Test func wrongCredentials() async throws {
        let scenario = try EC2Scenario(region: "sa-east-1", password: "marker-4711")
        try scenario.document(1)
        try await refused(scenario, naming: ["system 'node'", "aws", "unauthenticated", "check username and password"])
        let up = try await scenario.up()
        #expect(!up.errors.contains("marker-4711") && !up.output.contains("marker-4711"))
    }

    @Test(arguments: ["us-nowhere-1", "Europe"])
    func anUnknownRegion(_ region: String) async throws {
        let scenario = try EC2Scenario(region: "sa-east-1")
        let image = "aws://\(region)/\(EC2Scenario.image)"
        try scenario.document("network public ()\n\(scenario.system("node", image: image))\ndeploy node 1")
        try await refused(
            scenario, naming: ["system 'node'", "aws", "Incorrect region name: \(region)", "check disk.N.image.url"])
    }

    @Test func anUnknownType() async throws {
        let scenario = try EC2Scenario(region: "sa-east-1")
        let system = scenario.system("node").replacing("t3.micro", with: "t3.tiny")
        try scenario.document("network public ()\n\(system)\ndeploy node 1")
        try await refused(scenario, naming: ["system 'node'", "aws", "instance_type = 't3.tiny'"])
    }
}
