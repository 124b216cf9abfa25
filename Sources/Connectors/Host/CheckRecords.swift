import ConnectorWire
package import Foundation

/// What the conformance kit found last about connectors on this machine: written by `connector-check --record`, read by
/// `gantry connector list`. One file; a reader sees all of it or what was there before.
package struct CheckRecords: Sendable {
    /// The end of one run of the kit.
    package struct Record: Sendable, Hashable, Codable {
        package var name: String
        package var version: String
        package var time: Date
        package var passed: Int
        package var failed: Int
        package var skipped: Int

        package init(name: String, version: String, time: Date, passed: Int, failed: Int, skipped: Int) {
            self.name = name
            self.version = version
            self.time = time
            self.passed = passed
            self.failed = failed
            self.skipped = skipped
        }
    }

    private let path: String
    private var records: [String: Record]

    /// Reads the file; one that is not there or cannot be read counts as empty.
    package init(path: String) {
        self.path = path
        let data = FileManager.default.contents(atPath: path)
        records = data.flatMap { try? WireCodec.decode([String: Record].self, from: Array($0)) } ?? [:]
    }

    /// What a connector is known by here: its file's content, or, compiled in, its name and version.
    package static func key(name: String, version: String, sha256: String?) -> String {
        sha256 ?? "built-in:\(name)-\(version)"
    }

    package subscript(key: String) -> Record? { records[key] }

    /// Adds a record and writes the file, whose folder is made where it is missing.
    ///
    /// - Throws: Foundation's error where it cannot be written.
    package mutating func add(_ record: Record, key: String) throws {
        records[key] = record
        let file = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(WireCodec.encode(records)).write(to: file, options: .atomic)
    }
}
