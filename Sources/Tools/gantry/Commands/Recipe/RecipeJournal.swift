import ContextualizationAPI
import Foundation
import Glibc
import JSONCoding
import Support
import Synchronization

/// What a run of a playbook did, in a file that only its user may read, so that an interrupted one can go on. It is
/// removed when all went well.
final class RecipeJournal: Sendable {
    /// What the run before did; empty unless it is to go on.
    let history: [ContextualizationEvent]
    private let file: String
    private let handle: Mutex<FileHandle>

    init(playbook: String, inventory: [String], resumes: Bool) throws {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_STATE_HOME"] ?? "\(NSHomeDirectory())/.local/state"
        let folder = "\(home)/gantry/recipes"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let places = ([playbook] + inventory).map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        file = "\(folder)/\(Self.name(places)).jsonl"
        var known: [ContextualizationEvent] = []
        if resumes {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw UsageError("there is no interrupted run of '\(playbook)' with this inventory to go on with")
            }
            // The last line may be cut off.
            known = data.split(separator: 0x0a).compactMap {
                try? JSONText.decode(ContextualizationEvent.self, from: Array($0))
            }
        } else if FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
        history = known
        let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw UsageError("'\(file)' cannot be written: \(String(cString: strerror(errno)))")
        }
        handle = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    private static func name(_ places: [String]) -> String {
        // FNV-1a: the name has to be the same each time, and nothing more.
        let hash = places.joined(separator: "\n").utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return String(hash, radix: 16)
    }

    func append(_ event: ContextualizationEvent) throws {
        switch event.body {
        case .taskFinished, .stepFinished: break
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
