import XMLRPC

/// One method of the interface: how it is called, and what answers it.
struct XMLRPCMethod: Sendable {
    typealias Answer = @Sendable (XMLRPCArguments) async throws -> XMLRPCValue

    /// Has a place, a name for messages, and a type for `system.methodSignature`.
    struct Parameter: Sendable {
        var name: String
        var type: String

        init(_ name: String, _ type: String) {
            self.name = name
            self.type = type
        }

        static let authorization = Parameter("auth_data", "array")
        static let infrastructure = Parameter("inf_id", "string")
        static let machine = Parameter("vm_id", "string")
        static let document = Parameter("radl_data", "string")
        static let cloud = Parameter("cloud_id", "string")
        static let context = Parameter("context", "boolean")
    }

    let name: String
    let help: String
    let required: [Parameter]
    let optional: [Parameter]
    let answer: Answer

    init(
        _ name: String, _ help: String, _ required: [Parameter], optional: [Parameter] = [],
        answer: @escaping Answer
    ) {
        self.name = name
        self.help = help
        self.required = required
        self.optional = optional
        self.answer = answer
    }

    var parameters: [Parameter] { required + optional }

    /// - Throws: ``XMLRPCFault`` in IM's words, which are Python's.
    func checkCount(_ count: Int) throws(XMLRPCFault) {
        if count < required.count {
            let missing = required[count...].map { "'\($0.name)'" }
            throw XMLRPCFault(
                text: "<class 'TypeError'>:\(name)() missing \(missing.count) required positional "
                    + "argument\(missing.count == 1 ? "" : "s"): \(Self.list(missing))")
        }
        let most = required.count + optional.count
        if count > most {
            let range = optional.isEmpty ? "\(most)" : "from \(required.count) to \(most)"
            throw XMLRPCFault(
                text: "<class 'TypeError'>:\(name)() takes \(range) positional argument\(most == 1 ? "" : "s") but "
                    + "\(count) \(count == 1 ? "was" : "were") given")
        }
    }

    private static func list(_ words: [String]) -> String {
        guard words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + (words.count > 2 ? "," : "") + " and \(words.last ?? "")"
    }

    /// One for each number of parameters; every method answers with a pair.
    var signatures: XMLRPCValue {
        .array(
            (required.count...required.count + optional.count).map { count in
                .array((["array"] + parameters.prefix(count).map(\.type)).map { .string($0) })
            })
    }

    /// How it is called, and what it does.
    var helpText: String {
        let words = required.map(\.name) + optional.map { "[\($0.name)]" }
        return "\(name)(\(words.joined(separator: ", "))): \(help)"
    }
}
