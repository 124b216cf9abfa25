package import Foundation

/// Something that the state machine wants done outside. Every action can be carried out again after a crash.
package enum InfrastructureAction: Sendable, Hashable {
    /// Make what machines on the cloud need: security group, key pair.
    case prepare(CloudReference)
    /// One launch call. The token was recorded before; the same token and machines again are safe.
    case launch(LaunchBatch)
    /// Ask for the state of machines, after a delay.
    case describe(CloudReference, [MachineID], after: Duration)
    /// Find out what launches with unknown results have made.
    case findLaunches(CloudReference, [BatchToken], after: Duration)
    /// Start, stop or reboot machines.
    case power(PowerCall, CloudReference, [MachineID])
    /// Give a machine the size and the disks that it is to have.
    case alter(CloudReference, MachineID)
    /// Remove machines. Succeeds when they are already gone.
    case terminate(CloudReference, [MachineID], after: Duration)
    /// Delete what else carries the infrastructure's tag at the cloud, after a delay.
    case sweep(CloudReference, after: Duration)
    /// Configure machines.
    case contextualize(generation: Int, [MachineID])

    /// Equal for actions of which only one is carried out at a time.
    package enum Key: Sendable, Hashable {
        case prepare(CloudSite)
        case launch(BatchToken)
        case describe(CloudSite)
        case find(CloudSite)
        case power(CloudSite)
        case alter(MachineID)
        case terminate(CloudSite)
        case sweep(CloudSite)
        case contextualize
    }

    /// Equal for actions of which only one is carried out at a time.
    package var key: Key {
        switch self {
        case .prepare(let cloud): .prepare(cloud.site)
        case .launch(let batch): .launch(batch.token)
        case .describe(let cloud, _, _): .describe(cloud.site)
        case .findLaunches(let cloud, _, _): .find(cloud.site)
        case .power(_, let cloud, _): .power(cloud.site)
        case .alter(_, let machine): .alter(machine)
        case .terminate(let cloud, _, _): .terminate(cloud.site)
        case .sweep(let cloud, _): .sweep(cloud.site)
        case .contextualize: .contextualize
        }
    }

    /// Name for failpoints and logs.
    package var name: String {
        switch self {
        case .prepare: "prepare"
        case .launch: "launch"
        case .describe: "describe"
        case .findLaunches: "find"
        case .power(let call, _, _): call.rawValue
        case .alter: "alter"
        case .terminate: "terminate"
        case .sweep: "sweep"
        case .contextualize: "contextualize"
        }
    }
}

/// What can be done to the power of a machine.
package enum PowerCall: String, Sendable, Hashable, CaseIterable {
    case start, stop, reboot
}

/// Machines that one call launches, in the order of their batch index.
package struct LaunchBatch: Sendable, Hashable {
    package var token: BatchToken
    package var cloud: CloudReference
    package var machines: [MachineID]
    /// The call may have been made before a crash, and may have made the machines.
    package var isRepeated: Bool

    package init(token: BatchToken, cloud: CloudReference, machines: [MachineID], isRepeated: Bool = false) {
        self.token = token
        self.cloud = cloud
        self.machines = machines
        self.isRepeated = isRepeated
    }
}

/// What came of an action.
package enum InfrastructureInput: Sendable {
    /// A call failed for a reason that may pass; it is made again after a delay. The action goes on.
    case retrying(CloudReference, message: String, at: Date, after: Duration)
    /// How far a call is, in the connector's words. The action goes on.
    case reported(CloudReference, message: String, at: Date)
    case prepared(CloudReference, [ResourceRecord])
    case preparationFailed(CloudReference, message: String)
    /// Results of a launch call, by machine.
    case launched(LaunchBatch, [MachineID: LaunchResult])
    /// What the provider says of machines; of those that it does not know, nil. Why it cannot tell of the others.
    case described(CloudReference, [MachineID: ProviderMachine?], problems: [MachineID: String])
    case describeFailed(CloudReference, message: String)
    /// Provider ids of machines that the tokens have made.
    case launchesFound(CloudReference, [BatchToken], [MachineID: String])
    case findFailed(CloudReference, message: String)
    /// What the provider says of machines after the call, and why it was not done for the others.
    case powered(PowerCall, CloudReference, [MachineID: ProviderMachine], problems: [MachineID: String])
    case altered(CloudReference, MachineID, AlterResult)
    /// Machines that are gone with these disks, and why the others are not.
    case terminated(
        CloudReference, gone: [MachineID], disks: [ResourceRecord] = [], problems: [MachineID: String])
    /// The sweep of a cloud: what is deleted, and what is left over with the reason. Where no reason will pass by itself,
    /// it is not tried again.
    case swept(CloudReference, deleted: [ResourceRecord], left: [ResourceRecord], mayPass: Bool = true)
    case sweepFailed(CloudReference, message: String)
    /// A stored event of the contextualization and what it teaches about its machine.
    case contextualization(InfrastructureEvent, learnt: LearntAccess?)
    /// The contextualization ended; machines that are absent took no part. What was left undone, as no error, is told
    /// by machine.
    case contextualized(
        generation: Int, [MachineID: MachineRecord.Configuration], warnings: [MachineID: [String]] = [:])
}

/// How a machine let us in, or a proxy before it.
package struct LearntAccess: Sendable, Hashable {
    package var endpoint: MachineRecord.Endpoint
    package var hostKey: String
    /// It is no machine of the infrastructure.
    package var isProxy: Bool

    package init(endpoint: MachineRecord.Endpoint, hostKey: String, isProxy: Bool = false) {
        self.endpoint = endpoint
        self.hostKey = hostKey
        self.isProxy = isProxy
    }
}

/// Result of the launch of one machine.
package enum LaunchResult: Sendable, Hashable {
    case machine(ProviderMachine)
    /// Will not succeed as asked for; nothing was made.
    case failed(message: String)
    /// The answer was lost, or tells nothing: a machine may be there.
    case unknown(message: String)
}

/// A machine as the provider sees it, in the model's words.
package struct ProviderMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case pending, running, stopping, stopped, terminated, failed, unknown
    }

    package var id: String
    package var state: State
    /// Why the state is ``State/unknown``, where the connector said a word that is no state.
    package var stateProblem: String?
    package var failure: String?
    package var addresses: [MachineRecord.Address]
    package var sshPort: Int?
    /// Host keys that it was given at its start, `TYPE BASE64`.
    package var hostKeys: [String] = []
    /// What is special about how it runs, for people.
    package var remark: String?
    package var launchedAt: Date?
    /// The end of its console, where it is late.
    package var console: String?

    package init(
        id: String, state: State, stateProblem: String? = nil, failure: String? = nil,
        addresses: [MachineRecord.Address] = [], sshPort: Int? = nil, launchedAt: Date? = nil
    ) {
        self.id = id
        self.state = state
        self.stateProblem = stateProblem
        self.failure = failure
        self.addresses = addresses
        self.sshPort = sshPort
        self.launchedAt = launchedAt
    }
}
