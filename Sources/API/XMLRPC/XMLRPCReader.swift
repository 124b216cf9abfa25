import CLibXML2

/// Reads one call from pieces of its text, on libxml2's push parser and without a tree. One task at a time uses a reader.
///
/// A document type is refused, and with it entities of its own; nothing is ever loaded. Memory follows what was read, not
/// the size of the text; time is linear, since a tag that is long, which libxml2 needs quadratic time for, is refused.
///
/// `@safe`: libxml2's context is freed with the reader, and calls back only while the reader feeds it; what it is given
/// then, the sink, lives as long as the reader.
@safe
package final class XMLRPCReader {
    private static let isLibraryReady: Bool = {
        xmlInitParser()
        return true
    }()

    /// How much libxml2 gets at once: its buffer is looked at after each.
    private static let slice = 2048

    private let limits: XMLRPCLimits
    private let sink: Sink
    private let context: xmlParserCtxtPtr
    private var hasBegun = false

    /// Takes what libxml2 tells.
    private final class Sink {
        var builder: XMLRPCCallBuilder
        var failure: XMLRPCError?

        init(_ limits: XMLRPCLimits) {
            builder = XMLRPCCallBuilder(limits: limits)
        }

        func attempt(_ body: (inout XMLRPCCallBuilder) throws(XMLRPCError) -> Void) {
            guard failure == nil else { return }
            do throws(XMLRPCError) {
                try body(&builder)
            } catch {
                failure = error
            }
        }
    }

    /// - Throws: ``XMLRPCError`` when there is no memory.
    package init(limits: XMLRPCLimits = XMLRPCLimits()) throws(XMLRPCError) {
        self.limits = limits
        sink = Sink(limits)
        var handler = unsafe Self.handler()
        let pointer = unsafe Unmanaged.passUnretained(sink).toOpaque()
        guard Self.isLibraryReady, let context = unsafe xmlCreatePushParserCtxt(&handler, pointer, nil, 0, nil) else {
            throw XMLRPCError("libxml2 could not make a parser: out of memory")
        }
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        _ = unsafe xmlCtxtUseOptions(context, Int32(options))
        unsafe self.context = context
    }

    deinit {
        // Made by libxml2 for entities, also without a tree.
        if let document = unsafe context.pointee.myDoc { unsafe xmlFreeDoc(document) }
        unsafe xmlFreeParserCtxt(context)
    }

    // MARK: - Feeding

    /// Takes the next piece.
    /// - Throws: ``XMLRPCError`` as soon as what came is no call; the reader is of no use then.
    package func read(_ bytes: [UInt8]) throws(XMLRPCError) {
        var position = 0
        if !hasBegun {
            // Some clients begin with an empty line, which XML does not allow before its declaration.
            position = bytes.firstIndex { !XMLRPCCallBuilder.isBlank($0) } ?? bytes.count
            hasBegun = position < bytes.count
        }
        while position < bytes.count {
            let end = min(position + Self.slice, bytes.count)
            unsafe bytes.withUnsafeBytes { buffer in
                let slice = unsafe UnsafeRawBufferPointer(rebasing: buffer[position..<end])
                _ = unsafe xmlParseChunk(
                    context, slice.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(slice.count), 0)
            }
            catchUp()
            try check()
            position = end
        }
    }

    /// The call, after its last piece.
    /// - Throws: ``XMLRPCError``, such as when it is not complete.
    package func finish() throws(XMLRPCError) -> XMLRPCCall {
        guard hasBegun else { throw XMLRPCError("the body is empty: a methodCall is expected") }
        _ = unsafe xmlParseChunk(context, nil, 0, 1)
        try check()
        do throws(XMLRPCError) {
            return try sink.builder.call()
        } catch {
            throw placed(error)
        }
    }

    private func check() throws(XMLRPCError) {
        if let failure = sink.failure { throw placed(failure) }
        guard unsafe context.pointee.wellFormed != 0 else {
            var message = "the body is no well-formed XML"
            if let error = unsafe xmlCtxtGetLastError(context), let text = unsafe error.pointee.message {
                let words = unsafe String(cString: text).split { $0.isNewline }.joined(separator: " ")
                message += unsafe ", line \(error.pointee.line): \(words)"
            }
            throw XMLRPCError(message)
        }
        if waiting > limits.tagBytes {
            throw placed(XMLRPCError("a tag or comment has more than \(limits.tagBytes) bytes"))
        }
    }

    /// Bytes that libxml2 holds until what they are the beginning of is complete.
    private var waiting: Int {
        guard let input = unsafe context.pointee.input else { return 0 }
        return unsafe input.pointee.end - input.pointee.cur
    }

    /// Gives libxml2 time for what it has: of a CDATA section it takes some hundred bytes at each call.
    private func catchUp() {
        var before = Int.max
        while waiting > Self.slice / 4, waiting < before {
            before = waiting
            _ = unsafe xmlParseChunk(context, nil, 0, 0)
        }
    }

    private func placed(_ error: XMLRPCError) -> XMLRPCError {
        guard let input = unsafe context.pointee.input, unsafe input.pointee.line > 0 else { return error }
        return unsafe XMLRPCError("line \(input.pointee.line): \(error.message)")
    }

    // MARK: - Calls of libxml2

    private static func handler() -> xmlSAXHandler {
        var handler = unsafe xmlSAXHandler()
        // XML_SAX2_MAGIC.
        unsafe handler.initialized = 0xDEED_BEAF
        unsafe handler.internalSubset = { sink, _, _, _ in
            unsafe XMLRPCReader.sink(sink)?.attempt { _ throws(XMLRPCError) in
                throw XMLRPCError("the body has a document type, which no call needs: send it without <!DOCTYPE ...>")
            }
        }
        unsafe handler.startElementNs = { sink, name, _, _, _, _, attributes, _, _ in
            guard let name = unsafe name else { return }
            unsafe XMLRPCReader.sink(sink)?.attempt { builder throws(XMLRPCError) in
                try builder.begin(unsafe String(cString: name), attributes: Int(attributes))
            }
        }
        unsafe handler.endElementNs = { sink, _, _, _ in
            unsafe XMLRPCReader.sink(sink)?.attempt { builder throws(XMLRPCError) in try builder.end() }
        }
        let text: charactersSAXFunc = { sink, text, count in
            let bytes = unsafe UnsafeBufferPointer(start: text, count: Int(count))
            unsafe XMLRPCReader.sink(sink)?.attempt { builder throws(XMLRPCError) in
                unsafe builder.append(bytes)
            }
        }
        unsafe handler.characters = text
        unsafe handler.ignorableWhitespace = text
        unsafe handler.cdataBlock = text
        return unsafe handler
    }

    private static func sink(_ pointer: UnsafeMutableRawPointer?) -> Sink? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe Unmanaged<Sink>.fromOpaque(pointer).takeUnretainedValue()
    }
}
