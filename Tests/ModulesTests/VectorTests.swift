import Foundation
import Jinja
import Modules
import Support
import Testing

/// The modules beside what real ansible-core did with the same arguments, from `Vectors/record.py`.
@Suite struct VectorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var module: String
        var name: String
        var usesPages: Bool
        /// Folders of the machine that the case's folder stands for.
        var binds: [String]
        /// Keys that were not kept, where results must have no others than Ansible's; nil: they may.
        var unkept: Set<String>?
        var content: JinjaValue

        var testDescription: String { "\(module): \(name)" }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")

    static let cases: [Case] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted().flatMap { file -> [Case] in
            guard let text = try? String(contentsOf: folder.appending(path: file), encoding: .utf8),
                let document = JSONText.parse(text), let module = document["module"]?.stringValue
            else { return [] }
            func names(_ value: JinjaValue?) -> [String] { value?.listValue?.map(\.text) ?? [] }
            return (document["cases"]?.listValue ?? []).map { content in
                Case(
                    module: module, name: content["case"]?.text ?? "", usesPages: document["http"] == true,
                    binds: names(document["binds"]),
                    unkept: document["exact"] == true
                        ? Set(names(document["ignore"]) + names(content["ignore"]) + blank) : nil, content: content)
            }
        }
    }()

    /// What `record.py` leaves out of results, as far as modules have it.
    private static let blank = ["uid", "gid", "owner", "group", "diff", "failed"]

    @Test func vectorsAreThere() {
        #expect(Self.cases.count >= 40)
    }

    @Test(arguments: TestShell.allCases, cases)
    func asAnsible(shell: TestShell, test: Case) async throws {
        let box = try Sandbox(shell, binds: test.binds)
        for bind in test.binds {
            try FileManager.default.createDirectory(atPath: box.root + bind, withIntermediateDirectories: true)
        }
        let pages = test.usesPages ? try TestPages() : nil
        defer { pages?.stop() }
        let places = ["{root}": box.root, "{http}": pages?.address ?? ""]
        for (index, step) in (test.content["steps"]?.listValue ?? []).enumerated() {
            let place = "\(test.name), step \(index)"
            if let text = step["before"]?.stringValue {
                let done = try ChildCommand(
                    ["/bin/sh", "-ec", "umask 022\n" + Self.replace(text, places)],
                    environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: box.root
                ).run()
                try #require(done.ending.status == 0, "\(place): \(String(decoding: done.errors, as: UTF8.self))")
            }
            let arguments = Self.replace(step["args"] ?? .none, places).dictValue ?? [:]
            var result: ModuleResult
            do {
                result = try await box.run(
                    test.module, arguments, check: step["check"] == true, difference: step["diff"] == true,
                    sources: Self.sources(test.content, arguments))
            } catch let error as ModuleError {
                result = ModuleResult(failed: true, message: error.message, values: error.values)
            }
            try Self.compare(result, step, box, places, place)
            if let unkept = test.unkept { Self.findExtra(result, step, unkept, place) }
        }
    }

    // MARK: - Comparison

    private static func compare(
        _ result: ModuleResult, _ step: JinjaValue, _ box: Sandbox, _ places: [String: String], _ place: String
    ) throws {
        let differs = Set((step["differs"]?.dictValue ?? [:]).keys.map(\.text))
        let wanted = step["result"]?.dictValue ?? [:]
        let got = result.dictionary
        for (key, value) in wanted where !differs.contains(key.text) {
            let mine = got[key.text].map { masked(unbound($0, box), places) } ?? (value == false ? .bool(false) : .none)
            if !isEqual(mine, value) {
                Issue.record("\(place): \(key.text) is \(JSONText.text(mine)), Ansible: \(JSONText.text(value))")
            }
        }
        guard !differs.contains("files") else { return }
        let files = step["files"]?.dictValue ?? [:]
        let mine = try snapshot(box)
        for name in Set(files.keys.map(\.text)).union(mine.keys).sorted() {
            let (one, other) = (mine[name] ?? "absent", files[name]?.text ?? "absent")
            if one != other {
                Issue.record("\(place): '\(name)' is \(one.debugDescription), Ansible: \(other.debugDescription)")
            }
        }
    }

    private static func findExtra(_ result: ModuleResult, _ step: JinjaValue, _ unkept: Set<String>, _ place: String) {
        let known = (step["result"]?.dictValue ?? [:]).keys + (step["differs"]?.dictValue ?? [:]).keys
        let ignored = unkept.union(step["ignore"]?.listValue?.map(\.text) ?? [])
        let extra = Set(result.dictionary.keys.map(\.text)).subtracting(known.map(\.text)).subtracting(ignored)
        if !extra.isEmpty {
            Issue.record("\(place): Ansible says nothing of \(extra.sorted().joined(separator: ", "))")
        }
    }

    /// Of a dictionary only what was recorded counts; numbers are equal whatever their type is.
    private static func isEqual(_ mine: JinjaValue, _ wanted: JinjaValue) -> Bool {
        switch (mine, wanted) {
        case (.dict(let one), .dict(let other)):
            return other.allSatisfy { key, value in one[key.text].map { isEqual($0, value) } ?? false }
        case (.list(let one), .list(let other)):
            return one.count == other.count && zip(one, other).allSatisfy { isEqual($0, $1) }
        default: return mine == wanted
        }
    }

    private static var backup: Regex<Substring> { #/\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/# }

    private static func unbound(_ value: JinjaValue, _ box: Sandbox) -> JinjaValue {
        map(value) { text in box.binds.reduce(text) { $0.replacing(box.root + $1, with: $1) } }
    }

    private static func masked(_ value: JinjaValue, _ places: [String: String]) -> JinjaValue {
        map(value) { text in
            var text = text
            for (token, place) in places where !place.isEmpty { text = text.replacing(place, with: token) }
            return text.replacing(backup, with: ".*~")
        }
    }

    private static func replace(_ value: JinjaValue, _ places: [String: String]) -> JinjaValue {
        map(value) { replace($0, places) }
    }

    private static func replace(_ text: String, _ places: [String: String]) -> String {
        var text = text
        for (token, place) in places { text = text.replacing(token, with: place) }
        return text
    }

    private static func map(_ value: JinjaValue, _ body: (String) -> String) -> JinjaValue {
        switch value {
        case .string(let text): return .string(body(text))
        case .list(let items):
            let mapped = items.map { map($0, body) }
            // The order in which a file system names its files means nothing.
            guard !mapped.isEmpty, mapped.allSatisfy({ $0["path"] != nil }) else { return .list(mapped) }
            return .list(mapped.sorted { ($0["path"]?.text ?? "") < ($1["path"]?.text ?? "") })
        case .dict(let dict):
            var result = JinjaDict()
            for (key, item) in dict { result[body(key.text)] = map(item, body) }
            return .dict(result)
        default: return value
        }
    }

    private static func sources(_ test: JinjaValue, _ arguments: JinjaDict) -> [SourceRequest: ModuleSource] {
        var sources: [SourceRequest: ModuleSource] = [:]
        for (name, content) in test["controller"]?.dictValue ?? [:] {
            for kind in [SourceRequest.Kind.file, .template] {
                sources[SourceRequest(kind: kind, path: name.text)] = ModuleSource(
                    .file(Payload(Array(content.text.utf8)), mode: 0o644))
            }
        }
        return sources
    }

    /// As `snapshot` of `record.py`.
    private static func snapshot(_ box: Sandbox) throws -> [String: String] {
        var found: [String: String] = [:]
        let hidden = ["bin", "controller", ".ansible", ".cache"]
        for name in try FileManager.default.subpathsOfDirectory(atPath: box.root) {
            if hidden.contains(where: { name == $0 || name.hasPrefix($0 + "/") }) { continue }
            let key = name.replacing(backup, with: ".*~")
            let digits = String(box.mode(name) ?? 0, radix: 8)
            let mode = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            let kind = try FileManager.default.attributesOfItem(atPath: box.path(name))[.type] as? FileAttributeType
            switch kind {
            case .typeSymbolicLink?:
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: box.path(name))
                found[key] = "link " + target.replacing(box.root, with: "{root}")
            case .typeDirectory?: found[key] = "directory " + mode
            default:
                let bytes = FileManager.default.contents(atPath: box.path(name)) ?? Data()
                var text = String(decoding: bytes, as: UTF8.self)
                if bytes.count > 4000 || text.contains("\u{fffd}") || text.utf8.contains(0) {
                    text = "sha1 " + Payload(Array(bytes)).checksum
                }
                text = box.binds.reduce(text) { $0.replacing(box.root + $1, with: $1) }
                found[key] = "file \(mode) \(text.replacing(box.root, with: "{root}"))"
            }
        }
        return found
    }
}
