/// Reads a text into the nodes of a tape. Every index into the text is checked against its end.
struct JSONTapeBuilder {
    typealias Node = JSONTape.Node
    typealias SyntaxError = JSONTape.SyntaxError

    static let maximumDepth = 256
    /// Objects with more members are searched through a table, in which the first member of a name counts anyway.
    static let smallObject = 32

    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var nodes: [Node] = []

    static func nodes(of bytes: [UInt8]) throws(SyntaxError) -> [Node] {
        guard bytes.count < Int(Int32.max) else { throw SyntaxError(reason: .size, offset: 0) }
        let result = bytes.withUnsafeBufferPointer { bytes -> Result<[Node], SyntaxError> in
            var builder = JSONTapeBuilder(bytes)
            do throws(SyntaxError) {
                try builder.document()
                return .success(builder.nodes)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        nodes.reserveCapacity(bytes.count / 8 + 1)
    }

    private func wrong(_ reason: SyntaxError.Reason = .syntax) -> SyntaxError {
        SyntaxError(reason: reason, offset: offset)
    }

    // MARK: Values

    private mutating func document() throws(SyntaxError) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw SyntaxError(reason: .encoding, offset: error.byteOffsets.lowerBound)
        }
        try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw wrong() }
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            offset += 1
        }
    }

    private mutating func append(_ kind: JSONTape.Kind, _ start: Int, _ end: Int) {
        nodes.append(Node(kind: kind, start: Int32(start), end: Int32(end), next: Int32(nodes.count + 1)))
    }

    private mutating func value(depth: Int) throws(SyntaxError) {
        skipSpace()
        switch current {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try object(depth: depth + 1)
        case UInt8(ascii: "["): try array(depth: depth + 1)
        case UInt8(ascii: "n"): try word("null", .null)
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        default: try number()
        }
    }

    private mutating func word(_ word: StaticString, _ kind: JSONTape.Kind) throws(SyntaxError) {
        let length = word.utf8CodeUnitCount
        guard bytes.count - offset >= length,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[offset..<(offset + length)]) })
        else { throw wrong() }
        append(kind, offset, offset + length)
        offset += length
    }

    // MARK: Containers

    private mutating func array(depth: Int) throws(SyntaxError) {
        guard depth <= Self.maximumDepth else { throw wrong(.depth) }
        let index = nodes.count
        append(.array, offset, 0)
        offset += 1
        skipSpace()
        var elements = 0
        if current == UInt8(ascii: "]") {
            offset += 1
        } else {
            repeat {
                try value(depth: depth)
                elements += 1
            } while try goesOn(UInt8(ascii: "]"))
        }
        nodes[index].end = Int32(elements)
        nodes[index].next = Int32(nodes.count)
    }

    private mutating func object(depth: Int) throws(SyntaxError) {
        guard depth <= Self.maximumDepth else { throw wrong(.depth) }
        let index = nodes.count
        append(.object, index + 1, 0)
        offset += 1
        skipSpace()
        var members = 0
        var seen: UInt64 = 0
        if current == UInt8(ascii: "}") {
            offset += 1
        } else {
            repeat {
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw wrong() }
                let name = nodes.count
                try string()
                if nodes[index].kind == .object, members < Self.smallObject {
                    let mark = mark(nodes[name])
                    if nodes[name].kind == .escapedString || seen & mark != 0 && isRepeated(name, in: index) {
                        nodes[index].kind = .repeatingObject
                    }
                    seen |= mark
                }
                skipSpace()
                guard current == UInt8(ascii: ":") else { throw wrong() }
                offset += 1
                try value(depth: depth)
                members += 1
            } while try goesOn(UInt8(ascii: "}"))
        }
        nodes[index].end = Int32(members)
        nodes[index].next = Int32(nodes.count)
    }

    /// Whether a comma follows; otherwise the end of the container.
    private mutating func goesOn(_ end: UInt8) throws(SyntaxError) -> Bool {
        skipSpace()
        let byte = current
        guard byte == UInt8(ascii: ",") || byte == end else { throw wrong() }
        offset += 1
        return byte != end
    }

    /// A bit that names of the same text share, and most others do not.
    private func mark(_ name: Node) -> UInt64 {
        guard name.start < name.end else { return 1 }
        let (first, last) = (bytes[Int(name.start)], bytes[Int(name.end) - 1])
        return 1 << ((UInt64(name.end - name.start) &* 29 &+ UInt64(first) &* 7 &+ UInt64(last)) & 63)
    }

    /// Whether a member of the same name comes earlier in the object.
    private func isRepeated(_ name: Int, in object: Int) -> Bool {
        let content = bytes[Int(nodes[name].start)..<Int(nodes[name].end)]
        var index = object + 1
        while index < name {
            let other = nodes[index]
            if other.end - other.start == content.count,
                bytes[Int(other.start)..<Int(other.end)].elementsEqual(content)
            {
                return true
            }
            index = Int(nodes[index + 1].next)
        }
        return false
    }

    // MARK: Strings and numbers

    private mutating func string() throws(SyntaxError) {
        offset += 1
        let start = offset
        var kind = JSONTape.Kind.string
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                append(kind, start, offset)
                offset += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape()
            case 0..<0x20:
                throw wrong()
            default:
                offset += 1
            }
        }
        throw wrong()
    }

    private mutating func escape() throws(SyntaxError) {
        guard offset + 1 < bytes.count else { throw wrong() }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        case UInt8(ascii: "u"):
            guard bytes.count - offset >= 6,
                bytes[(offset + 2)..<(offset + 6)].allSatisfy({ JSONEscape.digit($0) != nil })
            else { throw wrong() }
            offset += 6
        default:
            throw wrong()
        }
    }

    private mutating func number() throws(SyntaxError) {
        let start = offset
        if current == UInt8(ascii: "-") { offset += 1 }
        if current == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            offset += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        append(.number, start, offset)
    }

    private mutating func digits() throws(SyntaxError) {
        let start = offset
        while offset < bytes.count, bytes[offset] &- UInt8(ascii: "0") < 10 { offset += 1 }
        guard offset > start else { throw wrong() }
    }
}
