import ConnectorAPI

/// The pages of one answer that comes in several: they must end.
struct Pages: Sendable {
    /// More than any cloud has.
    static let most = 1000

    private let what: String
    private let connector: String
    private var seen: Set<String> = []

    /// - Parameter what: What comes in pages, for the message.
    init(of what: String, connector: String) {
        self.what = what
        self.connector = connector
    }

    /// The page that follows, as the connector says.
    ///
    /// - Throws: ``ConnectorError/Code/protocolViolation`` where it was there already, or where there are too many.
    mutating func next(_ page: String?) throws(ConnectorError) -> String? {
        guard let page else { return nil }
        guard seen.insert(page).inserted else {
            throw failure("gives a page again that was there already")
        }
        guard seen.count < Self.most else { throw failure("does not end after \(Self.most) pages") }
        return page
    }

    private func failure(_ what: String) -> ConnectorError {
        ConnectorError(
            code: .protocolViolation,
            message: "connector '\(connector)': \(self.what) \(what); tell its author, "
                + "`gantry connector check` shows it (rule R3)")
    }
}
