import Support

/// A body that is already there, in one piece.
final class BytesSource: HTTPBodySource {
    private let bytes: LockedValue<[UInt8]>

    init(_ bytes: [UInt8]) {
        self.bytes = LockedValue(bytes)
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        bytes.withLock { bytes in
            guard !bytes.isEmpty else { return nil }
            defer { bytes = [] }
            return bytes
        }
    }
}
