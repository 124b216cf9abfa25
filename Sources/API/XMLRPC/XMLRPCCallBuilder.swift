import Foundation

/// Makes a call of its elements, one after the other.
struct XMLRPCCallBuilder {
    private enum Element: String {
        case methodCall, methodName, params, param, value, array, data, member, name
        case structure = "struct"
        /// `int`, `string` and the others.
        case scalar = "a type"

        /// Whether text may stand in it that is no blank.
        var holdsText: Bool {
            switch self {
            case .methodName, .name, .scalar, .value: true
            default: false
            }
        }
    }

    private enum Scalar {
        case integer, boolean, double, string, dateTime, base64, null
    }

    private enum Collection {
        case array([XMLRPCValue])
        case structure([XMLRPCValue.Member], name: String?, isComplete: Bool)
    }

    private let limits: XMLRPCLimits
    private var path: [Element] = []
    private var text: [UInt8] = []
    /// The type of the scalar that is open.
    private var scalar = Scalar.string
    /// Arrays and structures that are open.
    private var collections: [Collection] = []
    /// What the `value` that is open has in it.
    private var content: XMLRPCValue?
    private var count = 0
    private var method: String?
    private var parameters: [XMLRPCValue] = []

    private static let scalars: [String: Scalar] = [
        "int": .integer, "i4": .integer, "i8": .integer, "i2": .integer, "i1": .integer, "biginteger": .integer,
        "boolean": .boolean, "double": .double, "float": .double, "bigdecimal": .double, "string": .string,
        "dateTime.iso8601": .dateTime, "dateTime": .dateTime, "base64": .base64, "nil": .null,
    ]

    private static let mostAttributes = 16

    init(limits: XMLRPCLimits) {
        self.limits = limits
    }

    /// - Throws: ``XMLRPCError`` when no call was read.
    func call() throws(XMLRPCError) -> XMLRPCCall {
        guard let method else { throw XMLRPCError("methodCall has no methodName") }
        return XMLRPCCall(method: method, parameters: parameters)
    }

    // MARK: - Elements

    mutating func begin(_ name: String, attributes: Int) throws(XMLRPCError) {
        guard attributes <= Self.mostAttributes else {
            throw XMLRPCError("<\(Self.short(name))> has more than \(Self.mostAttributes) attributes")
        }
        try endOfText()
        switch (path.last, name) {
        case (nil, "methodCall"): path.append(.methodCall)
        case (.methodCall, "methodName") where method == nil: path.append(.methodName)
        case (.methodCall, "params"): path.append(.params)
        case (.params, "param"): path.append(.param)
        case (.param, "value"), (.data, "value"), (.member, "value"): try beginValue()
        case (.value, _) where content == nil: try beginTyped(name)
        case (.array, "data"): path.append(.data)
        case (.structure, "member"):
            setMember(name: nil, isComplete: false)
            path.append(.member)
        case (.member, "name"): path.append(.name)
        default:
            throw XMLRPCError("<\(Self.short(name))> cannot stand \(path.last.map { "in \($0.rawValue)" } ?? "here")")
        }
    }

    private mutating func beginValue() throws(XMLRPCError) {
        count += 1
        guard count <= limits.values else { throw XMLRPCError("the call has more than \(limits.values) values") }
        path.append(.value)
    }

    private mutating func beginTyped(_ name: String) throws(XMLRPCError) {
        if let scalar = Self.scalars[name] {
            self.scalar = scalar
            path.append(.scalar)
            return
        }
        guard name == "array" || name == "struct" else {
            throw XMLRPCError("'\(Self.short(name))' is no type of XML-RPC")
        }
        guard collections.count < limits.depth else {
            throw XMLRPCError("arrays and structs are deeper than \(limits.depth)")
        }
        collections.append(name == "array" ? .array([]) : .structure([], name: nil, isComplete: false))
        path.append(name == "array" ? .array : .structure)
    }

    mutating func end() throws(XMLRPCError) {
        if content != nil || path.last?.holdsText == false { try endOfText() }
        switch path.popLast() {
        case .methodName: try endMethodName()
        case .name:
            setMember(name: takeText(), isComplete: false)
        case .scalar:
            content = try scalarValue(takeText())
        case .value:
            if let typed = content {
                content = nil
                try deliver(typed)
            } else {
                try deliver(.string(takeText()))
            }
        case .array, .structure:
            switch collections.popLast() {
            case .array(let elements): content = .array(elements)
            case .structure(let members, _, _): content = .structure(members)
            case nil: break
            }
        case .member:
            guard case .structure(_, _, isComplete: true) = collections.last else {
                throw XMLRPCError("a member of a struct needs a name and a value")
            }
        default: break
        }
    }

    private mutating func endMethodName() throws(XMLRPCError) {
        let name = takeText().trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.isEmpty else { throw XMLRPCError("methodName is empty") }
        method = name
    }

    // MARK: - Values

    /// Gives a value to what stands around it.
    private mutating func deliver(_ value: XMLRPCValue) throws(XMLRPCError) {
        switch path.last {
        case .param: parameters.append(value)
        case .data:
            // Taken out before it is changed: a second owner would copy it.
            guard case .array(var elements) = collections.popLast() else { return }
            elements.append(value)
            collections.append(.array(elements))
        case .member:
            guard case .structure(var members, let name, let isComplete) = collections.popLast() else { return }
            guard let name, !isComplete else {
                throw XMLRPCError("a member of a struct needs one name, then one value")
            }
            members.append(XMLRPCValue.Member(name, value))
            collections.append(.structure(members, name: name, isComplete: true))
        default: break
        }
    }

    private mutating func setMember(name: String?, isComplete: Bool) {
        guard case .structure(let members, _, _) = collections.popLast() else { return }
        collections.append(.structure(members, name: name, isComplete: isComplete))
    }

    private func scalarValue(_ text: String) throws(XMLRPCError) -> XMLRPCValue {
        if scalar == .string { return .string(text) }
        let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
        switch scalar {
        case .string: return .string(text)
        case .null: return .null
        case .dateTime: return .dateTime(word)
        case .integer:
            guard let value = Int64(word) else { throw XMLRPCError("an int is no integer of at most 64 bits") }
            return .integer(value)
        case .double:
            guard let value = Double(word), value.isFinite else { throw XMLRPCError("a double is no finite number") }
            return .double(value)
        case .boolean:
            switch word.lowercased() {
            case "1", "true": return .boolean(true)
            case "0", "false": return .boolean(false)
            default: throw XMLRPCError("a boolean is neither 0 nor 1")
            }
        case .base64:
            guard let data = Data(base64Encoded: word, options: .ignoreUnknownCharacters) else {
                throw XMLRPCError("a base64 value cannot be decoded")
            }
            return .base64(Array(data))
        }
    }

    // MARK: - Text

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        // Blanks between elements, which may be many, are not kept.
        if content != nil || path.last?.holdsText != true, unsafe bytes.allSatisfy(Self.isBlank) { return }
        unsafe text.append(contentsOf: bytes)
    }

    private mutating func takeText() -> String {
        defer { text.removeAll(keepingCapacity: text.count < 1 << 16) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Between elements there are blanks only.
    private mutating func endOfText() throws(XMLRPCError) {
        guard text.allSatisfy(Self.isBlank) else {
            throw XMLRPCError("there is text \(path.last.map { "in \($0.rawValue)" } ?? "outside") beside elements")
        }
        text.removeAll(keepingCapacity: true)
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte)
    }

    private static func short(_ name: String) -> String {
        name.count > 40 ? "\(name.prefix(40))…" : name
    }
}
