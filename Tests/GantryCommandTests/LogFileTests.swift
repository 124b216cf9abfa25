import Assembly
import Foundation
import Logging
import Support
import Testing

struct LogFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")

    private func texts() throws -> [String: String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try TextFile.read(folder.appending(path: $0).path)) })
    }

    @Test func aFullFileMakesRoomForTheNext() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "gantryd.log").path
        // About two records each.
        let logger = try LogFile(path: path, largest: 130).logger(label: "l", level: .info)
        for number in 0..<11 { logger.info("record \(number)\nof two lines") }
        logger.debug("not this")
        let texts = try texts()
        #expect(texts.keys.sorted() == ["gantryd.log", "gantryd.log.1", "gantryd.log.2", "gantryd.log.3"])
        let order = ["gantryd.log.3", "gantryd.log.2", "gantryd.log.1", "gantryd.log"]
        let lines = order.flatMap { (texts[$0] ?? "").split(separator: "\n") }
        let numbers = lines.map { $0.split(separator: "record ").last?.prefix { $0.isNumber } }
        #expect(lines.allSatisfy { $0.hasSuffix("\\nof two lines") })
        #expect(numbers == (11 - lines.count..<11).map { Substring("\($0)") })
        #expect(order.allSatisfy { (texts[$0] ?? "").utf8.count <= 130 })
        #expect(try #require(FileStatus(path: path)).permissions & 0o077 == 0o040)
    }

    @Test func anotherStartGoesOn() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "gantryd.log").path
        for number in 0..<2 {
            try LogFile(path: path, largest: 0).logger(label: "l", level: .info).info("start \(number)")
        }
        #expect(try texts()["gantryd.log"]?.split(separator: "\n").count == 2)
    }

    @Test func whatCannotBeWrittenIsSaidAtTheStart() {
        #expect(throws: FileProblem.self) { try LogFile(path: "/nowhere/gantryd.log", largest: 0) }
    }
}
