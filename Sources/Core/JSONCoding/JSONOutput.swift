/// JSON text that grows, and the containers in it that are open. A struct within one class, so that a call costs one
/// check of exclusive access and not one per byte.
struct JSONOutput {
    /// Where a container stands in the stack.
    struct Place {
        fileprivate var depth: Int
        fileprivate var id: Int
    }

    /// How far the text is before a value.
    struct Position {
        fileprivate(set) var depth: Int
        fileprivate var count: Int
    }

    private struct Open {
        var id: Int
        var isObject: Bool
        var isEmpty = true
    }

    private(set) var bytes: [UInt8] = []
    private var stack: [Open] = []
    private var lastID = 0

    init() {
        bytes.reserveCapacity(1024)
        stack.reserveCapacity(8)
    }

    var position: Position { Position(depth: stack.count, count: bytes.count) }

    // MARK: Containers

    mutating func open(object: Bool) -> Place {
        lastID += 1
        bytes.append(object ? UInt8(ascii: "{") : UInt8(ascii: "["))
        stack.append(Open(id: lastID, isObject: object))
        return Place(depth: stack.count, id: lastID)
    }

    /// The container that a value has open which began when so many were open.
    func container(ofValueAt depth: Int) -> Place? {
        stack.count > depth ? Place(depth: depth + 1, id: stack[depth].id) : nil
    }

    func isOpen(_ place: Place, object: Bool) -> Bool {
        stack.count >= place.depth && stack[place.depth - 1].id == place.id
            && stack[place.depth - 1].isObject == object
    }

    private mutating func close(to depth: Int) {
        while stack.count > depth {
            let closed = stack.removeLast()
            bytes.append(closed.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    /// Starts an element of a container: ends those that were opened in it, and writes comma and key.
    /// - Returns: Whether the container is still open.
    mutating func startElement(_ place: Place, key: String?) -> Bool {
        guard stack.count >= place.depth, stack[place.depth - 1].id == place.id else { return false }
        close(to: place.depth)
        if stack[place.depth - 1].isEmpty {
            stack[place.depth - 1].isEmpty = false
        } else {
            bytes.append(UInt8(ascii: ","))
        }
        if let key {
            append(quoted: key)
            bytes.append(UInt8(ascii: ":"))
        }
        return true
    }

    /// Ends the containers of a value; one that wrote nothing is an empty object.
    mutating func endValue(startedAt start: Position) {
        close(to: start.depth)
        if bytes.count == start.count { append("{}") }
    }

    // MARK: Texts

    /// Appends a text that needs no quotes.
    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { content in
            var start = 0
            for index in content.indices {
                let byte = content[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: content[start..<index]))
                escape(byte)
                start = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: content[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            bytes.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u001".utf8)
            bytes.append(contentsOf: String(byte & 0xF, radix: 16).utf8)
        }
    }
}
