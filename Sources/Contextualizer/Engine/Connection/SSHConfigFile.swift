import ContextualizationAPI
import Foundation
import Glibc
import Modules
import Support

/// What files in the form of `ssh_config` say of hosts: the user's, and the system's behind it.
///
/// Blocks of `Host` and `Match`, `Include`, quotes and `=` are as ssh_config(5) has them. What a name means is
/// ``SSHArguments``'s affair.
package struct SSHConfigFile: Sendable {
    /// A host that a setting is looked up for.
    struct Subject {
        /// As it was named.
        var name: String
        /// As the settings before have made it.
        var address: String
        var user: String
        /// Whether all was read once already, for `Match final`.
        fileprivate var isFinal = false

        init(name: String, address: String, user: String) {
            (self.name, self.address, self.user) = (name, address, user)
        }
    }

    struct Setting: Sendable, Hashable {
        var name: String
        var value: String
        /// `FILE:LINE`.
        var place: String
    }

    private struct Condition: Sendable {
        enum Kind: Sendable {
            case host([String])
            case match([(criterion: String, patterns: [String])], place: String)
        }

        /// Among all of the files.
        var number: Int
        var kind: Kind
    }

    private struct Entry: Sendable {
        var conditions: [Condition]
        var setting: Setting
    }

    private var entries: [Entry] = []
    private var conditionCount = 0
    private var hasFinal = false

    private static let deepestInclude = 16

    /// Says nothing of any host.
    init() {}

    /// Reads the files that exist; of most settings the first one counts.
    ///
    /// - Throws: ``ContextualizationError`` for a line that is none, and for a user's file that others may write, which
    ///   `ssh` refuses too.
    init(files: [String]) throws {
        for file in files { try read(file, in: [], depth: 0) }
    }

    /// The files that `ssh` reads for whoever runs this.
    package static func ofThisUser() throws -> SSHConfigFile {
        try SSHConfigFile(files: ["~/.ssh/config", "/etc/ssh/ssh_config"])
    }

    /// The settings that hold for a host, in their order.
    ///
    /// - Parameter take: Handles one, and answers what the host is from then on.
    func forEachSetting(of subject: Subject, _ take: (Setting) throws -> Subject) throws {
        var subject = subject
        for isFinal in hasFinal ? [false, true] : [false] {
            // A block holds or not by what is known where it begins.
            var known: [Int: Bool] = [:]
            for entry in entries {
                subject.isFinal = isFinal
                let holds = try entry.conditions.allSatisfy { condition in
                    if let answer = known[condition.number] { return answer }
                    let answer = try Self.holds(condition.kind, for: subject)
                    known[condition.number] = answer
                    return answer
                }
                if holds { subject = try take(entry.setting) }
            }
        }
    }

    // MARK: - Reading

    private mutating func read(_ file: String, in enclosing: [Condition], depth: Int) throws {
        let path = file.expandingHome
        guard FileManager.default.fileExists(atPath: path), let data = FileManager.default.contents(atPath: path) else {
            return
        }
        try Self.refuseOpenToOthers(path)
        var conditions = enclosing
        for (number, line) in String(decoding: data, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            let place = "\(file):\(number + 1)"
            let words = try Self.words(line, place)
            guard let name = words.first?.lowercased() else { continue }
            guard words.count > 1 else {
                throw ContextualizationError(message: "\(place): '\(words[0])' has no value")
            }
            let values = Array(words.dropFirst())
            switch name {
            case "host": conditions = enclosing + [makeCondition(.host(values))]
            case "match":
                let criteria = try Self.criteria(values, place)
                hasFinal = hasFinal || criteria.contains { ["final", "!final"].contains($0.criterion) }
                conditions = enclosing + [makeCondition(.match(criteria, place: place))]
            case "include":
                guard depth < Self.deepestInclude else {
                    throw ContextualizationError(
                        message: "\(place): files include each other more than \(Self.deepestInclude) deep")
                }
                for pattern in values {
                    for included in Self.files(pattern, besides: path) {
                        try read(included, in: conditions, depth: depth + 1)
                    }
                }
            default:
                let isCommand = ["proxycommand", "localcommand", "remotecommand"].contains(name)
                let value = isCommand ? Self.rest(of: line) : values.joined(separator: " ")
                entries.append(
                    Entry(conditions: conditions, setting: Setting(name: words[0], value: value, place: place)))
            }
        }
    }

    private mutating func makeCondition(_ kind: Condition.Kind) -> Condition {
        conditionCount += 1
        return Condition(number: conditionCount, kind: kind)
    }

    private static func refuseOpenToOthers(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_uid == 0 || status.st_uid == getuid(), status.st_mode & 0o022 == 0 else {
            throw ContextualizationError(
                message: "'\(path)' says how hosts are reached, and others may write it: chmod go-w it")
        }
    }

    /// A name and its values: between blanks, of which the first may be a `=`, or in double quotes. A `#` begins a comment.
    private static func words(_ line: Substring, _ place: String) throws -> [String] {
        var words: [String] = []
        var rest = line.drop { $0.isWhitespace }
        while let first = rest.first, first != "#" {
            if first == "\"" {
                guard let end = rest.dropFirst().firstIndex(of: "\"") else {
                    throw ContextualizationError(message: "\(place): a quote has no end")
                }
                words.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let isName = words.isEmpty
                let word = rest.prefix { !$0.isWhitespace && !(isName && $0 == "=") }
                words.append(String(word))
                rest = rest[word.endIndex...]
            }
            rest = rest.drop { $0.isWhitespace }
            if words.count == 1, rest.first == "=" { rest = rest.dropFirst().drop { $0.isWhitespace } }
        }
        return words
    }

    /// What stands behind the name, as it stands there.
    private static func rest(of line: Substring) -> String {
        let name = line.drop { $0.isWhitespace }.prefix { !$0.isWhitespace && $0 != "=" }
        let behind = line[name.endIndex...].drop { $0.isWhitespace }
        return String(behind.first == "=" ? behind.dropFirst() : behind).trimmingCharacters(in: .whitespaces)
    }

    private static func criteria(
        _ words: [String], _ place: String
    ) throws -> [(criterion: String, patterns: [String])] {
        var words = words[...]
        var criteria: [(String, [String])] = []
        while let word = words.popFirst() {
            let name = word.lowercased()
            if ["all", "canonical", "final", "!canonical", "!final"].contains(name) {
                criteria.append((name, []))
            } else {
                guard let value = words.popFirst() else {
                    throw ContextualizationError(message: "\(place): 'Match \(word)' has no value")
                }
                criteria.append((name, value.split(separator: ",").map(String.init)))
            }
        }
        return criteria
    }

    /// The files of a pattern. One that is relative is beside the user's or the system's file, as `ssh` has it.
    private static func files(_ pattern: String, besides file: String) -> [String] {
        let pattern = pattern.expandingHome
        let folder = file.hasPrefix("/etc/ssh/") ? "/etc/ssh" : "~/.ssh".expandingHome
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern.hasPrefix("/") ? pattern : "\(folder)/\(pattern)", 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { unsafe found.gl_pathv[$0].map { unsafe String(cString: $0) } }
    }

    // MARK: - Conditions

    private static func holds(_ condition: Condition.Kind, for subject: Subject) throws -> Bool {
        switch condition {
        case .host(let patterns): return matches(subject.name, patterns, ignoresCase: false)
        case .match(let criteria, let place):
            return try criteria.allSatisfy { criterion, patterns in
                // A criterion may be denied as a whole.
                let isDenied = criterion.hasPrefix("!")
                return try isDenied
                    != holds(isDenied ? String(criterion.dropFirst()) : criterion, patterns, subject, place)
            }
        }
    }

    private static func holds(
        _ criterion: String, _ patterns: [String], _ subject: Subject, _ place: String
    ) throws -> Bool {
        switch criterion {
        case "all": return true
        case "host": return matches(subject.address, patterns, ignoresCase: true)
        case "originalhost": return matches(subject.name, patterns, ignoresCase: true)
        case "user": return matches(subject.user, patterns, ignoresCase: false)
        case "localuser": return matches(NSUserName(), patterns, ignoresCase: false)
        case "canonical", "final": return subject.isFinal
        default:
            throw ContextualizationError(
                message:
                    "\(place): 'Match \(criterion)' cannot be followed; with '-F none' in ansible_ssh_args no file "
                    + "of ssh is read")
        }
    }

    /// Whether one of the patterns is meant, and none that begins with an exclamation mark.
    private static func matches(_ name: String, _ patterns: [String], ignoresCase: Bool) -> Bool {
        func isMeant(_ pattern: some StringProtocol) -> Bool {
            ignoresCase
                ? Wildcard.matches(name.lowercased(), pattern.lowercased()) : Wildcard.matches(name, String(pattern))
        }
        guard !patterns.contains(where: { $0.hasPrefix("!") && isMeant($0.dropFirst()) }) else { return false }
        return patterns.contains { !$0.hasPrefix("!") && isMeant($0) }
    }
}
