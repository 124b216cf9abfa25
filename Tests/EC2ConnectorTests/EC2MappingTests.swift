import ConnectorAPI
import Foundation
import HTTPTransport
import Testing

@testable import EC2

@Suite("Meaning of EC2's errors")
struct EC2ErrorMappingTests {
    @Test(arguments: [
        ("AuthFailure", 401, ConnectorError.Code.unauthenticated), ("SignatureDoesNotMatch", 403, .unauthenticated),
        ("ExpiredToken", 400, .unauthenticated), ("RequestExpired", 400, .unauthenticated),
        ("UnauthorizedOperation", 403, .permissionDenied), ("OptInRequired", 401, .permissionDenied),
        ("RequestLimitExceeded", 503, .throttled), ("Throttling", 400, .throttled), ("Strange", 429, .throttled),
        ("VcpuLimitExceeded", 400, .quotaExceeded), ("InstanceLimitExceeded", 400, .quotaExceeded),
        ("MaxSpotInstanceCountLimitExceeded", 400, .quotaExceeded), ("AddressLimitExceeded", 400, .quotaExceeded),
        ("InsufficientFreeAddressesInSubnet", 400, .quotaExceeded),
        ("InsufficientInstanceCapacity", 500, .unavailable), ("InternalError", 500, .unavailable),
        ("Unavailable", 503, .unavailable), ("Strange", 502, .unavailable),
        ("InvalidInstanceID.NotFound", 400, .notFound), ("InvalidAMIID.NotFound", 400, .notFound),
        ("InvalidGroup.NotFound", 400, .notFound), ("InvalidGroup.Duplicate", 400, .alreadyExists),
        ("InvalidKeyPair.Duplicate", 400, .alreadyExists), ("IdempotentParameterMismatch", 400, .alreadyExists),
        ("IncorrectInstanceState", 400, .aborted), ("VolumeInUse", 400, .aborted),
        ("DependencyViolation", 400, .unavailable), ("UnsupportedOperation", 400, .unsupported),
        ("InvalidParameterValue", 400, .invalidArgument), ("MissingParameter", 400, .invalidArgument),
        ("TagLimitExceeded", 400, .invalidArgument), ("Strange", 403, .permissionDenied),
    ])
    func code(ec2: String, status: Int, code: ConnectorError.Code) {
        #expect(EC2ErrorMapping.code(ec2, status: status) == code)
    }

    private func error(_ body: String, status: Int, headers: HTTPHeaders = HTTPHeaders()) -> ConnectorError {
        EC2ErrorMapping.error(
            "RunInstances", HTTPFullResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    @Test func keepsWhatTheProviderSaid() {
        let said = error(
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Slow &amp; steady</Message></Error>"
                + "<Error><Code>Second</Code></Error></Errors><RequestID>r-9</RequestID></Response>",
            status: 503, headers: ["Retry-After": "7"])
        #expect(said.code == .throttled)
        #expect(said.message == "EC2 refused RunInstances: Slow & steady")
        #expect(said.provider == .init(code: "RequestLimitExceeded", requestID: "r-9", status: 503))
        #expect(said.retryAfterMs == 7_000)
    }

    @Test func readsErrorsOfOtherServices() {
        let body =
            "<ErrorResponse xmlns='urn:sts'><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>old</Message>"
            + "</Error><RequestId>r-8</RequestId></ErrorResponse>"
        #expect(error(body, status: 403).provider == .init(code: "ExpiredToken", requestID: "r-8", status: 403))
    }

    @Test(arguments: [
        ("<html>Bad gateway</html>", 502, ConnectorError.Code.unavailable), ("", 503, .unavailable),
        ("{\"message\": \"no\"}", 403, .permissionDenied), ("moved", 301, .internal), ("", 404, .invalidArgument),
    ])
    func goesByTheStatusWhereThereIsNoDocument(body: String, status: Int, code: ConnectorError.Code) {
        let error = error(body, status: status)
        #expect(error.code == code)
        #expect(error.provider?.status == status)
    }

    @Test(arguments: [
        (HTTPError.Code.timeout, ConnectorError.Code.timeout), (.connectionLost, .timeout), (.truncated, .timeout),
        (.unreachable, .unavailable), (.unresolved, .unavailable), (.untrusted, .unavailable),
        (.cancelled, .cancelled), (.tooLarge, .internal),
    ])
    func noAnswer(http: HTTPError.Code, code: ConnectorError.Code) {
        #expect(EC2ErrorMapping.error("RunInstances", HTTPError(code: http, message: "m")).code == code)
    }
}

@Suite("Values of EC2 in the words of the contract")
struct EC2MappingTests {
    private func instance(_ xml: String) throws -> EC2Instance {
        let reader = try XMLPullReader(Array(xml.utf8))
        return try reader.document { _ in try EC2Instance(reader) }
    }

    @Test(arguments: [
        ("pending", Machine.State.pending), ("running", .running), ("stopping", .stopping), ("stopped", .stopped),
        ("shutting-down", .terminated), ("terminated", .terminated), ("dancing", .unknown),
    ])
    func states(name: String, state: Machine.State) throws {
        #expect(try Machine(instance(Canned.instance("i-1", state: name)), region: "r").state == state)
    }

    @Test func aWholeMachine() throws {
        let tags = ["gantry:batch": "b", "gantry:machines.0": "inf./4:6", "gantry:items": "digest", "Name": "w"]
        let interfaces = """
            <privateIpAddress>172.31.0.5</privateIpAddress><ipAddress>198.18.1.1</ipAddress>
            <groupSet><item><groupId>sg-1</groupId><groupName>g</groupName></item></groupSet><vpcId>vpc-1</vpcId>
            <networkInterfaceSet><item><privateIpAddress>172.31.0.5</privateIpAddress>
            <attachment><deviceIndex>0</deviceIndex></attachment><association><publicIp>198.18.1.1</publicIp></association>
            <ipv6AddressesSet><item><ipv6Address>2001:db8::5</ipv6Address></item></ipv6AddressesSet></item></networkInterfaceSet>
            """
        let machine = Machine(
            try instance(Canned.instance("i-1", index: 2, tags: tags, extra: interfaces)), region: "eu-west-1")
        #expect(machine.machineID == "inf.6")
        #expect(machine.batchToken == "b")
        #expect(machine.tags == ["gantry:batch": "b", "gantry:machine": "inf.6", "Name": "w"])
        #expect(
            machine.addresses == [
                .init(interface: 0, address: "198.18.1.1", public: true),
                .init(interface: 0, address: "172.31.0.5", public: false),
                .init(interface: 0, address: "2001:db8::5", family: .ipv6, public: true),
            ])
        #expect(machine.launchedAt == Date(timeIntervalSince1970: 1_769_860_800))
        #expect(machine.flavor == "t3.micro")
        #expect(machine.zone == "eu-west-1a")
        #expect(machine.provider["ec2"]?["vpc"] == "vpc-1")
    }

    @Test(arguments: [
        ("Server.InsufficientInstanceCapacity", Machine.State.failed), ("Client.VolumeLimitExceeded", .failed),
        ("Client.UserInitiatedShutdown", .terminated), ("Server.SpotInstanceTermination", .terminated),
    ])
    func reasonsOfAnEnd(code: String, state: Machine.State) throws {
        let reason = "<stateReason><code>\(code)</code><message>why</message></stateReason>"
        let machine = Machine(
            try instance(Canned.instance("i-1", state: "terminated", extra: reason)), region: "r")
        #expect(machine.state == state)
        #expect((machine.failure?.code == code) == (state == .failed))
    }

    @Test(arguments: ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z"])
    func dates(text: String) {
        #expect(Machine.date(text) == Date(timeIntervalSince1970: 1_769_860_800))
    }

    @Test(arguments: [
        ("debian-12-amd64-20240717-1811", "debian", "12", "admin"),
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240701", "ubuntu", "22.04", "ubuntu"),
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20250305", "ubuntu", "24.04", "ubuntu"),
        ("al2023-ami-2023.5.20240708.0-kernel-6.1-x86_64", "amazon", "2023", "ec2-user"),
        ("RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3", "rhel", "9.4", "ec2-user"),
        ("Rocky-9-EC2-Base-9.4-20240509.0.x86_64", "rocky", "9", "rocky"),
    ])
    func imagesTellTheirSystem(name: String, flavour: String, version: String, user: String) throws {
        let xml =
            "<item><imageId>ami-12345678</imageId><name>\(name)</name><architecture>arm64</architecture>"
            + "<rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName>"
            + "<ebs><volumeSize>8</volumeSize></ebs></item></blockDeviceMapping></item>"
        let reader = try XMLPullReader(Array(xml.utf8))
        let image = Image(try reader.document { _ in try EC2Image(reader) }, region: "eu-west-1")
        #expect(image.os == .init(name: "linux", flavour: flavour, version: version))
        #expect(image.loginUser == user)
        #expect(image.uri == "aws://eu-west-1/ami-12345678")
        #expect(image.architecture == "aarch64")
        #expect(image.minDiskBytes == 8 << 30)
    }

    @Test func aTypeIsOneFlavorForEachArchitecture() throws {
        let xml = """
            <item><instanceType>g4.big</instanceType><vCpuInfo><defaultVCpus>4</defaultVCpus></vCpuInfo>
            <memoryInfo><sizeInMiB>16384</sizeInMiB></memoryInfo>
            <processorInfo><supportedArchitectures><item>i386</item><item>x86_64</item></supportedArchitectures></processorInfo>
            <gpuInfo><gpus><item><name>T4</name><manufacturer>NVIDIA</manufacturer><count>2</count></item></gpus></gpuInfo></item>
            """
        let reader = try XMLPullReader(Array(xml.utf8))
        let flavors = Flavor.all(try reader.document { _ in try EC2InstanceType(reader) })
        #expect(flavors.map(\.architecture) == ["i386", "x86_64"])
        #expect(flavors.allSatisfy { $0.id == "g4.big" && $0.cpuCount == 4 && $0.memoryBytes == 16 << 30 })
        #expect(flavors[0].gpus == [.init(vendor: "NVIDIA", model: "T4", count: 2)])
        #expect(flavors[0].pricePerHour == nil)
    }

    @Test(
        arguments: [
            (1, 1), (1 << 30, 1), ((1 << 30) + 1, 2), (20_000_000_000, 19), (Int64.max, 8_589_934_592),
        ] as [(Int64, Int64)])
    func gibibytes(bytes: Int64, size: Int64) {
        #expect(EC2BlockDevice.gibibytes(bytes) == size)
    }

    @Test(
        arguments: [
            ("subnet-12345678", nil, "subnet-12345678"),
            ("vpc-12345678.subnet-12345678", "vpc-12345678", "subnet-12345678"),
            ("vpc-12345678", "vpc-12345678", nil),
        ] as [(String, String?, String?)])
    func networkNames(text: String, vpc: String?, subnet: String?) throws {
        let name = try EC2NetworkName(text, field: "f")
        #expect(name.vpc == vpc)
        #expect(name.subnet == subnet)
    }

    @Test(arguments: [
        "", "vpc", "subnet-12345678.vpc-12345678", "subnet-1234567.", "public", "subnet-GGGGGGGG", "a.b.c",
    ])
    func refusedNetworkNames(text: String) {
        #expect(throws: ConnectorError.self) { try EC2NetworkName(text, field: "f") }
    }

    @Test(arguments: [
        ("10.1.2.3/8", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"), ("192.168.1.7", "192.168.1.7/32"),
        ("192.168.1.7/31", "192.168.1.6/31"),
    ])
    func blocksOfAddressesAsEC2StoresThem(cidr: String, stored: String) throws {
        let spec = SecurityGroupSpec(
            name: "g", description: "d", rules: [.init(transport: .tcp, fromPort: 1, toPort: 2, cidr: cidr)])
        let permissions = try EC2SecurityGroup.permissions(spec, group: "sg-1")
        #expect(permissions.contains(.init(transport: "tcp", fromPort: 1, toPort: 2, source: .cidr(stored))))
        #expect(permissions.contains(.init(transport: "-1", fromPort: -1, toPort: -1, source: .group("sg-1"))))
    }

    @Test(arguments: ["", "10.0.0/8", "10.0.0.0/33", "10.0.0.256", "10.0.0.0/8/8", "everywhere"])
    func refusedBlocks(cidr: String) {
        let spec = SecurityGroupSpec(
            name: "g", description: "d", rules: [.init(transport: .tcp, fromPort: 1, toPort: 2, cidr: cidr)])
        #expect(throws: ConnectorError.self) { try EC2SecurityGroup.permissions(spec, group: "sg-1") }
    }

    @Test(arguments: [
        ("i-0123456789abcdef0", true), ("i-12345678", true), ("i-1234567", false), ("i-0123456789ABCDEF0", false),
        ("i-0123456789abcdef01", false), ("vol-12345678", false), ("", false), ("i-１２３４５６７８", false),
    ])
    func ids(text: String, isValid: Bool) {
        #expect(EC2ID.isValid(text, "i") == isValid)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var field: String
        var change: @Sendable (inout MachineSpec) -> Void
        var testDescription: String { name }

        static let all = [
            Refused(name: "image of another region", field: "image") { $0.image = "aws://us-east-1/ami-12345678" },
            Refused(name: "image of another cloud", field: "image") { $0.image = "ost://host/ami-12345678" },
            Refused(name: "no flavor", field: "flavor") { $0.flavor = "" },
            Refused(name: "too much user data", field: "userData") { $0.userData = Data(count: 16_385) },
            Refused(name: "two subnets", field: "interfaces") {
                $0.interfaces = [
                    .init(index: 0, network: "subnet-12345678"), .init(index: 1, network: "subnet-87654321"),
                ]
            },
            Refused(name: "a VPC without subnet", field: "interfaces") {
                $0.interfaces = [.init(index: 0, network: "vpc-12345678")]
            },
            Refused(name: "disk from a volume", field: "disks") {
                $0.disks = [.init(index: 1, source: "aws://eu-west-1/vol-12345678")]
            },
            Refused(name: "disk without size", field: "disks") { $0.disks = [.init(index: 1)] },
        ]
    }

    @Test(arguments: Refused.all)
    func refusesASpecification(_ refused: Refused) {
        var spec = Canned.spec(0)
        refused.change(&spec)
        do throws(ConnectorError) {
            _ = try LaunchParameters(spec, region: "eu-west-1", at: 3)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalidArgument)
            #expect(error.field == "items[3].\(refused.field)")
        }
    }
}
