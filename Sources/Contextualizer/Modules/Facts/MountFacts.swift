import Jinja

/// What is mounted, with sizes, out of `/proc/mounts`, `stat -f` and the names in `/dev/disk/by-uuid`.
struct MountFacts {
    private(set) var mounts: [JinjaValue] = []

    init(_ records: Records) {
        let uuids = Self.uuids(records["uuids"] ?? "")
        for line in records.values["mount"] ?? [] {
            let halves = line.split(separator: "|", omittingEmptySubsequences: false)
            // Names may hold the separator; numbers do not.
            let sizes = (halves.last ?? "").split(separator: " ").compactMap { Int($0) }
            let parts = halves.dropLast().joined(separator: "|").split(separator: " ").map { Self.plain($0) }
            guard parts.count >= 4 else { continue }
            var mount: JinjaDict = [
                "device": .string(parts[0]), "mount": .string(parts[1]), "fstype": .string(parts[2]),
                "options": .string(parts[3]), "dump": .int(parts.count > 4 ? Int(parts[4]) ?? 0 : 0),
                "passno": .int(parts.count > 5 ? Int(parts[5]) ?? 0 : 0),
                "uuid": .string(uuids[parts[0].split(separator: "/").last.map(String.init) ?? ""] ?? "N/A"),
            ]
            if sizes.count == 6 {
                let (unit, block, total, available) = (sizes[0], sizes[1], sizes[2], sizes[3])
                mount["size_total"] = .int(unit * total)
                mount["size_available"] = .int(unit * available)
                mount["block_size"] = .int(block)
                mount["block_total"] = .int(total)
                mount["block_available"] = .int(available)
                mount["block_used"] = .int(total - available)
                mount["inode_total"] = .int(sizes[4])
                mount["inode_available"] = .int(sizes[5])
                mount["inode_used"] = .int(sizes[4] - sizes[5])
            }
            mounts.append(.dict(mount))
        }
    }

    /// By the device's last name, out of `ls -l`: `… UUID -> ../../vda1`.
    private static func uuids(_ listing: String) -> [String: String] {
        var uuids: [String: String] = [:]
        for line in listing.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 3, words[words.count - 2] == "->" else { continue }
            uuids[words[words.count - 1].split(separator: "/").last.map(String.init) ?? ""] = String(
                words[words.count - 3])
        }
        return uuids
    }

    /// Blanks in names are written `\040`.
    private static func plain(_ text: Substring) -> String {
        String(text).replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing("\\134", with: "\\")
    }
}
