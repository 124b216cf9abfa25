import ContextualizationAPI
import Foundation
import Glibc
import JSONCoding
import Support
import Synchronization

/// What runs of a playbook did, in a file that only its user may read, so that an interrupted one can go on. It is
/// removed when all went well.
///
/// Each run begins with a line that says which one it is and how it was called. Runs that go on add theirs.
final class RecipeJournal: Sendable {
    /// How a run is called, as far as it decides what its tasks do.
    struct Call: Codable, Equatable {
        /// From 1.
        var run = 1
        var isCheckMode: Bool
        /// Of the extra variables.
        var variables: String

        /// Why what one run did does not count for another.
        func difference(from other: Call) -> String? {
            if isCheckMode != other.isCheckMode {
                return other.isCheckMode
                    ? "it was one with --check, which changed nothing"
                    : "it was one without --check, which changed things"
            }
            return variables == other.variables ? nil : "it had other extra variables (-e)"
        }
    }

    private struct Line: Codable {
        var call: Call
    }

    /// What the runs before did; empty unless it is to go on.
    let history: [ContextualizationEvent]
    private let file: String
    private let handle: Mutex<FileHandle>

    init(playbook: String, inventory: [String], resumes: Bool, call: Call) throws {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_STATE_HOME"] ?? "\(NSHomeDirectory())/.local/state"
        let folder = "\(home)/gantry/recipes"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let places = ([playbook] + inventory).map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        file = "\(folder)/\(Fingerprint.of([places.joined(separator: "\n")])).jsonl"
        var known: [ContextualizationEvent] = []
        var call = call
        if resumes {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw UsageError("there is no interrupted run of '\(playbook)' with this inventory to go on with")
            }
            // The last line of a run may be cut off.
            for line in data.split(separator: 0x0a) {
                if let event = try? JSONText.decode(ContextualizationEvent.self, from: Array(line)) {
                    known.append(event)
                } else if let before = try? JSONText.decode(Line.self, from: Array(line)).call {
                    if let difference = call.difference(from: before) {
                        throw UsageError(
                            "the interrupted run of '\(playbook)' cannot be gone on with, since \(difference): call it in "
                                + "the same way, or run the playbook from its start (without --resume)")
                    }
                    call.run = before.run + 1
                }
            }
        } else if FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
        history = known
        let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw UsageError("'\(file)' cannot be written: \(String(cString: strerror(errno)))")
        }
        let opened = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // A line that was cut off ends before the next one.
        let separator: [UInt8] = resumes ? [0x0a] : []
        try opened.write(contentsOf: separator + JSONText.encode(Line(call: call)) + [0x0a])
        handle = Mutex(opened)
    }

    func append(_ event: ContextualizationEvent) throws {
        switch event.body {
        case .taskFinished, .stepFinished, .stepRestarted: break
        default: return
        }
        let bytes = try JSONText.encode(event) + [0x0a]
        try handle.withLock { try $0.write(contentsOf: bytes) }
    }

    func end(isDone: Bool) {
        // What stays is overwritten by the next run.
        if isDone { unlink(file) }
    }
}
