/// Bytes that wait to be written, without copying them again for each partial write.
struct OutgoingBytes {
    enum State { case empty, blocked, failed }

    private var chunks: [[UInt8]] = []
    /// Bytes of the first chunk that are written.
    private var offset = 0

    var isEmpty: Bool { chunks.isEmpty }

    mutating func append(_ bytes: [UInt8]) {
        if !bytes.isEmpty { chunks.append(bytes) }
    }

    mutating func removeAll() {
        chunks = []
        offset = 0
    }

    /// Writes as much as `sink` takes. It answers how many bytes it took, 0 when it would block, nil when it failed.
    mutating func write(_ sink: (UnsafeRawBufferPointer) -> Int?) -> State {
        while let chunk = chunks.first {
            // The pointer is used by `sink` only while it is called.
            let taken = unsafe chunk.withUnsafeBytes { unsafe sink(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            guard let taken else { return .failed }
            guard taken > 0 else { return .blocked }
            offset += taken
            if offset >= chunk.count {
                chunks.removeFirst()
                offset = 0
            }
        }
        return .empty
    }
}
