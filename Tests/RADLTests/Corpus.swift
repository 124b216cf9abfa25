import Foundation
import RADL
import Testing

/// Files of the folder `Corpus` beside this file.
enum Corpus {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    /// Names of documents without the ending, sorted.
    static func names(in path: String, ending: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path())) ?? []
        return files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
    }
}

/// One line of `annex-b.jsonl`.
struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var input: String
    var parseError: String?
    var print: String
    var checkError: String?
    var json: RADLJSONValue

    var testDescription: String { name }

    static let all: [Vector] = {
        guard let text = try? Corpus.text("annex-b.jsonl") else { return [] }
        return text.split(separator: "\n").compactMap { line in
            guard let value = try? RADLJSONValue(parsing: RADLSource(text: String(line))) else { return nil }
            return Vector(
                name: value["name"].string ?? "", input: value["in"].string ?? "",
                parseError: value["parse_err"].string, print: value["str"].string ?? "",
                checkError: value["check_err"].string, json: value["json"] ?? .null)
        }
    }()
}

extension RADLJSONValue? {
    var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }
}

extension RADLJSONValue {
    /// Members sorted, numbers without regard to a point, ids of descriptions dropped: for comparison.
    var normalized: RADLJSONValue {
        switch self {
        case .object(let members):
            let isDescription = self["class"] == .string("description")
            return .object(
                members.filter { !(isDescription && $0.name == "id") }
                    .map { Member($0.name, $0.value.normalized) }.sorted { $0.name < $1.name })
        case .array(let values): return .array(values.map(\.normalized))
        case .number(let number): return .number(.real(number.doubleValue))
        default: return self
        }
    }
}

/// A generator with a known sequence.
struct CountingGenerator: RandomNumberGenerator {
    var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}
