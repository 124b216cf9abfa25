import Foundation

/// Writes an answer in pieces, so that a long one is never in memory a second time.
///
/// Characters that XML cannot hold (control characters, such as colours in the output of a program) are left out.
package struct XMLRPCWriter: Sequence, IteratorProtocol, Sendable {
    private enum Step {
        case markup(StaticString)
        case value(XMLRPCValue)
        case elements(ArraySlice<XMLRPCValue>)
        case members(ArraySlice<XMLRPCValue.Member>)
        /// The rest of a text, from an offset in bytes.
        case text(String, Int)
    }

    /// What is left to write, the next at the end.
    private var steps: [Step]
    private let size: Int

    /// - Parameter size: Bytes of a piece, about.
    package init(_ answer: XMLRPCAnswer, size: Int = 32 << 10) {
        self.size = size
        switch answer {
        case .value(let value):
            steps = [
                .markup("</param></params></methodResponse>\n"), .value(value),
                .markup("<?xml version='1.0'?>\n<methodResponse><params><param>"),
            ]
        case .fault(let code, let text):
            steps = [
                .markup("</fault></methodResponse>\n"),
                .value(["faultCode": .integer(code), "faultString": .string(text)]),
                .markup("<?xml version='1.0'?>\n<methodResponse><fault>"),
            ]
        }
    }

    /// A value alone.
    package init(_ value: XMLRPCValue, size: Int = 32 << 10) {
        self.size = size
        steps = [.value(value)]
    }

    /// Whether nothing is left to write.
    package var isAtEnd: Bool { steps.isEmpty }

    /// The next piece; nil at the end.
    package mutating func next() -> [UInt8]? {
        guard !steps.isEmpty else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        while bytes.count < size, let step = steps.popLast() {
            switch step {
            case .markup(let text): Self.append(text, to: &bytes)
            case .value(let value): write(value, to: &bytes)
            case .elements(let elements): write(elements, to: &bytes)
            case .members(let members): write(members, to: &bytes)
            case .text(let text, let offset):
                let next = Self.escape(text, from: offset, upTo: size, to: &bytes)
                if next < text.utf8.count { steps.append(.text(text, next)) }
            }
        }
        return bytes
    }

    /// Writes elements up to the first that leaves steps behind, or the end of the piece.
    private mutating func write(_ elements: ArraySlice<XMLRPCValue>, to bytes: inout [UInt8]) {
        for position in elements.indices {
            guard isShort(elements[position]), bytes.count < size else {
                let rest = elements[(position + 1)...]
                if !rest.isEmpty { steps.append(.elements(rest)) }
                return write(elements[position], to: &bytes)
            }
            write(elements[position], to: &bytes)
        }
    }

    /// Whether it is written at once, without a step that is left.
    private func isShort(_ value: XMLRPCValue) -> Bool {
        switch value {
        case .array, .structure: false
        case .written(let bytes): bytes.count <= size
        case .string(let text): text.utf8.count <= size
        default: true
        }
    }

    private mutating func write(_ members: ArraySlice<XMLRPCValue.Member>, to bytes: inout [UInt8]) {
        for position in members.indices {
            let member = members[position]
            Self.append("<member><name>", to: &bytes)
            _ = Self.escape(member.name, from: 0, upTo: .max, to: &bytes)
            Self.append("</name>", to: &bytes)
            guard isShort(member.value), bytes.count < size else {
                let rest = members[(position + 1)...]
                if !rest.isEmpty { steps.append(.members(rest)) }
                steps.append(.markup("</member>"))
                return write(member.value, to: &bytes)
            }
            write(member.value, to: &bytes)
            Self.append("</member>", to: &bytes)
        }
    }

    private mutating func write(_ value: XMLRPCValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: Self.append("<value><nil/></value>", to: &bytes)
        case .boolean(let flag):
            Self.append(
                flag ? "<value><boolean>1</boolean></value>" : "<value><boolean>0</boolean></value>", to: &bytes)
        case .integer(let number):
            if Int32(exactly: number) != nil {
                bytes.append(contentsOf: "<value><int>\(number)</int></value>".utf8)
            } else {
                bytes.append(contentsOf: "<value><i8>\(number)</i8></value>".utf8)
            }
        case .double(let number): bytes.append(contentsOf: "<value><double>\(number)</double></value>".utf8)
        case .dateTime(let text):
            Self.append("<value><dateTime.iso8601>", to: &bytes)
            _ = Self.escape(text, from: 0, upTo: .max, to: &bytes)
            Self.append("</dateTime.iso8601></value>", to: &bytes)
        case .base64(let data):
            Self.append("<value><base64>", to: &bytes)
            bytes.append(contentsOf: Data(data).base64EncodedData())
            Self.append("</base64></value>", to: &bytes)
        case .string(let text):
            Self.append("<value><string>", to: &bytes)
            let next = Self.escape(text, from: 0, upTo: size, to: &bytes)
            if next < text.utf8.count {
                steps.append(.markup("</string></value>"))
                steps.append(.text(text, next))
            } else {
                Self.append("</string></value>", to: &bytes)
            }
        case .array(let elements):
            Self.append("<value><array><data>", to: &bytes)
            steps.append(.markup("</data></array></value>"))
            steps.append(.elements(elements[...]))
        case .written(let written): bytes += written
        case .structure(let members):
            Self.append("<value><struct>", to: &bytes)
            steps.append(.markup("</struct></value>"))
            steps.append(.members(members[...]))
        }
    }

    // MARK: - Text

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends a text from an offset until it has read a number of bytes; answers where it stopped.
    private static func escape(_ text: String, from offset: Int, upTo count: Int, to bytes: inout [UInt8]) -> Int {
        let source = text.utf8.span
        if offset == 0, source.count <= count, isPlain(source) {
            bytes.append(contentsOf: text.utf8)
            return source.count
        }
        var position = offset
        let end = source.count - offset <= count ? source.count : offset + count
        while position < end {
            let byte = source[position]
            position += 1
            switch byte {
            case UInt8(ascii: "&"): append("&amp;", to: &bytes)
            case UInt8(ascii: "<"): append("&lt;", to: &bytes)
            case UInt8(ascii: ">"): append("&gt;", to: &bytes)
            // Readers make a newline of one that stands as itself.
            case UInt8(ascii: "\r"): append("&#13;", to: &bytes)
            case UInt8(ascii: "\t"), UInt8(ascii: "\n"): bytes.append(byte)
            case 0..<0x20: break
            // U+FFFE and U+FFFF.
            case 0xEF where position + 1 < source.count && source[position] == 0xBF && source[position + 1] >= 0xBE:
                position += 2
            default: bytes.append(byte)
            }
        }
        return position
    }

    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        for position in bytes.indices {
            switch bytes[position] {
            case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), 0xEF: return false
            case UInt8(ascii: "\n"), UInt8(ascii: "\t"), 0x20...: continue
            default: return false
            }
        }
        return true
    }
}
