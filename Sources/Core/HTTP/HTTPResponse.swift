/// An answer whose body may still be arriving.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: HTTPBody

    package init(status: Int, headers: HTTPHeaders, body: HTTPBody) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The time that the server asks to wait: `Retry-After` in seconds. Its other form, a date, is not understood.
    package var retryAfter: Duration? { headers.retryAfter }
}

/// An answer that has arrived as a whole.
package struct HTTPFullResponse: Sendable, Hashable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// As of ``HTTPResponse/retryAfter``.
    package var retryAfter: Duration? { headers.retryAfter }
    /// The body as text; bytes that are no UTF-8 are replaced.
    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension HTTPFullResponse: CustomStringConvertible {
    package var description: String { "status \(status) {\(headers)} body of \(body.count) bytes" }
}

extension HTTPHeaders {
    fileprivate var retryAfter: Duration? {
        guard let text = self["Retry-After"], let seconds = Double(text), seconds >= 0, seconds <= 86_400 else {
            return nil
        }
        return .milliseconds(Int64(seconds * 1_000))
    }
}

/// Where the pieces of a body come from. One reader at a time.
package protocol HTTPBodySource: AnyObject, Sendable {
    /// The next bytes, never empty; nil at the end. Cancellation of the task ends the transfer.
    func next() async throws(HTTPError) -> [UInt8]?
}

/// The body of an answer, as it arrives. Can be read once, by one task at a time.
///
/// Bytes that nobody reads wait in a small buffer; when it is full, no more are taken from the connection. A body that is
/// dropped before its end ends the transfer.
package struct HTTPBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    package struct AsyncIterator: AsyncIteratorProtocol {
        let source: any HTTPBodySource

        package mutating func next() async throws -> [UInt8]? {
            try await source.next()
        }
    }

    private let source: any HTTPBodySource

    package init(source: any HTTPBodySource) {
        self.source = source
    }

    /// A body that is already there.
    package init(bytes: [UInt8]) {
        source = BytesSource(bytes)
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: source)
    }

    /// The whole body.
    ///
    /// - Throws: ``HTTPError`` with ``HTTPError/Code/tooLarge`` when it has more than `limit` bytes.
    package func collect(upTo limit: Int) async throws(HTTPError) -> [UInt8] {
        var all: [UInt8] = []
        while let piece = try await source.next() {
            guard all.count + piece.count <= limit else {
                throw HTTPError(
                    code: .tooLarge, message: "the answer has more than \(limit) bytes", mayHaveBeenSent: true)
            }
            if all.isEmpty { all = piece } else { all += piece }
        }
        return all
    }
}
