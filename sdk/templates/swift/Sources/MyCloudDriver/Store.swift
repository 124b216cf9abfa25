import ConnectorAPI
import Foundation

/// Machines as files. Any number of processes may use the same folder.
struct Store: Sendable {
    struct Record: Codable, Sendable {
        var machine: Machine
        /// All of the launch that the machine is of.
        var items: [MachineSpec]
    }

    private let folder: URL

    init(folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ id: String) throws -> URL {
        guard !id.isEmpty, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw ConnectorError(code: .invalidArgument, message: "'\(id)' is no id of a machine")
        }
        return folder.appending(path: id + ".json")
    }

    func records() throws -> [Record] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            // One that is gone meanwhile is gone.
            .compactMap { FileManager.default.contents(atPath: $0.path) }
            .map { try JSONDecoder().decode(Record.self, from: $0) }
            .sorted { $0.machine.id < $1.machine.id }
    }

    /// What is there under this id, else the given one, which is there afterwards.
    func insert(_ record: Record) throws -> Record {
        let file = try file(record.machine.id)
        let new = folder.appending(path: UUID().uuidString + ".new")
        try JSONEncoder().encode(record).write(to: new)
        defer { try? FileManager.default.removeItem(at: new) }
        // A link is made only where nothing is, and the file behind it is whole.
        do {
            try FileManager.default.linkItem(at: new, to: file)
            return record
        } catch {
            guard let data = FileManager.default.contents(atPath: file.path) else { throw error }
            return try JSONDecoder().decode(Record.self, from: data)
        }
    }

    func remove(_ id: String) throws {
        let file = try file(id)
        do {
            try FileManager.default.removeItem(at: file)
        } catch CocoaError.fileNoSuchFile {
            // Somebody else removed it.
        }
    }
}
