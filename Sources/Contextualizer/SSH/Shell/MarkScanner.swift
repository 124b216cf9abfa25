/// Waits for a mark in a stream whose bytes come in pieces, and hands back what follows it.
struct MarkScanner: Sendable {
    private let mark: [UInt8]
    private var pending: [UInt8] = []
    /// What came after the mark, together with it.
    private(set) var rest: [UInt8] = []

    init(mark: String) {
        self.mark = Array(mark.utf8)
    }

    /// True when the mark has been seen.
    mutating func receive(_ bytes: some Collection<UInt8>) -> Bool {
        pending += bytes
        if let place = pending.firstPlace(of: mark) {
            rest = Array(pending[(place + mark.count)...])
            pending = []
            return true
        }
        pending.removeFirst(max(0, pending.count - (mark.count - 1)))
        return false
    }
}
