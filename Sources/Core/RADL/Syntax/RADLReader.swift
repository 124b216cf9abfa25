/// What reading a text gave: as much of the document as could be understood, and all that is wrong.
public struct RADLReading: Sendable {
    /// Whole where there are no errors.
    public var document: RADLDocument
    /// Empty where the document is readable.
    public var errors: [RADLError]
    /// What was read but is probably not meant, such as characters that were skipped.
    public var warnings: [RADLError]
}

extension RADLDocument {
    /// Reads a document in RADL's text form.
    ///
    /// Linear in time and memory; any bytes at all are safe. `'random(N)'` becomes N letters and digits.
    ///
    /// - Parameters:
    ///   - text: The document itself; it is never taken for a file name.
    ///   - file: Name for messages.
    /// - Throws: ``RADLErrors`` with all mistakes, the first of them as exact as IM's or better.
    public init(parsing text: String, file: String? = nil) throws(RADLErrors) {
        try self.init(parsing: RADLSource(text: text, file: file))
    }

    /// Reads a document in RADL's text form; see ``init(parsing:file:)-(String,_)``.
    public init(parsing source: RADLSource) throws(RADLErrors) {
        var generator = SystemDraws()
        try self.init(parsing: source, using: &generator)
    }

    /// Reads a document and draws the characters of `random(N)` from a generator.
    public init(
        parsing source: RADLSource, using generator: inout some RandomNumberGenerator
    ) throws(RADLErrors) {
        let reading = Self.read(source, using: &generator)
        if let errors = RADLErrors(reading.errors) { throw errors }
        self = reading.document
    }

    /// Reads what can be read: for tools that show every mistake and go on.
    public static func read(_ source: RADLSource) -> RADLReading {
        var generator = SystemDraws()
        return read(source, using: &generator)
    }

    /// Reads what can be read and draws the characters of `random(N)` from a generator.
    public static func read(
        _ source: RADLSource, using generator: inout some RandomNumberGenerator
    ) -> RADLReading {
        if let error = source.unreadable() {
            return RADLReading(document: RADLDocument(), errors: [error], warnings: [])
        }
        var parser = Parser(source)
        parser.parse(using: &generator)
        return RADLReading(document: parser.document, errors: parser.errors, warnings: parser.warnings)
    }
}

/// The system's generator, with a size: values of size zero share one address when they are passed `inout`, which the
/// thread sanitizer takes for races.
private struct SystemDraws: RandomNumberGenerator {
    private var system = SystemRandomNumberGenerator()
    private var count: UInt64 = 0

    mutating func next() -> UInt64 {
        count &+= 1
        return system.next()
    }
}

extension RADLSource {
    /// Largest text that is read, in bytes.
    public static let largestSize = 256 << 20

    /// Why the text cannot be read at all.
    func unreadable() -> RADLError? {
        if bytes.count > Self.largestSize {
            return RADLError(
                .tooLarge, "the document has \(bytes.count) bytes; at most \(Self.largestSize) are read",
                imText: "Document too large.")
        }
        if isValid || String(validating: bytes, as: UTF8.self) != nil { return nil }
        let offset = firstInvalidByte()
        let lineStart = bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
        let hasMark = lineStart == 0 && offset >= 3 && bytes.starts(with: Unprintable.byteOrderMark)
        let range = SourceRange(
            line: line, column: scalars(from: lineStart, to: offset) + (hasMark ? 0 : 1), offset: offset, length: 1)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return RADLError(
                .encoding, "the document is in UTF-16", hint: "save it in UTF-8", in: self,
                imText: "Line 1: the document is not UTF-8")
        }
        return RADLError(
            .encoding, "the byte 0x\(String(bytes[offset], radix: 16, uppercase: true)) is not UTF-8",
            hint: "save the document in UTF-8", at: range, in: self,
            imText: "Line \(line): the document is not UTF-8")
    }

    private func firstInvalidByte() -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput, .error: return min(offset, max(0, bytes.count - 1))
            }
        }
    }
}
