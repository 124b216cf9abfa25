/// What the name of a feature means: worked out once for each name of a document.
struct ResolvedName {
    enum Place: UInt8 {
        /// Nothing is known of it.
        case free
        case plain, interface, disk
        /// `disk.x.size`: a letter where a number has to stand.
        case noIndex
    }

    /// Kinds of rules that most values are found to satisfy without a closer look.
    enum Shape: UInt8 {
        case other, text, textOrList, nonEmptyText, network, count, size, wholeSize, word, version, applications
    }

    var place: Place
    var shape = Shape.other
    /// Interfaces and disks: the number in the name.
    var index: Int32 = 0
    /// Where the rule stands in ``FeatureRule/all``.
    private var position: Int32 = 0

    var rule: FeatureRule { FeatureRule.all[Int(position)] }

    private static let positions: [FeatureRule.Section: [String: Int]] = {
        var result: [FeatureRule.Section: [String: Int]] = [:]
        for (position, rule) in FeatureRule.all.enumerated() {
            result[rule.section, default: [:]][rule.name] = position
        }
        return result
    }()

    init(_ name: String, in section: FeatureRule.Section) {
        place = .free
        let rule = FeatureRule.rule(for: name, in: section).flatMap { $0.isEnforced ? $0 : nil }
        if let rule { take(rule) }
        guard section == .system, let parts = IndexedName(name),
            parts.prefix == "disk" || parts.prefix == "net_interface"
        else { return }
        guard let number = parts.index, let index = Int32(exactly: number) else {
            place = .noIndex
            return
        }
        // IM counts the new password of the first disk among the plain features.
        guard let rule, rule.kind != .strongPassword else { return }
        self.index = index
        place = parts.prefix == "disk" ? .disk : .interface
    }

    private mutating func take(_ rule: FeatureRule) {
        position = Int32(Self.positions[rule.section]?[rule.name] ?? 0)
        place = .plain
        shape =
            switch rule.kind {
            case .string(nil): .text
            case .string: .word
            case .stringOrList: .textOrList
            case .nonEmptyString: .nonEmptyText
            case .network: .network
            case .number(.none): .count
            case .number(.memory): .size
            case .integer(.memory): .wholeSize
            case .version: .version
            case .applications: .applications
            default: .other
            }
    }
}
