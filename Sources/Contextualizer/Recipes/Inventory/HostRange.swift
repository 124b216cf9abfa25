/// `web[01:10].example.org` and `db-[a:f]`.
enum HostRange {
    private static let maximumHosts = 65_536

    /// The names that a pattern stands for, with a port behind a colon cut off.
    static func expand(_ pattern: String) throws(HostRangeError) -> (names: [String], port: Int?) {
        var pattern = pattern
        var port: Int?
        if let colon = pattern.lastIndex(of: ":"), !pattern[colon...].contains("]"),
            pattern[..<colon].filter({ $0 == ":" }).isEmpty || pattern[..<colon].hasSuffix("]"),
            let number = Int(pattern[pattern.index(after: colon)...])
        {
            port = number
            pattern = String(pattern[..<colon])
        }
        // An IPv6 address in brackets is no range.
        if pattern.hasPrefix("["), pattern.hasSuffix("]"), pattern.filter({ $0 == ":" }).count > 2 {
            return ([String(pattern.dropFirst().dropLast())], port)
        }
        return (try names(pattern[...]), port)
    }

    private static func names(_ pattern: Substring) throws(HostRangeError) -> [String] {
        guard let open = pattern.firstIndex(of: "["), let close = pattern[open...].firstIndex(of: "]"),
            pattern[open..<close].contains(":")
        else {
            if pattern.contains("[") != pattern.contains("]") { throw .invalid(String(pattern)) }
            return [String(pattern)]
        }
        let head = String(pattern[..<open])
        let tails = try names(pattern[pattern.index(after: close)...])
        let members = try members(pattern[pattern.index(after: open)..<close])
        guard members.count * tails.count <= maximumHosts else { throw .tooMany }
        return members.flatMap { member in tails.map { head + member + $0 } }
    }

    private static func members(_ range: Substring) throws(HostRangeError) -> [String] {
        let parts = range.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), let step = parts.count == 3 ? Int(parts[2]) : 1, step > 0 else {
            throw .invalid(String(range))
        }
        let first = parts[0].isEmpty ? "0" : parts[0]
        let last = parts[1]
        if let start = Int(first), let end = Int(last) {
            guard start <= end, (end - start) / step < maximumHosts else { throw start > end ? .backwards : .tooMany }
            let width = first.count > 1 && first.hasPrefix("0") ? first.count : 0
            if width > 0, last.count != width { throw .invalid(String(range)) }
            return stride(from: start, through: end, by: step).map { number in
                let digits = String(number)
                return String(repeating: "0", count: max(0, width - digits.count)) + digits
            }
        }
        guard let low = first.unicodeScalars.first, let high = last.unicodeScalars.first,
            first.unicodeScalars.count == 1, last.unicodeScalars.count == 1, low.isASCII, high.isASCII,
            low.properties.isAlphabetic, high.properties.isAlphabetic
        else { throw .invalid(String(range)) }
        guard low.value <= high.value else { throw .backwards }
        return stride(from: low.value, through: high.value, by: step).compactMap {
            Unicode.Scalar($0).map { String($0) }
        }.filter { $0.unicodeScalars.allSatisfy(\.properties.isAlphabetic) }
    }
}

enum HostRangeError: Error, CustomStringConvertible {
    case invalid(String)
    case backwards
    case tooMany

    var description: String {
        switch self {
        case .invalid(let range): "'\(range)' is no range of hosts: write [1:5], [01:10] or [a:f]"
        case .backwards: "host range must have an end that is not before its begin"
        case .tooMany: "the range stands for more than 65536 hosts"
        }
    }
}
