import Foundation
import InfrastructureModel
import Support
import Testing

/// States in IM's words: of a machine from its phase, of an infrastructure from its machines.
@Suite struct StateTests {
    // MARK: Machines

    struct MachineCase: Sendable, CustomTestStringConvertible {
        var phase: MachineRecord.Phase
        var configuration: MachineRecord.Configuration = .pending
        var goal: MachineRecord.Goal = .present
        var state: MachineState
        var detail: String?

        var testDescription: String { "\(phase), \(configuration), \(goal): \(state)" }
    }

    static let machineCases: [MachineCase] = [
        MachineCase(phase: .planned, state: .pending),
        MachineCase(phase: .launching(batch: BatchToken(rawValue: "b")), state: .pending),
        MachineCase(phase: .starting(provider: "i"), state: .pending),
        MachineCase(phase: .starting(provider: "i"), configuration: .configured, state: .pending),
        MachineCase(phase: .running(provider: "i"), state: .running),
        MachineCase(phase: .running(provider: "i"), configuration: .configured, state: .configured),
        MachineCase(phase: .running(provider: "i"), configuration: .disabled, state: .configured),
        MachineCase(
            phase: .running(provider: "i"), configuration: .failed(message: "task"), state: .unconfigured,
            detail: "task"),
        MachineCase(phase: .stopped(provider: "i"), configuration: .configured, state: .stopped),
        MachineCase(phase: .terminating(provider: nil), goal: .absent, state: .deleting),
        MachineCase(phase: .terminating(provider: "i"), state: .deleting),
        MachineCase(phase: .terminated, goal: .absent, state: .off),
        MachineCase(phase: .vanished, state: .off, detail: "removed at the provider by somebody else"),
        MachineCase(phase: .failed(message: "quota", provider: nil), state: .failed, detail: "quota"),
        MachineCase(phase: .failed(message: "quota", provider: "i"), goal: .absent, state: .deleting, detail: "quota"),
        MachineCase(
            phase: .failed(message: "quota", provider: nil), configuration: .failed(message: "task"), state: .failed,
            detail: "quota"),
    ]

    @Test(arguments: machineCases)
    func machineStates(_ row: MachineCase) {
        var machine = Sample.machine(0, row.phase, row.configuration)
        machine.goal = row.goal
        #expect(machine.state == row.state)
        #expect(machine.detail == row.detail)
    }

    @Test(
        arguments: [
            (MachineRecord.Phase.planned, nil, true), (.launching(batch: BatchToken(rawValue: "b")), nil, true),
            (.starting(provider: "i"), "i", true), (.running(provider: "i"), "i", true),
            (.stopped(provider: "i"), "i", true), (.terminating(provider: nil), nil, true),
            (.terminating(provider: "i"), "i", true), (.terminated, nil, false),
            (.failed(message: "m", provider: "i"), "i", true), (.failed(message: "m", provider: nil), nil, true),
            (.vanished, nil, false),
        ] as [(MachineRecord.Phase, String?, Bool)])
    func providersAndLife(_ phase: MachineRecord.Phase, _ provider: String?, _ isAlive: Bool) {
        let machine = Sample.machine(0, phase)
        #expect(machine.providerID == provider)
        #expect(machine.isAlive == isAlive)
    }

    // MARK: Infrastructures

    /// A machine of each state, worst first: the state of the whole is that of the first that there is.
    private static let byPrecedence: [MachineRecord] = [
        Sample.machine(0, .failed(message: "quota", provider: nil)),
        Sample.machine(1, .starting(provider: "i")),
        Sample.machine(2, .running(provider: "i")),
        Sample.machine(3, .running(provider: "i"), .failed(message: "task")),
        Sample.machine(4, .stopped(provider: "i")),
        Sample.machine(5, .vanished),
        Sample.machine(6, .running(provider: "i"), .configured),
    ]

    /// Every set of states there can be.
    @Test(arguments: 1..<(1 << byPrecedence.count))
    func theWorstMachineCountsInAnyOrder(_ mask: Int) throws {
        let machines = Self.byPrecedence.indices.filter { mask >> $0 & 1 == 1 }.map { Self.byPrecedence[$0] }
        let expected = try #require(machines.first).state.rawValue
        for machines in [machines, machines.reversed(), machines.shuffled()] {
            let snapshot = Sample.snapshot(machines) { $0.configured = false }
            #expect(snapshot.state.rawValue == expected)
        }
    }

    @Test func theStatesAreThoseOfIM() {
        let names = [
            "pending", "running", "stopped", "off", "failed", "configured", "unconfigured", "unknown", "deleting",
        ]
        #expect(MachineState.allCases.map(\.rawValue) == names)
        #expect(InfrastructureState.allCases.map(\.rawValue) == names)
    }

    struct WholeCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var machines: [MachineRecord] = []
        var change: @Sendable (inout InfrastructureRecord) -> Void = { _ in }
        var state: InfrastructureState
    }

    private static let configured = Sample.machine(0, .running(provider: "i"), .configured)
    private static let failed = Sample.machine(1, .failed(message: "quota", provider: nil))

    private static func unwanted(_ machine: MachineRecord) -> MachineRecord {
        var machine = machine
        machine.goal = .absent
        return machine
    }

    static let wholeCases: [WholeCase] = [
        WholeCase(testDescription: "nothing yet", state: .pending),
        WholeCase(testDescription: "empty and configured", change: { $0.configured = true }, state: .configured),
        WholeCase(testDescription: "empty and not configured", change: { $0.configured = false }, state: .failed),
        WholeCase(testDescription: "a failure of the whole", change: { $0.failure = "no cloud" }, state: .failed),
        WholeCase(
            testDescription: "a failure beside a good machine", machines: [configured],
            change: { $0.failure = "no cloud" }, state: .failed),
        WholeCase(
            testDescription: "unwanted machines do not count", machines: [configured, unwanted(failed)],
            state: .configured),
        WholeCase(
            testDescription: "ended machines do not count", machines: [configured, Sample.machine(1, .terminated)],
            state: .configured),
        WholeCase(
            testDescription: "to be destroyed", machines: [configured, failed], change: { $0.goal = .destroyed },
            state: .deleting),
        WholeCase(
            testDescription: "being destroyed", machines: [configured], change: { $0.phase = .destroying },
            state: .deleting),
        WholeCase(
            testDescription: "destroyed with a failure",
            change: {
                $0.phase = .destroyed
                $0.failure = "left over"
            }, state: .deleting),
    ]

    @Test(arguments: wholeCases)
    func theWhole(_ row: WholeCase) {
        #expect(Sample.snapshot(row.machines, row.change).state == row.state)
    }
}

/// Where a machine was reached counts until its provider says otherwise.
@Suite struct CurrentEndpointTests {
    @Test func whatItsProviderSaysCounts() {
        var machine = Sample.machine(0, .running(provider: "p"))
        #expect(machine.currentEndpoint == nil)
        machine.endpoint = .init(host: "192.0.2.1", port: 22)
        #expect(machine.currentEndpoint == machine.endpoint)
        machine.addresses = [.init(interface: 0, address: "192.0.2.1", isPublic: true)]
        #expect(machine.currentEndpoint == machine.endpoint)
        machine.addresses[0].address = "192.0.2.9"
        #expect(machine.currentEndpoint == nil)
    }

    @Test func anotherPortOfTheSameAddress() {
        var machine = Sample.machine(0, .running(provider: "p"))
        machine.addresses = [.init(interface: 0, address: "127.0.0.1", isPublic: true)]
        machine.endpoint = .init(host: "127.0.0.1", port: 41_067)
        machine.sshPort = 41_067
        #expect(machine.currentEndpoint == machine.endpoint)
        machine.sshPort = 36_831
        #expect(machine.currentEndpoint == nil)
    }
}

private enum Sample {
    static let infrastructure = InfrastructureID(rawValue: "inf")
    static let start = Date(timeIntervalSinceReferenceDate: 0)

    static func machine(
        _ number: Int, _ phase: MachineRecord.Phase, _ configuration: MachineRecord.Configuration = .pending
    ) -> MachineRecord {
        let cloud = CloudReference(
            id: "dummy", type: "Dummy", connector: "dummy", credential: CredentialID(rawValue: "c"))
        var machine = MachineRecord(
            id: MachineID(infrastructure: infrastructure, number: number), system: "node",
            placement: Placement(cloud: cloud, image: "image", flavor: "small"), alternatives: [], createdAt: start,
            specification: "s", configuration: configuration)
        machine.phase = phase
        return machine
    }

    static func snapshot(
        _ machines: [MachineRecord], _ change: (inout InfrastructureRecord) -> Void
    ) -> InfrastructureSnapshot {
        var record = InfrastructureRecord(id: infrastructure, name: nil, owners: [], createdAt: start)
        change(&record)
        return InfrastructureSnapshot(
            infrastructure: record, secrets: InfrastructureSecrets(document: ""), machines: machines, resources: [])
    }
}
