import CLibXML2

/// An XML document that is not well-formed, too deep, or uses what an answer of a service never needs.
struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    let message: String
    var description: String { message }
}

/// Reads one XML document from front to back on libxml2's `xmlTextReader`.
///
/// Names are local names: services and their imitations differ in namespaces. A document type declaration is refused,
/// and with it entities of its own; nothing is ever loaded. Depth is limited here, size by whoever passes the bytes. One
/// task at a time uses a reader.
///
/// `@safe`: the reader owns a copy of the bytes, which libxml2 reads from until the reader is freed, and both pointers
/// stay inside this class.
@safe
final class XMLPullReader {
    static let maximumDepth = 64

    private static let isLibraryReady: Bool = {
        xmlInitParser()
        return true
    }()

    private let bytes: UnsafeMutableBufferPointer<CChar>
    private let reader: xmlTextReaderPtr

    /// - Throws: ``XMLError`` when there are no bytes or more than libxml2 can count.
    init(_ document: [UInt8]) throws(XMLError) {
        guard Self.isLibraryReady, !document.isEmpty, let count = Int32(exactly: document.count) else {
            throw XMLError(message: "the document is empty or larger than 2 GiB")
        }
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: document.count)
        unsafe document.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(copy).copyMemory(from: $0) }
        let options = Int32(
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
                | XML_PARSE_COMPACT.rawValue)
        guard let reader = unsafe xmlReaderForMemory(copy.baseAddress, count, nil, nil, options) else {
            unsafe copy.deallocate()
            throw XMLError(message: "libxml2 could not make a reader: out of memory")
        }
        unsafe bytes = copy
        unsafe self.reader = reader
    }

    deinit {
        unsafe xmlFreeTextReader(reader)
        unsafe bytes.deallocate()
    }

    /// Reads to the root element and gives its name to `body`, which may call ``children(_:)`` or ``text()``; then to the
    /// end of the document, so that a broken end is an error.
    func document<Value>(_ body: (_ root: String) throws -> Value) throws -> Value {
        while try advance() {
            if kind == XML_READER_TYPE_ELEMENT {
                let value = try body(name)
                while try advance() {}
                return value
            }
        }
        throw XMLError(message: "the document has no element")
    }

    /// Calls `body` with the name of each child element of the present element. What `body` does not read is skipped.
    func children(_ body: (_ name: String) throws -> Void) throws {
        guard !isEmpty else { return }
        let depth = depth
        while try advanceOrFail() {
            if kind == XML_READER_TYPE_END_ELEMENT, self.depth == depth { return }
            if kind == XML_READER_TYPE_ELEMENT {
                let child = self.depth
                try body(name)
                try skip(to: child)
            }
        }
    }

    /// Calls `body` for each `item` child of the present element.
    func items(_ body: () throws -> Void) throws {
        try children { name in
            if name == "item" { try body() }
        }
    }

    /// The text of the present element, without that of its child elements.
    func text() throws -> String {
        guard !isEmpty else { return "" }
        let depth = depth
        var text = ""
        while try advanceOrFail() {
            switch kind {
            case XML_READER_TYPE_END_ELEMENT where self.depth == depth:
                return text
            case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA, XML_READER_TYPE_SIGNIFICANT_WHITESPACE,
                XML_READER_TYPE_WHITESPACE:
                if self.depth == depth + 1, let value = unsafe xmlTextReaderConstValue(reader) {
                    text += unsafe String(cString: value)
                }
            default: break
            }
        }
        return text
    }

    // MARK: - Steps

    private var kind: xmlReaderTypes { xmlReaderTypes(UInt32(max(0, unsafe xmlTextReaderNodeType(reader)))) }
    private var depth: Int32 { unsafe xmlTextReaderDepth(reader) }
    private var isEmpty: Bool { unsafe xmlTextReaderIsEmptyElement(reader) == 1 }

    private var name: String {
        guard let name = unsafe xmlTextReaderConstLocalName(reader) else { return "" }
        return unsafe String(cString: name)
    }

    /// False at the end of the document.
    private func advance() throws -> Bool {
        switch unsafe xmlTextReaderRead(reader) {
        case 1: break
        case 0: return false
        default: throw XMLError(message: "the document is not well-formed XML")
        }
        guard depth <= Self.maximumDepth else {
            throw XMLError(message: "the document is deeper than \(Self.maximumDepth) elements")
        }
        switch kind {
        case XML_READER_TYPE_DOCUMENT_TYPE, XML_READER_TYPE_ENTITY, XML_READER_TYPE_ENTITY_REFERENCE:
            throw XMLError(message: "the document has a document type or entities, which no answer needs")
        default: return true
        }
    }

    private func advanceOrFail() throws -> Bool {
        guard try advance() else { throw XMLError(message: "the document ends within an element") }
        return true
    }

    /// To the end of the child at a depth, wherever within it the reader is.
    private func skip(to child: Int32) throws {
        while true {
            if depth == child {
                if kind == XML_READER_TYPE_END_ELEMENT { return }
                if kind == XML_READER_TYPE_ELEMENT, isEmpty { return }
            }
            _ = try advanceOrFail()
        }
    }
}
