import XMLRPC

/// The table of methods.
struct XMLRPCMethods: Sendable {
    let calls: InfrastructureCalls
    let version: String
    private let methods: [String: XMLRPCMethod]

    init(calls: InfrastructureCalls, version: String) {
        self.calls = calls
        self.version = version
        let all =
            Self.general(version) + Self.reading(calls) + Self.changes(calls) + Self.machines(calls)
            + Self.owners(calls) + Self.clouds(calls)
        methods = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func method(_ name: String) -> XMLRPCMethod? { methods[name] }

    // MARK: - What the interface tells of itself

    private static let introspections: [String: (help: String, signature: XMLRPCValue)] = [
        "system.listMethods": ("system.listMethods(): names of all methods", [["array"]]),
        "system.methodHelp": (
            "system.methodHelp(name): what a method does, and how it is called", [["string", "string"]]
        ),
        "system.methodSignature": (
            "system.methodSignature(name): types of the answer and of the parameters", [["array", "string"]]
        ),
        "system.multicall": (
            "system.multicall(calls): several calls in one request, structs {methodName, params}", [["array", "array"]]
        ),
    ]

    /// Answers without IM's pair, as they are everywhere.
    /// - Returns: nil for another method.
    func introspection(_ call: XMLRPCCall) throws(XMLRPCFault) -> XMLRPCValue? {
        switch call.method {
        case "system.listMethods":
            guard call.parameters.isEmpty else { throw XMLRPCFault(text: "system.listMethods() takes no parameter") }
            let names = Array(methods.keys) + Array(Self.introspections.keys)
            return .array(names.sorted().map { .string($0) })
        case "system.methodHelp":
            let name = try name(call)
            if let known = Self.introspections[name] { return .string(known.help) }
            guard let method = methods[name] else { throw .unknownMethod(name) }
            return .string(method.helpText)
        case "system.methodSignature":
            let name = try name(call)
            if let known = Self.introspections[name] { return known.signature }
            guard let method = methods[name] else { throw .unknownMethod(name) }
            return method.signatures
        default: return nil
        }
    }

    private func name(_ call: XMLRPCCall) throws(XMLRPCFault) -> String {
        guard call.parameters.count == 1, case .string(let name) = call.parameters[0] else {
            throw XMLRPCFault(text: "\(call.method)() takes the name of a method")
        }
        return name
    }

    private static func general(_ version: String) -> [XMLRPCMethod] {
        [XMLRPCMethod("GetVersion", "the version of IM's interface that is spoken", []) { _ in .string(version) }]
    }
}
