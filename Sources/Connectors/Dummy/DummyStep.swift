import ConnectorAPI
import Foundation

/// A long operation of the Dummy: what the opaque state of `inProgress` holds. Carrying it out twice does no harm.
enum DummyStep: Codable, Sendable, Hashable {
    case resize(id: String, flavor: String)
    case snapshot(id: String, name: String, tags: [String: String])
    case upload(name: String, sha256: String, tags: [String: String])
    case ensure(
        kind: Resource.Kind, name: String?, spec: JSONValue, dependsOn: [Resource.Reference], tags: [String: String])

    /// Finds out early what can never succeed.
    func check(_ state: DummyState) throws {
        switch self {
        case .resize(let id, _), .snapshot(let id, _, _):
            guard let stored = state.machines[id], stored.machine.state != .terminated else {
                throw DummyConnector.noMachine(id)
            }
        case .ensure(_, _, let spec, _, _):
            if let id = spec["machine"]?.stringValue {
                guard let stored = state.machines[id], stored.machine.state != .terminated else {
                    throw DummyConnector.noMachine(id)
                }
            }
        case .upload:
            break
        }
    }

    /// The result when there is nothing left to do.
    func present(_ state: DummyState) -> StepResult? {
        switch self {
        case .resize(let id, let flavor):
            guard let machine = state.machines[id]?.machine, machine.flavor == flavor else { return nil }
            return StepResult(machine: machine)
        case .snapshot(_, let name, _):
            return Self.image(state, "name", name).map { StepResult(image: $0) }
        case .upload(_, let sha256, _):
            return Self.image(state, "sha256", sha256).map { StepResult(image: $0) }
        case .ensure(let kind, _, let spec, _, let tags):
            let found = state.resources.values.filter { $0.kind == kind && $0.tags == tags }
                .min { DummyConnector.precedes($0.id, $1.id) }
            guard let found, found.provider?["dummy"]?["spec"] == spec else { return nil }
            return StepResult(resource: found)
        }
    }

    /// Carries the operation out.
    func run(_ transaction: inout DummyCloud.Transaction) throws -> StepResult {
        try check(transaction.state)
        if let present = present(transaction.state) { return present }
        switch self {
        case .resize(let id, let flavor):
            transaction.record(DummyEntry(resize: .init(id: id, flavor: flavor)))
        case .snapshot(let id, let name, let tags):
            record(&transaction, imageNamed: name, tags: tags, ["machine": .string(id)])
        case .upload(let name, let sha256, let tags):
            record(&transaction, imageNamed: name, tags: tags, ["sha256": .string(sha256)])
        case .ensure(let kind, let name, let spec, let dependsOn, let tags):
            let existing = transaction.state.resources.values.first { $0.kind == kind && $0.tags == tags }
            let number = transaction.state.lastID + 1
            let id = existing?.id ?? "\(kind.rawValue)-\(number)"
            var details: [String: JSONValue] = ["spec": spec]
            if kind == .publicAddress {
                details["address"] =
                    existing?.provider?["dummy"]?["address"] ?? spec["address"]
                    ?? .string("198.18.\(number >> 8 & 255).\(number & 255)")
            }
            transaction.record(
                DummyEntry(
                    resource: Resource(
                        kind: kind, id: id, name: name, tags: tags, dependsOn: dependsOn,
                        provider: ["dummy": .object(details)])))
        }
        guard let result = present(transaction.state) else {
            throw ConnectorError(code: .internal, message: "an operation of the Dummy had no effect")
        }
        return result
    }

    private func record(
        _ transaction: inout DummyCloud.Transaction, imageNamed name: String, tags: [String: String],
        _ details: [String: JSONValue]
    ) {
        let id = "image-\(transaction.state.lastID + 1)"
        transaction.record(
            DummyEntry(
                resource: Resource(
                    kind: .image, id: id, name: name, tags: tags,
                    provider: ["dummy": .object(details.merging(["name": .string(name)]) { $1 })])))
    }

    private static func image(_ state: DummyState, _ key: String, _ value: String) -> Image? {
        state.resources.values.first { resource in
            resource.kind == .image && resource.provider?["dummy"]?[key] == .string(value)
        }.map(image)
    }

    /// An image that was made here, as the catalog shows it.
    static func image(_ resource: Resource) -> Image {
        let name = resource.name ?? resource.id
        return Image(
            id: resource.id, uri: "mock0://linux.for.ev.er/\(name)", name: name, architecture: "x86_64",
            loginUser: "username")
    }
}
