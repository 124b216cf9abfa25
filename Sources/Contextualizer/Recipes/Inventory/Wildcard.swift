/// A shell wildcard as Python's `fnmatch` reads it: `*`, `?`, `[a-z]`, `[!a]`. Matching takes no longer than the product of
/// both lengths.
struct Wildcard: Sendable {
    private enum Part: Sendable {
        case any
        case star
        case one(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)

        func takes(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .any, .star: true
            case .one(let own): own == scalar
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
            }
        }
    }

    private var parts: [Part] = []

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var place = 0
        while place < scalars.count {
            switch scalars[place] {
            case "*":
                // Several are one.
                if case .star? = parts.last {} else { parts.append(.star) }
            case "?": parts.append(.any)
            case "[":
                guard let (set, end) = Self.set(scalars, after: place) else { fallthrough }
                parts.append(set)
                place = end
            default: parts.append(.one(scalars[place]))
            }
            place += 1
        }
    }

    /// - Returns: With the place of the bracket that closes it; nil: the first one stands for itself.
    private static func set(_ scalars: [Unicode.Scalar], after start: Int) -> (Part, end: Int)? {
        var first = start + 1
        let isNegated = first < scalars.count && scalars[first] == "!"
        if isNegated { first += 1 }
        // A bracket that comes first is one of the set.
        guard let end = scalars.indices.first(where: { $0 > first && scalars[$0] == "]" }) else { return nil }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var place = first
        while place < end {
            if place + 2 < end, scalars[place + 1] == "-" {
                // One that goes backwards is empty.
                if scalars[place] <= scalars[place + 2] { ranges.append(scalars[place]...scalars[place + 2]) }
                place += 3
            } else {
                ranges.append(scalars[place]...scalars[place])
                place += 1
            }
        }
        return (.set(ranges, isNegated: isNegated), end)
    }

    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var (place, part) = (0, 0)
        // Where to go on when what follows the last star does not fit: it takes one more.
        var retry: (place: Int, part: Int)?
        while place < scalars.count {
            if part < parts.count, case .star = parts[part] {
                retry = (place, part + 1)
                part += 1
            } else if part < parts.count, parts[part].takes(scalars[place]) {
                place += 1
                part += 1
            } else if let last = retry {
                retry = (last.place + 1, last.part)
                (place, part) = (last.place + 1, last.part)
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { if case .star = $0 { true } else { false } }
    }
}
