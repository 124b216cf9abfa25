import Foundation
import Glibc
import Operations
import Support

/// A folder for the files of one `gantry ssh`: in the user's own runtime folder where there is one, with the name of the
/// process that uses it, so that the next one removes what a killed one left.
struct SessionFolder {
    private static let prefix = "gantry-ssh-"

    let path: String

    init() throws {
        let base = Self.bases()[0]
        Self.sweep()
        let holder = LeaseHolder.current
        path =
            "\(base)/\(Self.prefix)\(Self.place)-\(holder.process)-\(holder.startTicks)-"
            + String(UInt32.random(in: 0...UInt32.max), radix: 16)
        guard mkdir(path, 0o700) == 0 else { throw FileProblem(path: path, errno: errno) }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where process ids mean the same: boot and process namespace, as letters and digits.
    private static let place = String(
        LeaseHolder.current.host.split(separator: "/").dropFirst().joined().filter { $0.isLetter || $0.isNumber })

    /// Best first.
    static func bases(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        var bases = [String(NSTemporaryDirectory().dropLast(while: { $0 == "/" }))]
        if let own = environment["XDG_RUNTIME_DIR"], own.hasPrefix("/"), let status = FileStatus(path: own),
            status.kind == .folder, status.owner == geteuid(), status.permissions & 0o077 == 0
        {
            bases.insert(own, at: 0)
        }
        return bases
    }

    /// Removes the folders of this user whose process has ended.
    static func sweep() {
        for base in bases() {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] {
                guard name.hasPrefix(prefix + place + "-") else { continue }
                let parts = name.dropFirst(prefix.count + place.count + 1).split(separator: "-")
                guard parts.count == 3, let process = Int32(parts[0]), let ticks = UInt64(parts[1]),
                    let status = FileStatus(path: "\(base)/\(name)", followsLinks: false),
                    status.kind == .folder, status.owner == geteuid()
                else { continue }
                let holder = LeaseHolder(host: LeaseHolder.current.host, process: process, startTicks: ticks)
                if holder.isKnownDead { try? FileManager.default.removeItem(atPath: "\(base)/\(name)") }
            }
        }
    }
}

extension String {
    /// Without the characters at its end that fulfil a condition.
    fileprivate func dropLast(while condition: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, condition(last) { text = text.dropLast() }
        return text
    }
}
