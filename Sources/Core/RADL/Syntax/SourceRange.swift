/// Where something stands in a RADL text.
///
/// Lines and columns count from 1, columns in Unicode scalars; offset and length are in UTF-8 bytes.
public struct SourceRange: Sendable, Hashable {
    private var storedOffset: UInt32
    private var storedLength: UInt32
    private var storedLine: UInt32
    private var storedColumn: UInt32

    /// Values beyond 32 bits are clamped: the parser refuses texts of that size.
    public init(line: Int, column: Int, offset: Int, length: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
        storedOffset = UInt32(clamping: offset)
        storedLength = UInt32(clamping: length)
    }

    /// Line, from 1.
    public var line: Int { Int(storedLine) }
    /// Column in Unicode scalars, from 1.
    public var column: Int { Int(storedColumn) }
    /// First byte, from 0, in UTF-8.
    public var offset: Int { Int(storedOffset) }
    /// Number of bytes in UTF-8.
    public var length: Int { Int(storedLength) }
    /// The byte after the last one.
    public var end: Int { offset + length }

    /// The same place in a text that has so many bytes more, or less, before it. Lines and columns stay.
    func moved(by bytes: Int) -> SourceRange {
        SourceRange(line: line, column: column, offset: offset + bytes, length: length)
    }

    /// The same beginning, up to the byte before `end`.
    func extended(to end: Int) -> SourceRange {
        SourceRange(line: line, column: column, offset: offset, length: max(0, end - offset))
    }
}

/// A value that takes no part in comparisons: where a feature stands never makes two documents different.
@propertyWrapper
public struct Incidental<Value: Sendable>: Sendable, Hashable {
    public var wrappedValue: Value

    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    /// Always true.
    public static func == (lhs: Incidental<Value>, rhs: Incidental<Value>) -> Bool { true }

    /// Adds nothing.
    public func hash(into hasher: inout Hasher) {}
}
