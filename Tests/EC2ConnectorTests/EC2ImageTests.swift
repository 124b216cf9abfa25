import ConnectorAPI
import Testing

@testable import EC2

/// Images of machines, and what is left when they go.
@Suite struct EC2ImageTests {
    private static let machine = Canned.id(1)

    private static func images(_ state: String = "available", of machine: String = machine) -> String {
        """
        <imagesSet><item><imageId>ami-12345678</imageId><name>snap</name><imageState>\(state)</imageState>
        <blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><snapshotId>snap-1</snapshotId></ebs></item>
        <item><deviceName>/dev/sdf</deviceName><ebs><snapshotId>snap-2</snapshotId></ebs></item></blockDeviceMapping>
        <tagSet><item><key>gantry:snapshot-of</key><value>\(machine)</value></item></tagSet></item></imagesSet>
        """
    }

    private static let running = CannedEC2.Answer.ok(
        "DescribeInstances", Canned.reservation(Canned.instance(machine)))

    private func request(_ bench: Bench, disk: Int = 0) -> SnapshotRequest {
        SnapshotRequest(
            session: bench.session, id: Self.machine, disk: disk, name: "snap", tags: ["gantry:infrastructure": "inf"])
    }

    @Test func itIsMadeOnceAndWaitedFor() async throws {
        let bench = try await Bench(
            Self.running, .ok("DescribeImages", "<imagesSet/>"), .ok("CreateImage", "<imageId>ami-12345678</imageId>"),
            .ok("DescribeImages", Self.images("pending")), .ok("DescribeImages", Self.images()), Self.running,
            .ok("DescribeImages", Self.images()))
        guard
            case .inProgress(let progress) = try await bench.connector.snapshot(
                request(bench), context: bench.context)
        else {
            Issue.record("not in progress")
            return
        }
        let ended = try await bench.connector.resume(
            ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
        #expect(try ended.get().image?.uri == "aws://eu-west-1/ami-12345678")
        #expect(try await bench.connector.snapshot(request(bench), context: bench.context).get().name == "snap")
        let made = await bench.asked().filter { $0.action == "CreateImage" }
        #expect(made.count == 1)
        #expect(made[0]["NoReboot"] == "true")
        #expect(made[0]["TagSpecification.1.ResourceType"] == "image")
        #expect(made[0]["TagSpecification.1.Tag.1.Value"] == "inf")
    }

    @Test func oneThatStaysHasNoTagsOfTheHost() async throws {
        let bench = try await Bench(
            Self.running, .ok("DescribeImages", "<imagesSet/>"), .ok("CreateImage", "<imageId>ami-12345678</imageId>"),
            .ok("DescribeImages", Self.images()))
        var request = request(bench)
        request.tags = [:]
        _ = try await bench.connector.snapshot(request, context: bench.context).get()
        let made = await bench.asked().first { $0.action == "CreateImage" }
        #expect(made?["TagSpecification.1.Tag.1.Key"] == "gantry:snapshot-of")
        #expect(made?["TagSpecification.1.Tag.2.Key"] == nil)
    }

    @Test func oneThatEC2DoesNotListYet() async throws {
        let bench = try await Bench(
            Self.running, .ok("DescribeImages", "<imagesSet/>"), .refused("CreateImage", "InvalidAMIName.Duplicate"),
            .ok("DescribeImages", "<imagesSet/>"))
        let outcome = try await bench.connector.snapshot(request(bench), context: bench.context)
        guard case .inProgress = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func refusals() async throws {
        let other = try await Bench(Self.running, .ok("DescribeImages", Self.images(of: Canned.id(2))))
        let taken = await #expect(throws: ConnectorError.self) {
            try await other.connector.snapshot(request(other), context: other.context)
        }
        #expect(taken?.code == .alreadyExists)
        let bench = try await Bench()
        let disk = await #expect(throws: ConnectorError.self) {
            try await bench.connector.snapshot(request(bench, disk: 1), context: bench.context)
        }
        #expect(disk?.code == .unsupported)
        let broken = try await Bench(Self.running, .ok("DescribeImages", Self.images("failed")))
        let failed = await #expect(throws: ConnectorError.self) {
            try await broken.connector.snapshot(request(broken), context: broken.context)
        }
        #expect(failed?.message == "the image 'snap' (ami-12345678) is failed")
    }

    /// The host stores which snapshots there are before the image goes.
    @Test func itGoesWithItsSnapshots() async throws {
        let bench = try await Bench(
            .ok("DescribeImages", Self.images()), .ok("DeregisterImage"),
            .refused("DeleteSnapshot", "InvalidSnapshot.NotFound"),
            .ok("DeleteSnapshot"), .ok("DescribeImages", "<imagesSet/>"))
        let request = DeleteResourceRequest(session: bench.session, kind: .image, id: "ami-12345678")
        guard case .inProgress(let progress) = try await bench.connector.delete(request, context: bench.context) else {
            Issue.record("not in progress")
            return
        }
        #expect(await bench.actions() == ["DescribeImages"])
        let ended = try await bench.connector.resume(
            ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
        #expect(ended == .done(StepResult()))
        #expect(
            await bench.actions() == ["DescribeImages", "DeregisterImage", "DeleteSnapshot", "DeleteSnapshot"])
        // The second time there is nothing.
        #expect(try await bench.connector.delete(request, context: bench.context) == .done(Empty()))
    }

    @Test func theyAreListedByTheirTags() async throws {
        let foreign = Self.images().replacing("gantry:snapshot-of", with: "other")
        let bench = try await Bench(
            .ok("DescribeImages", Self.images()), .ok("DescribeImages", foreign))
        let request = ListRequest(session: bench.session, tags: ["gantry:infrastructure": "inf"], kinds: [.image])
        let found = try await bench.connector.list(request, context: bench.context)
        #expect(found.items.map(\.id) == ["ami-12345678"])
        #expect(await bench.asked()[0]["Owner.1"] == "self")
        #expect(try await bench.connector.list(request, context: bench.context).items.isEmpty)
    }
}
