import Foundation
import Glibc

/// A process that holds leases: host, process id and its start time, so that a process id that is used again is not
/// taken for the old process.
package struct LeaseHolder: Sendable, Hashable, Codable, CustomStringConvertible {
    package var host: String
    package var process: Int32
    /// Clock ticks after boot at which the process began (field 22 of `/proc/PID/stat`).
    package var startTicks: UInt64

    package init(host: String, process: Int32, startTicks: UInt64) {
        self.host = host
        self.process = process
        self.startTicks = startTicks
    }

    /// This process.
    package static let current = LeaseHolder(
        host: hostIdentity(), process: getpid(), startTicks: currentStartTicks())

    /// Whether the process is known to be gone: it was on this host and is no more. False where that cannot be told.
    package var isKnownDead: Bool {
        guard host == Self.current.host else { return false }
        switch Self.existence(of: process) {
        case .running(let ticks): return ticks != startTicks
        case .gone: return true
        case .unknown: return false
        }
    }

    package var description: String { "\(host):\(process)" }

    /// `process 4711`, with the host's name where that is not this one.
    package var forPeople: String {
        let own = Self.current.host
        return host == own ? "process \(process)" : "process \(process) at \(host.prefix { $0 != "/" })"
    }

    /// Host name with boot id and process namespace, since process ids mean nothing beyond them.
    private static func hostIdentity() -> String {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        let name = ProcessInfo.processInfo.hostName
        return [name, String(boot.prefix(8)), namespace.filter(\.isNumber)].filter { !$0.isEmpty }
            .joined(separator: "/")
    }

    private static func currentStartTicks() -> UInt64 {
        guard case .running(let ticks) = existence(of: getpid()) else { return 0 }
        return ticks
    }

    private enum Existence {
        case running(startTicks: UInt64)
        /// No such process, or one that has ended and waits for its parent.
        case gone
        case unknown
    }

    private static func existence(of process: Int32) -> Existence {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else {
            // No file may also mean no free descriptor, or a `/proc` that hides the processes of others.
            return kill(process, 0) != 0 && errno == ESRCH ? .gone : .unknown
        }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // Field 3 (state) is the first after the name.
        guard fields.count > 19, let ticks = UInt64(fields[19]) else { return .unknown }
        return fields[0] == "Z" || fields[0] == "X" ? .gone : .running(startTicks: ticks)
    }
}
