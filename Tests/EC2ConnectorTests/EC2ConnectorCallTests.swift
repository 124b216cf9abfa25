import ConnectorAPI
import Foundation
import HTTPTransport
import Testing

@testable import EC2

@Suite("Calls of the EC2 connector")
struct EC2ConnectorCallTests {
    private func error<Value>(_ outcome: Outcome<Value>?) -> ConnectorError? {
        if case .failed(let error) = outcome { error } else { nil }
    }

    private func failure(_ body: () async throws -> Void) async -> ConnectorError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ConnectorError
        }
    }

    // MARK: - Sessions

    @Test func sessionsAreClosedOneByOne() async throws {
        let bench = try await Bench(.ok("DescribeRegions"), Canned.identity)
        let request = OpenSessionRequest(
            credentials: Credentials(["username": "AKIDEXAMPLE", "password": "marker-secret", "region": "eu-west-1"]))
        let other = try await bench.connector.openSession(request, context: bench.context).session
        #expect(other != bench.session)
        try await bench.connector.closeSession(bench.session, context: bench.context)
        try await bench.connector.closeSession(bench.session, context: bench.context)
        let closed = MachinesRequest(session: bench.session, ids: [])
        let error = await failure { _ = try await bench.connector.describe(closed, context: bench.context) }
        #expect(error?.code == .unauthenticated)
        let open = MachinesRequest(session: other, ids: [])
        #expect(try await bench.connector.describe(open, context: bench.context).isEmpty)
    }

    @Test func anAccountWithoutImagesGetsThoseOfPublishersAtOnce() async throws {
        func images(_ id: String) -> String { "<imagesSet><item><imageId>\(id)</imageId></item></imagesSet>" }
        let bench = try await Bench(
            .ok("DescribeImages", "<imagesSet/>"), .ok("DescribeImages", images("ami-11111111")),
            .ok("DescribeImages", images("ami-22222222")), .ok("DescribeImages", images("ami-33333333")))
        var request = CatalogRequest(session: bench.session)
        let empty = try await bench.connector.images(request, context: bench.context)
        #expect(empty.items.map(\.id) == ["ami-11111111"])
        #expect(empty.next == nil)
        let own = try await bench.connector.images(request, context: bench.context)
        #expect(own.items.map(\.id) == ["ami-22222222"])
        request.page = own.next
        let others = try await bench.connector.images(request, context: bench.context)
        #expect(others.items.map(\.id) == ["ami-33333333"])
        #expect(others.next == nil)
    }

    @Test(
        arguments: [
            (["username": "a"], [:], ConnectorError.Code.unauthenticated), (["password": "a"], [:], .unauthenticated),
            (["username": "a\nb", "password": "marker"], [:], .unauthenticated),
            (["username": "a", "password": "marker"], ["region": "moon"], .invalidArgument),
            (["username": "a", "password": "marker"], ["endpoint": "not a url"], .invalidArgument),
            (["username": "a", "password": "marker", "region": "eu-west-1.evil.test/"], [:], .invalidArgument),
        ] as [([String: String], [String: JSONValue], ConnectorError.Code)])
    func refusesAccountsWithoutARequest(
        credentials: [String: String], config: [String: JSONValue], code: ConnectorError.Code
    ) async throws {
        let ec2 = CannedEC2([])
        let connector = EC2Connector(http: ec2)
        let request = OpenSessionRequest(credentials: Credentials(credentials), config: config)
        let error = await failure { _ = try await connector.openSession(request, context: CallContext()) }
        #expect(error?.code == code)
        #expect(error.map { !"\($0)".contains("marker") } == true)
        #expect(await ec2.asked.isEmpty)
    }

    @Test func keysOfOneAccountAreOfOneName() async throws {
        for key in ["AKIDFIRST", "AKIDSECOND"] {
            let ec2 = CannedEC2([.ok("DescribeRegions"), Canned.identity])
            let request = OpenSessionRequest(credentials: Credentials(["username": key, "password": "b"]))
            let answer = try await EC2Connector(http: ec2).openSession(request, context: CallContext())
            #expect(answer.account == "123456789012")
            #expect(await ec2.asked.last?["Version"] == "2011-06-15")
            #expect(await ec2.urls == ["ec2", "sts"].map { "https://\($0).us-east-1.amazonaws.com/" })
            let scopes = await ec2.authorizations.map { $0.contains("/us-east-1/sts/aws4_request") }
            #expect(scopes == [false, true])
        }
    }

    /// Who cannot be asked whose keys they are.
    @Test(
        arguments: [
            .refused("GetCallerIdentity", "AccessDenied", status: 403),
            .refused("GetCallerIdentity", "InvalidAction", status: 400), .lost("GetCallerIdentity", .unresolved),
            .lost("GetCallerIdentity", .timeout), .ok("GetCallerIdentity", "<GetCallerIdentityResult/>"),
            .ok("GetCallerIdentity", "<GetCallerIdentityResult><Account>my-cloud</Account></GetCallerIdentityResult>"),
        ] as [CannedEC2.Answer])
    func withoutAnIdentityTheKeyNamesTheAccount(answer: CannedEC2.Answer) async throws {
        let connector = EC2Connector(http: CannedEC2([.ok("DescribeRegions"), answer]))
        let request = OpenSessionRequest(credentials: Credentials(["username": "AKID", "password": "b"]))
        #expect(try await connector.openSession(request, context: CallContext()).account == "AKID")
    }

    @Test(arguments: [(nil, nil), ("https://ec2.test/api", "AKID")] as [(String?, String?)])
    func aServiceThatIsOverloadedRenamesNoAccount(endpoint: String?, account: String?) async throws {
        let ec2 = CannedEC2([.ok("DescribeRegions"), .refused("GetCallerIdentity", "Throttling", status: 400)])
        let connector = EC2Connector(http: ec2)
        let request = OpenSessionRequest(
            credentials: Credentials(["username": "AKID", "password": "b"]), endpoint: endpoint)
        var answer: OpenSessionResponse?
        let error = await failure { answer = try await connector.openSession(request, context: CallContext()) }
        #expect(answer?.account == account)
        #expect((error?.code == .throttled) == (endpoint == nil))
        if let endpoint { #expect(await ec2.urls == [endpoint, endpoint]) }
    }

    @Test func anAccountThatMayAskNothingIsStillOpen() async throws {
        let connector = EC2Connector(
            http: CannedEC2([.refused("DescribeRegions", "UnauthorizedOperation", status: 403)]))
        let request = OpenSessionRequest(credentials: Credentials(["username": "a", "password": "b"]))
        let answer = try await connector.openSession(request, context: CallContext())
        #expect(answer.account == "a")
    }

    // MARK: - Launch

    private func launch(
        _ bench: Bench, _ items: [MachineSpec], token: String = "batch-1"
    ) async throws -> [Outcome<Machine>] {
        try await bench.connector.launch(
            LaunchRequest(
                session: bench.session, batchToken: token, items: items, tags: ["gantry:infrastructure": "inf"]),
            context: bench.context)
    }

    private static func launched(_ count: Int, from first: Int = 0) -> CannedEC2.Answer {
        let instances = (0..<count).reversed().map {
            Canned.instance(Canned.id(first + $0), index: $0, state: "pending")
        }
        return .ok("RunInstances", "<instancesSet>\(instances.joined())</instancesSet>")
    }

    @Test func oneRequestStartsABatch() async throws {
        let bench = try await Bench(Self.launched(3))
        var items = (0..<3).map { Canned.spec($0) }
        for index in items.indices {
            items[index].userData = Data("#cloud-config".utf8)
            items[index].keyPair = "key"
            items[index].zone = "eu-west-1b"
            items[index].interfaces = [
                .init(index: 0, public: true, groups: ["sg-1"]), .init(index: 1, groups: ["sg-1"]),
            ]
            items[index].provider = ["ec2": ["iamInstanceProfile": "role"]]
        }
        let outcomes = try await launch(bench, items)
        #expect(try outcomes.map { try $0.get().id } == (0..<3).map(Canned.id))
        #expect(try outcomes.map { try $0.get().machineID } == ["inf.0", "inf.1", "inf.2"])
        let asked = try #require(await bench.asked().first)
        #expect(await bench.actions() == ["RunInstances"])
        #expect(asked["ImageId"] == "ami-0123456789abcdef0")
        #expect(asked["MinCount"] == "3")
        #expect(asked["MaxCount"] == "3")
        #expect(asked["UserData"] == Data("#cloud-config".utf8).base64EncodedString())
        #expect(asked["KeyName"] == "key")
        #expect(asked["Placement.AvailabilityZone"] == "eu-west-1b")
        #expect(asked["SecurityGroupId.1"] == "sg-1")
        #expect(asked["SecurityGroupId.2"] == nil)
        #expect(asked["IamInstanceProfile.Name"] == "role")
        #expect(asked["TagSpecification.1.ResourceType"] == "instance")
        #expect(asked["TagSpecification.2.ResourceType"] == "volume")
        #expect(asked["Version"] == "2016-11-15")
    }

    @Test func interfacesDisksAndSpot() async throws {
        let bench = try await Bench(
            .ok(
                "DescribeImages",
                "<imagesSet><item><imageId>ami-0123456789abcdef0</imageId><rootDeviceName>/dev/xvda</rootDeviceName></item>"
                    + "</imagesSet>"), Self.launched(1), Self.launched(1, from: 1))
        var item = Canned.spec(0)
        item.interfaces = [.init(index: 0, network: "vpc-12345678.subnet-12345678", groups: ["sg-1"])]
        item.disks = [
            .init(index: 0, sizeBytes: 20_000_000_000, type: "gp3"), .init(index: 1, sizeBytes: 1 << 30, device: "hdb"),
            .init(index: 2, source: "aws://eu-west-1/snap-12345678"),
        ]
        item.spot = .init(maxPrice: 0.25)
        _ = try await launch(bench, [item])[0].get()
        // What is known of an image is not asked again.
        item.machineID = "inf.1"
        _ = try await launch(bench, [item], token: "batch-2")[0].get()
        #expect(await bench.actions() == ["DescribeImages", "RunInstances", "RunInstances"])
        let asked = await bench.asked()[1]
        #expect(asked["NetworkInterface.1.SubnetId"] == "subnet-12345678")
        #expect(asked["NetworkInterface.1.SecurityGroupId.1"] == "sg-1")
        #expect(asked["NetworkInterface.1.AssociatePublicIpAddress"] == "true")
        #expect(asked["SubnetId"] == nil)
        #expect(asked["SecurityGroupId.1"] == nil)
        #expect(asked["BlockDeviceMapping.1.DeviceName"] == "/dev/xvda")
        #expect(asked["BlockDeviceMapping.1.Ebs.VolumeSize"] == "19")
        #expect(asked["BlockDeviceMapping.2.DeviceName"] == "/dev/sdb")
        #expect(asked["BlockDeviceMapping.2.Ebs.VolumeSize"] == "1")
        #expect(asked["BlockDeviceMapping.3.Ebs.SnapshotId"] == "snap-12345678")
        #expect(asked["InstanceMarketOptions.SpotOptions.MaxPrice"] == "0.25")
    }

    @Test(
        arguments: [
            (false, nil, nil, nil), (false, "no", nil, "false"), (true, "no", nil, nil),
            (false, nil, "subnet-12345678", "true"),
            (false, "no", "subnet-12345678", "false"), (true, "no", "subnet-12345678", "true"),
        ] as [(Bool, String?, String?, String?)])
    func publicAddressesAsIMGivesThem(
        isPublic: Bool, hint: String?, network: String?, expected: String?
    ) async throws {
        let bench = try await Bench(Self.launched(1))
        var item = Canned.spec(0)
        item.interfaces = [.init(index: 0, network: network, public: isPublic)]
        if let hint { item.provider = ["radl": ["ec2.associate_public_ip_address": .string(hint)]] }
        _ = try await launch(bench, [item])
        #expect(await bench.asked()[0]["NetworkInterface.1.AssociatePublicIpAddress"] == expected)
    }

    /// The answer is lost, the call is made again: EC2 gets the very same request, whose token it knows.
    @Test func aLostAnswerIsAskedForAgain() async throws {
        let bench = try await Bench(.lost("RunInstances"), Self.launched(2))
        let items = (0..<2).map { Canned.spec($0) }
        let first = try await launch(bench, items)
        #expect(first.compactMap { error($0)?.code } == [.timeout, .timeout])
        let second = try await launch(bench, items)
        #expect(try second.map { try $0.get().id } == [Canned.id(0), Canned.id(1)])
        let asked = await bench.asked()
        #expect(asked[0].parameters == asked[1].parameters)
        #expect(asked[0]["ClientToken"] != nil)
    }

    @Test func groupsFailAlone() async throws {
        let bench = try await Bench(
            .refused("RunInstances", "InsufficientInstanceCapacity", status: 500), Self.launched(1))
        let outcomes = try await launch(bench, [Canned.spec(0), Canned.spec(1, flavor: "t3.large")])
        let failed = outcomes.compactMap { error($0) }
        #expect(failed.map(\.code) == [.unavailable])
        #expect(failed[0].provider == .init(code: "InsufficientInstanceCapacity", requestID: "r-2", status: 500))
        #expect(outcomes.count == 2)
    }

    @Test(
        arguments: [
            ("InvalidAMIID.NotFound", "", ConnectorError.Code.invalidArgument, "items[0].image"),
            ("InvalidParameterValue", "Invalid value 'x' for InstanceType.", .invalidArgument, "items[0].flavor"),
            ("InvalidKeyPair.NotFound", "", .invalidArgument, "items[0].keyPair"),
            ("InvalidGroup.NotFound", "", .invalidArgument, "items[0].interfaces"),
            ("IdempotentParameterMismatch", "", .alreadyExists, nil), ("VcpuLimitExceeded", "", .quotaExceeded, nil),
            ("RequestLimitExceeded", "", .throttled, nil), ("UnauthorizedOperation", "", .permissionDenied, nil),
        ] as [(String, String, ConnectorError.Code, String?)])
    func refusalsNameTheField(
        ec2: String, message: String, code: ConnectorError.Code, field: String?
    ) async throws {
        let bench = try await Bench(.refused("RunInstances", ec2, message, headers: ["Retry-After": "3"]))
        let failed = try #require(error(try await launch(bench, [Canned.spec(0)])[0]))
        #expect(failed.code == code)
        #expect(failed.field == field)
        #expect(failed.message.contains("worker-0"))
        #expect(failed.retryAfterMs == 3_000)
    }

    @Test func aPassedDeadlineSendsNothing() async throws {
        let bench = try await Bench()
        let outcomes = try await bench.connector.launch(
            LaunchRequest(
                session: bench.session, batchToken: "b", items: [Canned.spec(0)], tags: ["gantry:infrastructure": "i"]),
            context: CallContext(deadlineMs: 0))
        #expect(error(outcomes[0])?.code == .timeout)
        #expect(await bench.actions().isEmpty)
    }

    @Test(arguments: ["", "a b", String(repeating: "a", count: 65), "bä"])
    func refusesTokensThatAreNone(token: String) async throws {
        let bench = try await Bench()
        let error = await failure { _ = try await launch(bench, [Canned.spec(0)], token: token) }
        #expect(error?.field == "batchToken")
    }

    // MARK: - Machines

    @Test func describeLeavesUnknownOnesOut() async throws {
        let gone = Canned.id(2)
        let bench = try await Bench(
            .refused("DescribeInstances", "InvalidInstanceID.NotFound", "The instance IDs '\(gone)' do not exist"),
            .ok("DescribeInstances", Canned.reservation(Canned.instance(Canned.id(1)))))
        let outcomes = try await bench.connector.describe(
            MachinesRequest(session: bench.session, ids: ["nonsense", Canned.id(1), gone, Canned.id(1)]),
            context: bench.context)
        #expect(outcomes.map { error($0)?.code } == [.notFound, nil, .notFound, nil])
        let asked = await bench.asked()
        #expect(asked.count == 2)
        #expect(asked[0]["InstanceId.1"] == Canned.id(1))
        #expect(asked[0]["InstanceId.2"] == gone)
        #expect(asked[0]["InstanceId.3"] == nil)
        #expect(asked[1]["InstanceId.2"] == nil)
    }

    @Test func describeFindsOutByFilterWhatEC2DoesNotName() async throws {
        let bench = try await Bench(
            .refused("DescribeInstances", "InvalidInstanceID.NotFound", "Some do not exist"),
            .ok("DescribeInstances", Canned.reservation(Canned.instance(Canned.id(1)))),
            .ok("DescribeInstances", Canned.reservation(Canned.instance(Canned.id(1)))))
        let outcomes = try await bench.connector.describe(
            MachinesRequest(session: bench.session, ids: [Canned.id(1), Canned.id(2)]), context: bench.context)
        #expect(outcomes.map { error($0)?.code } == [nil, .notFound])
        #expect(await bench.asked()[1]["Filter.1.Name"] == "instance-id")
    }

    @Test func describeAsksForAThousandAtOnce() async throws {
        let bench = try await Bench(
            .ok("DescribeInstances", Canned.reservation((0..<1_000).map { Canned.instance(Canned.id($0)) }.joined())),
            .ok("DescribeInstances", Canned.reservation(Canned.instance(Canned.id(1_000)))))
        let outcomes = try await bench.connector.describe(
            MachinesRequest(session: bench.session, ids: (0...1_000).map(Canned.id)), context: bench.context)
        #expect(try outcomes.map { try $0.get().id } == (0...1_000).map(Canned.id))
        #expect(await bench.actions().count == 2)
    }

    @Test func nothingIsAskedForNothing() async throws {
        let bench = try await Bench()
        for ids in [[], ["nonsense"]] {
            let request = MachinesRequest(session: bench.session, ids: ids)
            #expect(try await bench.connector.describe(request, context: bench.context).count == ids.count)
            #expect(try await bench.connector.terminate(request, context: bench.context).count == ids.count)
        }
        #expect(await bench.actions().isEmpty)
    }

    @Test func terminateEndsThoseThatExist() async throws {
        let bench = try await Bench(
            .refused(
                "TerminateInstances", "InvalidInstanceID.NotFound",
                "The instance IDs '\(Canned.id(1)), \(Canned.id(3))' do not exist"), .ok("TerminateInstances"))
        let outcomes = try await bench.connector.terminate(
            MachinesRequest(session: bench.session, ids: (0..<4).map(Canned.id)), context: bench.context)
        #expect(outcomes.allSatisfy { $0 == .done(Empty()) })
        let asked = await bench.asked()
        #expect(asked[1]["InstanceId.1"] == Canned.id(0))
        #expect(asked[1]["InstanceId.2"] == Canned.id(2))
        #expect(asked[1]["InstanceId.3"] == nil)
    }

    @Test func terminateOfGoneOnesSucceeds() async throws {
        let bench = try await Bench(
            .refused(
                "TerminateInstances", "InvalidInstanceID.NotFound", "The instance ID '\(Canned.id(1))' does not exist"))
        let outcomes = try await bench.connector.terminate(
            MachinesRequest(session: bench.session, ids: [Canned.id(1)]), context: bench.context)
        #expect(outcomes == [.done(Empty())])
    }

    @Test func powerTouchesOnlyWhatIsNotYetThere() async throws {
        let bench = try await Bench(
            .ok(
                "DescribeInstances",
                Canned.reservation(
                    Canned.instance(Canned.id(0), state: "running"), Canned.instance(Canned.id(1), state: "stopped"),
                    Canned.instance(Canned.id(2), state: "stopping"), Canned.instance(Canned.id(3), state: "terminated")
                )),
            .ok("StartInstances"))
        let outcomes = try await bench.connector.start(
            MachinesRequest(session: bench.session, ids: (0..<4).map(Canned.id)), context: bench.context)
        #expect(outcomes.map { error($0)?.code } == [nil, nil, .aborted, .notFound])
        #expect(try outcomes[1].get().state == .pending)
        let asked = await bench.asked()[1]
        #expect(asked["InstanceId.1"] == Canned.id(1))
        #expect(asked["InstanceId.2"] == nil)
    }

    // MARK: - Resources

    private let tags = ["gantry:infrastructure": "inf", "gantry:role": "g"]

    private func groupInfo(_ id: String, tags: [String: String]) -> String {
        let set = tags.map { "<item><key>\($0.key)</key><value>\($0.value)</value></item>" }.joined()
        return "<securityGroupInfo><item><groupId>\(id)</groupId><groupName>g</groupName><tagSet>\(set)</tagSet></item>"
            + "</securityGroupInfo>"
    }

    private func ensureGroup(_ bench: Bench) async throws -> Outcome<Resource> {
        try await bench.connector.ensureSecurityGroup(
            EnsureRequest(
                session: bench.session, spec: SecurityGroupSpec(name: "g", description: "d", rules: []), tags: tags),
            context: bench.context)
    }

    /// The group was made, its answer lost, and the list by tags does not show it yet: its name does.
    @Test func aGroupWhoseAnswerWasLostIsFoundByName() async throws {
        let bench = try await Bench(
            .ok("DescribeSecurityGroups", "<securityGroupInfo/>"),
            .refused("CreateSecurityGroup", "InvalidGroup.Duplicate"),
            .ok("DescribeSecurityGroups", groupInfo("sg-12345678", tags: tags)), .ok("AuthorizeSecurityGroupIngress"))
        #expect(try await ensureGroup(bench).get().id == "sg-12345678")
    }

    @Test func anotherOnesGroupIsNotTaken() async throws {
        let bench = try await Bench(
            .ok("DescribeSecurityGroups", "<securityGroupInfo/>"),
            .refused("CreateSecurityGroup", "InvalidGroup.Duplicate"),
            .ok("DescribeSecurityGroups", groupInfo("sg-12345678", tags: ["gantry:infrastructure": "other"])))
        let error = await failure { _ = try await ensureGroup(bench) }
        #expect(error?.code == .alreadyExists)
        #expect(await bench.actions().last == "DescribeSecurityGroups")
    }

    @Test func aKeyPairWithAnotherKeyIsNotTaken() async throws {
        let bench = try await Bench(
            .ok(
                "DescribeKeyPairs",
                "<keySet><item><keyName>k</keyName><publicKey>ssh-rsa AAAA x</publicKey></item></keySet>"))
        let error = await failure {
            _ = try await bench.connector.ensureKeyPair(
                EnsureRequest(
                    session: bench.session, spec: KeyPairSpec(name: "k", publicKey: "ssh-rsa BBBB y"), tags: tags),
                context: bench.context)
        }
        #expect(error?.code == .alreadyExists)
    }

    @Test func nothingIsEnsuredOrListedWithoutTags() async throws {
        let bench = try await Bench()
        let request = ListRequest(session: bench.session, tags: [:])
        #expect(await failure { _ = try await bench.connector.list(request, context: bench.context) }?.field == "tags")
        #expect(await bench.actions().isEmpty)
    }

    // MARK: - Volumes

    @Test func aVolumeWithoutAZoneIsInTheFirstThatIsAvailable() async throws {
        let zones = [("eu-west-1b", "available"), ("eu-west-1c", "available"), ("eu-west-1a", "impaired")]
            .map { "<item><zoneName>\($0)</zoneName><zoneState>\($1)</zoneState></item>" }
        let bench = try await Bench(
            .ok("DescribeVolumes", "<volumeSet/>"),
            .ok("DescribeAvailabilityZones", "<availabilityZoneInfo>\(zones.joined())</availabilityZoneInfo>"),
            .ok("CreateVolume", "<volumeId>vol-1</volumeId><status>creating</status>"))
        let outcome = try await bench.connector.ensureVolume(
            EnsureRequest(session: bench.session, spec: VolumeSpec(name: "v", sizeBytes: 1 << 30), tags: ["k": "v"]),
            context: bench.context)
        #expect(try outcome.get().id == "vol-1")
        #expect(await bench.asked().last?["AvailabilityZone"] == "eu-west-1b")
    }

    @Test func aVolumeForAMachineThatIsGoneIsRefused() async throws {
        let bench = try await Bench(
            .ok("DescribeVolumes", "<volumeSet/>"), .ok("DescribeInstances", "<reservationSet/>"))
        let spec = VolumeSpec(name: "v", sizeBytes: 1 << 30, machine: Canned.id(0))
        let request = EnsureRequest(session: bench.session, spec: spec, tags: ["k": "v"])
        let error = await failure { _ = try await bench.connector.ensureVolume(request, context: bench.context) }
        #expect(error?.code == .notFound)
        #expect(error?.field == "spec.machine")
    }

    @Test func tagsWithStarsMatchThemselves() async throws {
        let bench = try await Bench(.ok("DescribeInstances", "<reservationSet/>"))
        _ = try await bench.connector.list(
            ListRequest(session: bench.session, tags: ["k": "a*b?c\\d"], kinds: [.machine]), context: bench.context)
        #expect(await bench.asked()[0]["Filter.1.Value.1"] == "a\\*b\\?c\\\\d")
    }

    @Test(arguments: [
        (
            ["k": String(repeating: "v", count: 257)],
            "the value of a tag has at most 256 characters at EC2, that of 'k' has more"
        ),
        ([String(repeating: "k", count: 129): "v"], "a tag's key has at most 128 characters at EC2"),
    ])
    func tagsThatEC2CannotKeepAreRefusedHere(tags: [String: String], message: String) async throws {
        let bench = try await Bench()
        let error = await failure {
            _ = try await bench.connector.list(
                ListRequest(session: bench.session, tags: tags), context: bench.context)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == message)
        #expect(await bench.actions().isEmpty)
    }

    @Test func listGoesByPages() async throws {
        let tags = ["gantry:infrastructure": "inf"]
        let bench = try await Bench(
            .ok(
                "DescribeInstances",
                Canned.reservation(Canned.instance(Canned.id(0), tags: tags)) + "<nextToken>more</nextToken>"),
            .ok("DescribeInstances", Canned.reservation(Canned.instance(Canned.id(1), tags: tags))),
            .ok(
                "DescribeVolumes",
                "<volumeSet><item><volumeId>vol-1</volumeId><status>available</status></item><item><volumeId>vol-2</volumeId>"
                    + "<status>in-use</status><attachmentSet><item><deleteOnTermination>true</deleteOnTermination></item>"
                    + "</attachmentSet></item></volumeSet>"))
        var request = ListRequest(session: bench.session, tags: tags, kinds: [.machine, .volume])
        let first = try await bench.connector.list(request, context: bench.context)
        #expect(first.items.map(\.id) == [Canned.id(0)])
        request.page = first.next
        let second = try await bench.connector.list(request, context: bench.context)
        #expect(second.items.map(\.id) == [Canned.id(1), "vol-1"])
        #expect(second.next == nil)
        #expect(await bench.asked()[1]["NextToken"] == "more")
    }

    @Test(arguments: [
        (Resource.Kind.securityGroup, "sg-12345678", "DeleteSecurityGroup"),
        (.network, "subnet-12345678", "DeleteSubnet"),
        (.other, "vpc-12345678", "DeleteVpc"),
    ])
    func whatIsStillNeededIsDeletedLater(kind: Resource.Kind, id: String, action: String) async throws {
        let bench = try await Bench(.refused(action, "DependencyViolation"), .ok(action))
        let request = DeleteResourceRequest(session: bench.session, kind: kind, id: id)
        guard case .inProgress(let progress) = try await bench.connector.delete(request, context: bench.context) else {
            Issue.record("not in progress")
            return
        }
        #expect(progress.pollAfterMs > 0)
        let done = try await bench.connector.resume(
            ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
        #expect(done == .done(StepResult()))
    }

    @Test func aVolumeInUseIsDetachedFirst() async throws {
        let bench = try await Bench(
            .refused("DeleteVolume", "VolumeInUse"), .ok("DetachVolume"), .ok("DeleteVolume"))
        let request = DeleteResourceRequest(session: bench.session, kind: .volume, id: "vol-12345678")
        guard case .inProgress(let progress) = try await bench.connector.delete(request, context: bench.context) else {
            Issue.record("not in progress")
            return
        }
        _ = try await bench.connector.resume(
            ContinueRequest(session: bench.session, state: progress.state), context: bench.context
        ).get()
        #expect(await bench.actions() == ["DeleteVolume", "DetachVolume", "DeleteVolume"])
    }

    /// That the machine ran is with the host before the machine is stopped: a crash in between loses nothing.
    @Test func aResizeRemembersThatTheMachineRan() async throws {
        func state(_ state: String, _ type: String) -> CannedEC2.Answer {
            .ok("DescribeInstances", Canned.reservation(Canned.instance(Canned.id(0), state: state, type: type)))
        }
        let bench = try await Bench(
            state("running", "t3.micro"), state("running", "t3.micro"), .ok("StopInstances"),
            state("stopping", "t3.micro"), state("stopped", "t3.micro"), .ok("ModifyInstanceAttribute"),
            state("stopped", "t3.large"), .ok("StartInstances"), state("running", "t3.large"))
        var outcome = try await bench.connector.resize(
            ResizeRequest(session: bench.session, id: Canned.id(0), flavor: "t3.large"), context: bench.context
        ).step { StepResult(machine: $0) }
        #expect(await bench.actions() == ["DescribeInstances"])
        var steps = 0
        while case .inProgress(let progress) = outcome, steps < 20 {
            outcome = try await bench.connector.resume(
                ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
            steps += 1
        }
        #expect(try outcome.get().machine?.flavor == "t3.large")
        #expect(
            await bench.actions().filter { $0 != "DescribeInstances" } == [
                "StopInstances", "ModifyInstanceAttribute", "StartInstances",
            ])
    }

    @Test(arguments: ["", "{}", "{\"resize\":{}}", "null"])
    func refusesStatesOfOthers(state: String) async throws {
        let bench = try await Bench()
        let error = await failure {
            _ = try await bench.connector.resume(
                ContinueRequest(session: bench.session, state: state), context: bench.context)
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func theDescriptionMatchesWhatIsThere() throws {
        let description = EC2Connector(http: CannedEC2([])).description
        #expect(description.name == "ec2")
        #expect(description.providerTypes == ["EC2"])
        #expect(description.imageSchemes == ["aws"])
        #expect(description.credentialSchema["required"] == ["username", "password"])
        let again = try JSONDecoder().decode(ConnectorDescription.self, from: JSONEncoder().encode(description))
        #expect(again == description)
    }
}
