import Authorization
import InfrastructureModel
import Operations
import Orchestration
import RADL

/// Calls that change single machines, beside their power.
extension InfrastructureCalls {
    /// Gives a machine another size or more disks, and returns when it has them, or soon where others come first.
    /// - Returns: What IM answers: the machine's networks and system with the deploys and the contextualization of the whole.
    func alter(_ document: SentDocument, _ id: String, number: String, login: Login) async throws -> RADLDocument {
        try require(.changing)
        try await renewCredentials(id, login: login)
        let text: String
        switch document {
        case .radl(let radl): text = radl
        case .template(let template):
            text = try await manager.document(
                of: login.template(template), altering: InfrastructureID(rawValue: id), caller: login.caller)
        }
        let machine = try await machine(id, number, caller: login.caller).machine
        let submitted = try await manager.alter(
            machine.id.number, of: InfrastructureID(rawValue: id), document: text, caller: login.caller, queues: true)
        if let submitted, try await manager.waitForTurn(of: submitted) {
            let operation = try await manager.waitForEnd(of: submitted)
            if operation.status != .succeeded {
                throw FailedCall(
                    message: "Error modifying the information about the VM \(number): "
                        + (operation.error ?? "it was ended"))
            }
        }
        let (snapshot, altered) = try await self.machine(id, number, caller: login.caller)
        var answer = try MachineDocument.make(altered, of: snapshot)
        let whole = try MachineDocument.document(of: snapshot)
        answer.deploys = whole.deploys
        answer.contextualize = whole.contextualize
        return answer
    }

    /// What a machine has written to its console, or the address of a page that shows it.
    func console(_ id: String, _ number: String, caller: Caller) async throws -> String {
        let (snapshot, machine) = try await machine(id, number, caller: caller)
        let console = try await manager.console(
            ofMachine: machine.id.number, in: snapshot.infrastructure.id, caller: caller)
        switch console {
        case .text(let text), .page(let text): return text
        }
    }

    /// Makes an image of a machine's disk, and returns its URL when it is there.
    /// - Parameter deletes: Whether it goes with the infrastructure.
    func makeImage(
        named name: String, ofDisk disk: Int, of id: String, number: String, deletes: Bool, login: Login
    ) async throws -> String {
        try require(.changing)
        try await renewCredentials(id, login: login)
        let machine = try await machine(id, number, caller: login.caller).machine
        let image = try await manager.makeImage(
            named: name, ofDisk: disk, ofMachine: machine.id.number, in: InfrastructureID(rawValue: id),
            deletesWithInfrastructure: deletes, caller: login.caller)
        return image.uri
    }
}
