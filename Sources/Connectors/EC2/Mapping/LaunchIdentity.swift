import HTTPTransport

/// Which of the host's machines an instance is: written into tags at its creation, the same for all of one `RunInstances`,
/// and told apart by the launch index.
///
/// No request per machine is needed, and there is no moment at which an instance exists without its identity. The ids of
/// a batch stand in `gantry:machine` where there is one, else in `gantry:machines.0`, `.1`, … in the order of the launch
/// index. A value is `PREFIX/ENTRY+ENTRY`, an entry being a suffix or `FIRST:LAST` for consecutive numbers, so that
/// `abc.0` to `abc.99` fit into `abc./0:99`.
enum LaunchIdentity {
    static let batchKey = "gantry:batch"
    static let machineKey = "gantry:machine"
    /// Digest of all items of the batch: makes EC2 refuse the token together with other items.
    static let itemsKey = "gantry:items"
    static let listPrefix = "gantry:machines."

    /// EC2 allows 50 tags of 256 characters; the rest is for the host and for people.
    static let maximumListTags = 30
    private static let maximumValueLength = 256

    /// The tags for machines in the order of their launch index; nil when they do not fit.
    static func tags(for ids: [String]) -> [String: String]? {
        if ids.count == 1, ids[0].utf8.count <= maximumValueLength { return [machineKey: ids[0]] }
        let prefix = commonPrefix(ids)
        let head = escape(prefix) + "/"
        var values: [String] = []
        var line = ""
        for entry in entries(ids.map { String($0.dropFirst(prefix.count)) }) {
            if line.isEmpty {
                line = head + entry
            } else if line.utf8.count + entry.utf8.count + 1 <= maximumValueLength {
                line += "+" + entry
            } else {
                values.append(line)
                line = head + entry
            }
            if line.utf8.count > maximumValueLength { return nil }
        }
        values.append(line)
        guard values.count <= maximumListTags else { return nil }
        return Dictionary(uniqueKeysWithValues: values.enumerated().map { ("\(listPrefix)\($0.offset)", $0.element) })
    }

    /// The host's id of the instance with a launch index, from the tags of its creation.
    static func machine(at index: Int, of tags: [String: String]) -> String? {
        if let only = tags[machineKey] { return only }
        var skipped = 0
        for number in 0..<maximumListTags {
            guard let value = tags["\(listPrefix)\(number)"] else { return nil }
            let parts = value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let prefix = unescape(parts[0])
            for entry in parts[1].split(separator: "+", omittingEmptySubsequences: false) {
                let bounds = entry.split(separator: ":", omittingEmptySubsequences: false)
                if bounds.count == 2 {
                    guard let first = Int(bounds[0]), let last = Int(bounds[1]), first <= last else { return nil }
                    if index - skipped <= last - first { return prefix + String(first + index - skipped) }
                    skipped += last - first + 1
                } else {
                    if index == skipped { return prefix + unescape(entry) }
                    skipped += 1
                }
            }
        }
        return nil
    }

    /// The tags as the host gave them: with the machine's own id in place of the list.
    static func hostTags(_ tags: [String: String], machine: String?) -> [String: String] {
        var tags = tags.filter { !$0.key.hasPrefix(listPrefix) && $0.key != itemsKey }
        tags[machineKey] = machine
        return tags
    }

    // MARK: - Packing

    private static func commonPrefix(_ ids: [String]) -> String {
        guard let first = ids.first else { return "" }
        var prefix = Substring(first)
        for id in ids.dropFirst() {
            prefix = prefix.prefix(zip(prefix, id).prefix { $0 == $1 }.count)
        }
        // Numbers are kept whole, so that 10 and 11 make a range.
        while let last = prefix.last, last.isASCII, last.isNumber { prefix.removeLast() }
        return String(prefix)
    }

    private static func entries(_ suffixes: [String]) -> [String] {
        var entries: [String] = []
        var index = 0
        while index < suffixes.count {
            guard let first = number(suffixes[index]) else {
                entries.append(escape(suffixes[index]))
                index += 1
                continue
            }
            var last = first
            while index + 1 < suffixes.count, number(suffixes[index + 1]) == last + 1 {
                last += 1
                index += 1
            }
            entries.append(first == last ? String(first) : "\(first):\(last)")
            index += 1
        }
        return entries
    }

    /// A number as it would be printed again: no sign, no leading zero.
    private static func number(_ text: String) -> Int? {
        guard text.count <= 15, let number = Int(text), number >= 0, String(number) == text else { return nil }
        return number
    }

    /// Only characters that a tag may have and that mean nothing here.
    private static func escape(_ text: String) -> String {
        PercentEncoding.encode(text).replacing("~", with: "%7E").replacing("%", with: "=")
    }

    private static func unescape(_ text: Substring) -> String {
        PercentEncoding.decode(String(text).replacing("=", with: "%"))
    }
}
