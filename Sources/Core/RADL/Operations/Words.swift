/// Numbers, sizes and lists as people say them.
enum Words {
    /// `2`, `2 or more`, `2 to 4`, `at most 4`, `more than 1`.
    static func count(_ interval: Interval) -> String {
        text(interval) { $0.converted().description }
    }

    /// `at least 2 GB`, `512 MB`, `1 to 2 GiB`.
    static func size(_ interval: Interval) -> String {
        if let lower = interval.lower, interval.upper == nil, lower.comparison == .greaterOrEqual {
            return "at least \(size(lower.quantity))"
        }
        return text(interval, size)
    }

    /// A number with its unit as written.
    static func quantity(_ interval: Interval) -> String {
        text(interval) { $0.description }
    }

    private static func text(_ interval: Interval, _ show: (Quantity) -> String) -> String {
        let low = interval.lower.map { show($0.quantity) }
        let high = interval.upper.map { show($0.quantity) }
        switch (low, high) {
        case (let low?, let high?):
            if low == high { return low }
            if interval.lower?.comparison == .greater { return "more than \(low), \(end(interval)) \(high)" }
            return interval.upper?.comparison == .less ? "\(low) to less than \(high)" : "\(low) to \(high)"
        case (let low?, nil): return interval.lower?.comparison == .greater ? "more than \(low)" : "\(low) or more"
        case (nil, let high?): return "\(end(interval)) \(high)"
        case (nil, nil): return "any"
        }
    }

    private static func end(_ interval: Interval) -> String {
        interval.upper?.comparison == .less ? "less than" : "at most"
    }

    /// A size in the largest unit that gives a short number: binary where the document writes so.
    static func size(_ quantity: Quantity) -> String {
        let bytes = quantity.scaledValue
        guard bytes.isFinite, bytes < 1e18 else { return quantity.description }
        func units(_ base: Double, _ names: [String]) -> String? {
            for (power, name) in names.enumerated().reversed() {
                var factor = 1.0
                for _ in 0..<power { factor *= base }
                let value = bytes / factor
                guard value >= 1 || power == 0 else { continue }
                let hundredths = (value * 100).rounded()
                guard (value * 100 - hundredths).magnitude < 1e-6 else { continue }
                let whole = Int(hundredths) / 100
                let rest = Int(hundredths) % 100
                let digits = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
                return "\(whole)\(digits) \(name)"
            }
            return nil
        }
        let isBinary = quantity.unit.text.utf8.contains { $0 | 0x20 == UInt8(ascii: "i") }
        let decimal = ["bytes", "kB", "MB", "GB", "TB"]
        let binary = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        let isEven = quantity.unit == .none && bytes >= 1024 && bytes.truncatingRemainder(dividingBy: 1024) == 0
        return units(isBinary || isEven ? 1024 : 1000, isBinary || isEven ? binary : decimal) ?? quantity.description
    }

    /// `22.04`, `22.04 or later`.
    static func compared(_ sign: Comparison, _ version: String) -> String {
        switch sign {
        case .equal: version
        case .greaterOrEqual: "\(version) or later"
        case .greater: "later than \(version)"
        case .lessOrEqual: "\(version) or earlier"
        case .less: "earlier than \(version)"
        }
    }

    /// `a`, `a and b`, `a, b and c`; with a greater number the rest is counted.
    static func list(_ words: [String], of count: Int? = nil) -> String {
        if let count, count > words.count { return words.joined(separator: ", ") + " and \(count - words.count) more" }
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// `22/tcp`, `8080/tcp led to 80`, `9000 to 9100/udp from 10.0.0.0/8`.
    static func port(_ port: Outport) -> String {
        var text =
            port.isRange
            ? "\(port.localPorts.lowerBound) to \(port.localPorts.upperBound)/\(port.transport.rawValue)"
            : "\(port.remote)/\(port.transport.rawValue)"
        if !port.isRange, port.local != port.remote { text += " led to \(port.local)" }
        if port.cidr != "0.0.0.0/0" { text += " from \(port.cidr)" }
        return text
    }

    /// Names of plays, tasks and roles in a recipe, the first few: found by their lines, without reading the YAML.
    static func recipe(_ text: String) -> [String] {
        var names: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where names.count < 5 {
            let content = line.drop { " -{".contains($0) }
            for key in ["name:", "role:"] where content.hasPrefix(key) {
                let value = content.dropFirst(key.count).drop { " '\"".contains($0) }
                    .prefix { !"'\",}#".contains($0) }
                var name = String(value.prefix(60))
                while name.last == " " { name.removeLast() }
                if !name.isEmpty { names.append(key == "role:" ? "role \(name)" : name) }
            }
        }
        return names
    }
}
