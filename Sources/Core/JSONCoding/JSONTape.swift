/// A JSON text with the places of its values, made in one pass: what ``JSONReader`` reads from.
///
/// Built from the bytes as they are, so any text is safe: what is no JSON throws. Used by one thread.
final class JSONTape {
    enum Kind: UInt8 {
        case null, yes, no, number, string, escapedString, array, object
        /// An object in which a name may come twice: each search begins at its first member.
        case repeatingObject
    }

    struct Node {
        var kind: Kind
        /// First byte of the content: after the quote of a string. Of an object: the node at which the next search
        /// begins, since members mostly come in the order in which they are asked for.
        var start: Int32
        /// End of the content: before the quote of a string. Of a container: how many elements or members it has.
        var end: Int32
        /// The node that follows this one and all within it.
        var next: Int32
    }

    /// A place within the text at which it is no JSON.
    struct SyntaxError: Error, CustomStringConvertible {
        enum Reason: String {
            case syntax = "it is no JSON"
            case encoding = "it is not in UTF-8"
            case depth = "it is nested too deep"
            case size = "it is too large"
        }

        var reason: Reason
        var offset: Int

        var description: String { "\(reason.rawValue), from byte \(offset) on" }
    }

    let bytes: [UInt8]
    /// Objects are followed by name, value, name, value, …; arrays by their elements. Owned; of `count` nodes.
    private let nodes: UnsafeMutablePointer<Node>
    private let count: Int

    let form: JSONForm

    init(_ bytes: [UInt8], form: JSONForm) throws(SyntaxError) {
        let built = try JSONTapeBuilder.nodes(of: bytes)
        self.bytes = bytes
        self.form = form
        count = built.count
        nodes = .allocate(capacity: built.count)
        built.withUnsafeBufferPointer { built in
            if let first = built.baseAddress { nodes.initialize(from: first, count: built.count) }
        }
    }

    deinit {
        nodes.deinitialize(count: count)
        nodes.deallocate()
    }

    subscript(index: Int) -> Node {
        precondition(index >= 0 && index < count, "a node outside the tape")
        return nodes[index]
    }

    // MARK: Members

    /// Index of the value of an object's member.
    func member(_ name: String, of object: Int) -> Int? {
        let node = self[object]
        let first = object + 1
        let cursor = node.kind == .repeatingObject ? first : Int(node.start)
        var name = name
        return name.withUTF8 { name in
            search(name, from: cursor, to: Int(node.next), object) ?? search(name, from: first, to: cursor, object)
        }
    }

    private func search(_ name: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ object: Int) -> Int? {
        var index = start
        while index < end {
            if isString(self[index], name) {
                nodes[object].start = Int32(index)
                return index + 1
            }
            index = Int(self[index + 1].next)
        }
        return nil
    }

    private func isString(_ node: Node, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if node.kind == .escapedString { return string(node)?.utf8.elementsEqual(text) ?? false }
        guard Int(node.end - node.start) == text.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            bytes[Int(node.start)..<Int(node.end)].elementsEqual(text)
        }
    }

    /// Names of an object's members with the indices of their values, in order.
    func members(of object: Int) -> [(name: String, value: Int)] {
        let node = self[object]
        var members: [(name: String, value: Int)] = []
        members.reserveCapacity(Int(node.end))
        var index = object + 1
        while index < Int(node.next) {
            // A name that is no text is found by none, so that reading its value throws.
            members.append((string(self[index]) ?? "\u{FFFD}", index + 1))
            index = Int(self[index + 1].next)
        }
        return members
    }

    /// Names and positions that lead from the whole text to a value. Walks there: for errors only.
    func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var index = 0
        while index < target {
            let node = self[index]
            let isArray = node.kind == .array
            var child = index + 1
            var position = 0
            while child < Int(node.next) {
                let value = isArray ? child : child + 1
                if target < Int(self[value].next) {
                    path.append(isArray ? JSONKey(position) : JSONKey(string(self[child]) ?? "?"))
                    break
                }
                child = Int(self[value].next)
                position += 1
            }
            index = isArray ? child : child + 1
        }
        return path
    }

    // MARK: Scalars

    /// The string of a node; nil when it is none or not well formed.
    func string(_ node: Node) -> String? {
        guard node.kind == .string || node.kind == .escapedString else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            let content = bytes[Int(node.start)..<Int(node.end)]
            return node.kind == .string ? String(decoding: content, as: UTF8.self) : JSONEscape.unescape(content)
        }
    }

    func integer<Value: FixedWidthInteger>(_ node: Node, as type: Value.Type) -> Value? {
        guard node.kind == .number else { return nil }
        let (isWhole, value) = bytes.withUnsafeBufferPointer { bytes -> (Bool, Value) in
            var value: Value = 0
            var index = Int(node.start)
            let isNegative = bytes[index] == UInt8(ascii: "-")
            if isNegative { index += 1 }
            while index < Int(node.end) {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit < 10 else { return (false, 0) }
                let (product, overflows) = value.multipliedReportingOverflow(by: 10)
                let part = Value(truncatingIfNeeded: digit)
                let (sum, overflowsToo) =
                    isNegative ? product.subtractingReportingOverflow(part) : product.addingReportingOverflow(part)
                guard !overflows, !overflowsToo else { return (false, 0) }
                value = sum
                index += 1
            }
            return (true, value)
        }
        if isWhole { return value }
        // With a fraction or an exponent: allowed where the value is whole.
        return hasFractionOrExponent(node) ? double(node).flatMap { Value(exactly: $0) } : nil
    }

    private func hasFractionOrExponent(_ node: Node) -> Bool {
        bytes[Int(node.start)..<Int(node.end)].contains { $0 == 0x2E || $0 == 0x65 || $0 == 0x45 }
    }

    /// The number of a node; nil where it is none or too large.
    func double(_ node: Node) -> Double? {
        guard node.kind == .number else { return nil }
        let value = Double(String(decoding: bytes[Int(node.start)..<Int(node.end)], as: UTF8.self))
        return value.flatMap { $0.isFinite ? $0 : nil }
    }
}

/// A name or position in a path.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init(_ position: Int) {
        stringValue = "Index \(position)"
        intValue = position
    }

    init?(stringValue: String) { self.init(stringValue) }

    init?(intValue: Int) { self.init(intValue) }
}
