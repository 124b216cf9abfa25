import ConnectorAPI
import InfrastructureModel

extension PowerCall {
    var capability: Capability {
        switch self {
        case .start: .start
        case .stop: .stop
        case .reboot: .reboot
        }
    }
}

extension ActionRunner {
    func power(
        _ call: PowerCall, _ cloud: CloudReference, _ machines: [MachineID]
    ) async throws -> InfrastructureInput {
        let known = providerIDs(machines)
        var answers: [MachineID: ProviderMachine] = [:]
        var problems: [MachineID: String] = [:]
        do {
            let connector = try await manager.sessions.connector(of: cloud)
            guard connector.description.capabilities[call.capability] != nil else {
                throw ConnectorError(
                    code: .unsupported,
                    message: "connector '\(connector.description.name)' cannot \(call.rawValue) machines")
            }
            let outcomes = try await self.call(cloud) { connector, session, context in
                let request = MachinesRequest(session: session, ids: known.map(\.1))
                return switch call {
                case .start: try await connector.start(request, context: context)
                case .stop: try await connector.stop(request, context: context)
                case .reboot: try await connector.reboot(request, context: context)
                }
            }
            for ((id, provider), outcome) in zip(known, outcomes) {
                do {
                    switch outcome {
                    case .done(let machine): answers[id] = ProviderMachine(machine)
                    case .failed(let error): throw error
                    case .inProgress(let progress):
                        let machine = try await continued(progress, cloud).machine
                        answers[id] =
                            machine.map { ProviderMachine($0) } ?? ProviderMachine(id: provider, state: .unknown)
                    }
                } catch let error as ConnectorError {
                    problems[id] = error.description
                }
            }
            for (id, _) in known.dropFirst(outcomes.count) { problems[id] = "the connector gave no result" }
        } catch let error as ConnectorError {
            for (id, _) in known where answers[id] == nil { problems[id] = error.description }
        }
        return .powered(call, cloud, answers, problems: problems)
    }
}
