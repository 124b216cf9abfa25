package import ConnectorAPI
import Foundation

extension LibvirtConnector {
    package func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        switch try LibvirtStep(request.state) {
        case .launch(let item):
            do throws(ConnectorError) {
                return try await launch(item, session, budget).step { StepResult(machine: $0) }
            } catch {
                throw Self.explained(error, item)
            }
        case .stop(let id, let until):
            return try await stop(id, until: until, session, budget).step { StepResult(machine: $0) }
        case .resize(let id, let flavor, let until, let restart):
            return try await resize(id, flavor, until: until, restart: restart, session, budget)
                .step { StepResult(machine: $0) }
        case .snapshot(let order):
            return try await snapshot(order, session, budget).step { StepResult(image: $0) }
        }
    }

    package func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        let session = try sessions.session(request.session)
        let until = Date().timeIntervalSince1970 + Self.stopPatience
        return try await resize(
            request.id, request.flavor, until: until, restart: nil, session, CallBudget(context))
    }

    /// - Parameter restart: Whether the machine ran when the call began; nil: this is its beginning.
    private func resize(
        _ id: String, _ flavor: String, until: Double, restart: Bool?, _ session: LibvirtSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Machine> {
        try await session.connection.run("the size of machine '\(id)'", budget) { host throws(ConnectorError) in
            guard let domain = try host.domain(id), var label = try domain.label() else {
                throw Self.unknown(id, session)
            }
            let state = try domain.state()
            let restart = restart ?? state.isActive
            if label.flavor != flavor {
                guard let size = MachineSize(flavor: flavor),
                    size.architecture == MachineSize(flavor: label.flavor)?.architecture
                else {
                    throw ConnectorError(
                        code: .invalidArgument,
                        message: "'\(flavor)' is no size for machine '\(domain.name)', whose is \(label.flavor)",
                        field: "flavor")
                }
                try host.host().check(size)
                if state.isActive {
                    guard case .done = try host.stop(domain, label, state, until: until) else {
                        return try .waiting(.resize(id, flavor: flavor, until: until, restart: restart), 1_000)
                    }
                }
                try domain.setSize(cpus: size.cpus, memoryBytes: size.memoryBytes)
                label.flavor = flavor
                try domain.setLabel(label)
            }
            if restart, !(try domain.state()).isActive { try domain.start() }
            return .done(try host.machine(id, label, domain.state(), domain))
        }
    }
}
