/// A RADL text and the name that messages give it.
public struct RADLSource: Sendable, Hashable {
    /// File name for messages. Never opened.
    public var file: String?
    /// The text in UTF-8; behind it those of included documents, where there are some.
    public let bytes: [UInt8]
    /// The bytes are known to be UTF-8.
    let isValid: Bool
    /// What was put in, in the order of the bytes.
    private var inclusions: [Inclusion] = []
    /// What excerpts show of ``bytes``.
    @Incidental private(set) var maskedLines = MaskedLines()

    /// The text of an included document within another source.
    private struct Inclusion: Sendable, Hashable {
        var start: Int
        var file: String?
        /// The sentence in the outermost document.
        var place: SourceRange?
    }

    /// - Parameters:
    ///   - text: The document itself, never a file name.
    ///   - file: Name for messages.
    public init(text: String, file: String? = nil) {
        self.bytes = Array(text.utf8)
        self.file = file
        isValid = true
    }

    /// - Parameters:
    ///   - bytes: The document; the parser reports bytes that are not UTF-8.
    ///   - file: Name for messages.
    public init(bytes: [UInt8], file: String? = nil) {
        self.bytes = bytes
        self.file = file
        isValid = false
    }

    /// The text of a range; empty where the range lies outside.
    public func text(of range: SourceRange) -> String {
        guard range.offset >= 0, range.end <= bytes.count else { return "" }
        return String(decoding: bytes[range.offset..<range.end], as: UTF8.self)
    }

    /// Whether the text is in RADL's JSON form: no sentence of the text form begins so.
    public var isJSON: Bool { Self.isJSON(bytes) }

    static func isJSON(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if rest.starts(with: Unprintable.byteOrderMark) { rest = rest.dropFirst(3) }
        guard let first = rest.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return false }
        return first == UInt8(ascii: "[") || first == UInt8(ascii: "{")
    }

    /// Number of Unicode scalars before a byte: IM counts positions so.
    func scalarOffset(ofByte offset: Int) -> Int {
        bytes[..<min(offset, bytes.count)].reduce(into: 0) { count, byte in
            if byte & 0xC0 != 0x80 { count += 1 }
        }
    }
}

// MARK: - Included documents

extension RADLSource {
    /// Where something stands, in terms of the document that holds it.
    struct Place {
        var file: String?
        /// In the text of that document.
        var range: SourceRange
        /// How many bytes of other documents stand before it.
        var start: Int
        /// Where the outermost document includes it; nil where it is that document.
        var inclusion: SourceRange?
    }

    /// One document of those that a source holds.
    public struct Part: Sendable, Hashable {
        /// Its own text.
        public var source: RADLSource
        /// Where the outermost document includes it; nil for that document itself.
        public var inclusion: SourceRange?
    }

    /// The document itself and those that were included, each once: places of errors are within one of them.
    public var parts: [Part] {
        var parts = [Part(source: part(0, inclusions.first.map { $0.start - 1 } ?? bytes.count, file), inclusion: nil)]
        for (position, inclusion) in inclusions.enumerated() {
            let end = position + 1 < inclusions.count ? inclusions[position + 1].start - 1 : bytes.count
            parts.append(Part(source: part(inclusion.start, end, inclusion.file), inclusion: inclusion.place))
        }
        return parts
    }

    private func part(_ start: Int, _ end: Int, _ file: String?) -> RADLSource {
        inclusions.isEmpty ? self : RADLSource(bytes: Array(bytes[start..<end]), file: file)
    }

    func place(of range: SourceRange) -> Place {
        guard let inclusion = inclusions.last(where: { $0.start <= range.offset }) else {
            return Place(file: file, range: range, start: 0)
        }
        return Place(
            file: inclusion.file, range: range.moved(by: -inclusion.start), start: inclusion.start,
            inclusion: inclusion.place)
    }

    /// Several documents as one source, each with the sentence of the outermost one that includes it.
    init(_ outer: RADLSource, including documents: [(source: RADLSource, place: SourceRange?)]) {
        var bytes = outer.bytes
        bytes.reserveCapacity(documents.reduce(bytes.count) { $0 + $1.source.bytes.count + 1 })
        var inclusions = outer.inclusions
        for document in documents {
            // The last line of one document and the first one of the next are two.
            bytes.append(UInt8(ascii: "\n"))
            inclusions.append(
                Inclusion(start: bytes.count, file: document.source.file, place: document.place))
            bytes += document.source.bytes
        }
        self.bytes = bytes
        self.file = outer.file
        isValid = outer.isValid && documents.allSatisfy(\.source.isValid)
        self.inclusions = inclusions
    }
}
