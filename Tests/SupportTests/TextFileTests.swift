import Foundation
import Support
import Testing

@Suite struct TextFileTests {
    @Test func readsTextAndTellsWhyNot() throws {
        let folder = NSTemporaryDirectory() + "gantry-text-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let long = String(repeating: "zeile ü\n", count: 50_000)
        try long.write(toFile: folder + "/long", atomically: true, encoding: .utf8)
        try Data([0xFF, 0x00, 0x41]).write(to: URL(fileURLWithPath: folder + "/bytes"))
        #expect(try TextFile.read(folder + "/long") == long)
        #expect(try TextFile.read("/dev/null") == "")
        for (name, reason) in [
            ("", "is a folder"), ("/none", "No such file or directory"), ("/long/x", "Not a directory"),
            ("/bytes", "is no text in UTF-8"),
        ] {
            let problem = #expect(throws: FileProblem.self) { try TextFile.read(folder + name) }
            #expect(problem == FileProblem(path: folder + name, reason: reason))
        }
    }
}
