import ConnectorAPI
import RADL

/// What a system asks of a machine, and how flavors satisfy it.
struct Requirements: Sendable {
    let system: RADLSystem

    var features: Features { system.features }

    /// URLs or ids of images that would do, best first.
    var images: [String] { system.imageURLs }

    private static let defaultCPUs = 1.0
    private static let defaultMemory = 512e6

    /// For clouds without sizes: the least that satisfies.
    var leastCPUs: Int { Int(least("cpu.count", Self.defaultCPUs)) }
    /// In bytes.
    var leastMemory: Int64 { Int64(least("memory.size", Self.defaultMemory)) }

    private func least(_ name: String, _ otherwise: Double) -> Double {
        let range = range(name, defaultLow: otherwise)
        let low = range.low ?? min(otherwise, range.high ?? otherwise)
        return range.excludesLow ? low.rounded(.down) + 1 : low.rounded(.up)
    }

    /// The architecture that is asked for; nil: the provider's own will do.
    var architecture: String? { chosen("cpu.arch") }

    /// What ``isSatisfied(by:)`` looks at: for systems that are equal in it the same flavors do.
    var sizes: Features {
        Features(features.all.filter { feature in Self.sizePrefixes.contains { feature.name.hasPrefix($0) } })
    }

    private static let sizePrefixes = ["cpu.", "memory.", "gpu.", "price", "instance_type"]

    /// Whether a flavor has what is asked for.
    ///
    /// - Parameter isChosen: It was chosen for the architecture that is asked for, which has several names.
    func isSatisfied(by flavor: Flavor, isChosen: Bool = false) -> Bool {
        // A size that is named need not be as large as one that nobody says anything of.
        let isNamed = isChosen && chosen("instance_type") != nil
        guard range("cpu.count", defaultLow: isNamed ? 0 : Self.defaultCPUs).contains(Double(flavor.cpuCount)),
            range("memory.size", defaultLow: isNamed ? 0 : Self.defaultMemory).contains(Double(flavor.memoryBytes))
        else { return false }
        let architecture = architecture ?? "x86_64"
        if !isChosen, let offered = flavor.architecture, offered.lowercased() != architecture.lowercased() {
            return false
        }
        if let type = chosen("instance_type"), !Self.matches(type, flavor) { return false }
        if let gpus = features.range("gpu.count") {
            let matching = (flavor.gpus ?? []).filter {
                contains($0.vendor, chosen("gpu.vendor")) && contains($0.model, chosen("gpu.model"))
            }
            guard gpus.contains(Double(matching.reduce(0) { $0 + $1.count })) else { return false }
        }
        if let price = features.range("price"), let offered = flavor.pricePerHour,
            let limit = price.high ?? price.low, offered.amount > limit
        {
            return false
        }
        return true
    }

    /// The text of a feature that selects; an empty one selects nothing.
    private func chosen(_ name: String) -> String? {
        features.string(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `instance_type` is exact or holds wildcards.
    static func matches(_ pattern: String, _ flavor: Flavor) -> Bool {
        if pattern == flavor.id || pattern == flavor.name { return true }
        guard pattern.contains("*") else { return false }
        return wildcard(Array(pattern.utf8), Array(flavor.id.utf8))
            || wildcard(Array(pattern.utf8), Array(flavor.name.utf8))
    }

    /// `*` stands for any text. Linear but for backtracking to the last star.
    static func wildcard(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (p, t, star, mark) = (0, 0, -1, 0)
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                (star, mark, p) = (p, t, p + 1)
            } else if p < pattern.count, pattern[p] == text[t] {
                (p, t) = (p + 1, t + 1)
            } else if star >= 0 {
                (p, mark) = (star + 1, mark + 1)
                t = mark
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private func contains(_ offered: String?, _ wanted: String?) -> Bool {
        guard let wanted else { return true }
        return offered?.lowercased().contains(wanted.lowercased()) ?? false
    }

    private func range(_ name: String, defaultLow: Double) -> NumericRange {
        features.range(name) ?? NumericRange(low: defaultLow, high: nil)
    }

    /// The requirements in words, for messages.
    var summary: String {
        var parts: [String] = []
        for name in ["cpu.count", "cpu.arch", "memory.size", "instance_type", "gpu.count"] {
            guard let feature = features[name] else { continue }
            switch feature.value {
            case .number(let interval):
                parts += interval.bounds.map { "\(name) \($0.comparison.sign) \($0.quantity)" }
            case .string(let text, _) where !text.isEmpty: parts.append("\(name) = '\(text)'")
            default: break
            }
        }
        return parts.isEmpty ? "cpu.count >= 1, memory.size >= 512M" : parts.joined(separator: ", ")
    }

    /// The parts that a running machine cannot change, as text: another text means a new machine. Holds no secret.
    var specification: String {
        features.all.filter { Self.isFixed($0.name) && $0.value != .string("", .equal) }
            .map { "\($0.name)=\(Self.text($0.value))" }.sorted().joined(separator: "\n")
    }

    private static func isFixed(_ name: String) -> Bool {
        if name.contains("credentials") || name.contains("applications") { return false }
        if name.hasPrefix("net_interface.") { return !name.contains("dns") }
        let prefixes = [
            "cpu.", "memory.", "gpu.", "disk.", "instance_type", "availability_zone", "spot", "price", "image_type",
            "virtual_system_type", "ec2.",
        ]
        return prefixes.contains { name.hasPrefix($0) }
    }

    private static func text(_ value: Feature.Value) -> String {
        switch value {
        case .number(let interval):
            return interval.bounds.map { "\($0.comparison.rawValue)\($0.quantity.scaledValue)" }
                .joined(separator: ",")
        case .string(let text, _): return text
        case .list(let items, _): return items.joined(separator: ",")
        case .set, .softs: return ""
        }
    }
}
