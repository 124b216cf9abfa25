/// What a shell says before it answers: noise of any length goes by, the last of it stays for messages.
struct EarlyWords: Sendable {
    /// What came last, behind the mark if there is one.
    private(set) var bytes: [UInt8] = []
    private var scanner: MarkScanner?
    private static let most = 8192

    /// - Parameter mark: What came before it is forgotten as soon as it is seen. Without one there is nothing to wait for.
    init(after mark: String? = nil) {
        scanner = mark.map { MarkScanner(mark: $0) }
    }

    /// True from the start where there is no mark.
    var isAfterMark: Bool { scanner == nil }

    mutating func receive(_ more: some Collection<UInt8>) {
        if scanner?.receive(more) == true {
            bytes = scanner?.rest ?? []
            scanner = nil
        } else {
            bytes += more
        }
        bytes.removeFirst(max(0, bytes.count - Self.most))
    }

    func contains(_ text: String) -> Bool { bytes.firstPlace(of: Array(text.utf8)) != nil }

    mutating func forget() { bytes = [] }

    /// Those with text, each cut. What is mostly no text is told as such.
    var lines: [String] {
        var lines: [String] = []
        for line in bytes.split(separator: 0x0a) {
            let text = String(decoding: line, as: UTF8.self).filter { !$0.isNewline && $0 >= " " && $0 != "\u{7f}" }
            if text.filter({ $0 == "\u{fffd}" }).count * 4 > text.count {
                if lines.last != Self.noText { lines.append(Self.noText) }
            } else if !text.isEmpty {
                lines.append(text.count > 200 ? text.prefix(200) + "…" : text)
            }
        }
        return lines
    }

    private static let noText = "bytes that are no text"
}
