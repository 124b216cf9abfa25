import Foundation
import RADL
import Testing

/// IM's own library, which `scripts/setup integration` brings, reads what the RADL module prints as the same document.
@Suite("IM's library of RADL", .enabled(if: RADLLibrary.isInstalled), .timeLimit(.minutes(5)))
struct RADLLibraryTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../RADLTests/Corpus").standardizedFileURL

    /// Documents of EC3, and the texts of the recorded vectors.
    private static func documents() throws -> [RADLDocument] {
        let folder = corpus.appending(path: "ec3")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".radl") }
        var texts = try names.sorted().map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
        let vectors = try String(contentsOf: corpus.appending(path: "annex-b.jsonl"), encoding: .utf8)
        for line in vectors.split(separator: "\n") {
            // 'random' is drawn anew each time.
            guard case .string(let text)? = try RADLJSONValue(parsing: RADLSource(text: String(line)))["in"],
                !text.contains("random(")
            else { continue }
            texts.append(text)
        }
        return texts.compactMap { try? RADLDocument(parsing: $0) }
    }

    @Test(arguments: [RADLTextStyle.exact, .im])
    func readsWhatIsPrinted(_ style: RADLTextStyle) async throws {
        let documents = try Self.documents()
        #expect(documents.count > 100)
        try await compare(documents, style)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func readsDocumentsOfAllKindsOfValues(_ seed: UInt64) async throws {
        var drawn = DrawnDocuments(state: seed)
        try await compare((0..<200).map { _ in drawn.document() }, seed.isMultiple(of: 2) ? .exact : .im)
    }

    /// The wider dialect is printed in IM's own.
    @Test func readsTheWiderDialect() async throws {
        let folder = Self.corpus.appending(path: "ec3-wider")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".radl") }
        #expect(!names.isEmpty)
        let documents = try names.sorted().map { name in
            var document = try RADLDocument(
                parsing: String(contentsOf: folder.appending(path: name), encoding: .utf8), file: name)
            document.includes = []
            return document
        }
        try await compare(documents, .im)
    }

    private func compare(_ documents: [RADLDocument], _ style: RADLTextStyle) async throws {
        let texts = documents.map { $0.text(style: style) }
        let answers = try await RADLLibrary.read(texts)
        try #require(answers.count == texts.count)
        for (index, answer) in answers.enumerated() {
            let expected = documents[index].jsonValue.asLibrary
            #expect(answer["json"]?.asLibrary == expected, "\(texts[index])\n\(answer.text())")
        }
    }
}

/// The library in its Python environment.
private enum RADLLibrary {
    static let python = PythonEnvironment.program("python", of: "radl")

    static var isInstalled: Bool { python != nil }

    static func read(_ texts: [String]) async throws -> [RADLJSONValue] {
        let scratch = try Scratch()
        let file = try scratch.write("texts.json", RADLJSONValue.array(texts.map { .string($0) }).text())
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../testbed/lib/radl_library.py").standardizedFileURL
        // The library caches the tables of its parser where it runs.
        let ended = try await Program(name: "python", executable: python, workingFolder: scratch.url)
            .run([script.path, file])
        try #require(ended.status == 0, "\(ended.errors)")
        guard case .array(let answers) = try RADLJSONValue(parsing: RADLSource(text: ended.output)) else { return [] }
        return answers
    }
}

extension RADLJSONValue {
    /// As the library's JSON form has it: numbers without regard to a point, no `KEY_max` beside `KEY_min`, ids of
    /// descriptions (memory addresses there) dropped, members sorted. And without what IM's style of printing changes:
    /// newlines around recipes, references of descriptions, the time of an empty `contextualize`.
    fileprivate var asLibrary: RADLJSONValue {
        switch self {
        case .object(let members):
            let names = Set(members.map(\.name))
            var dropped: Set<String> = []
            if self["class"] == .string("description") { dropped = ["id", "reference"] }
            if self["class"] == .string("contextualize"), !names.contains("items"), !names.contains("options") {
                dropped = ["max_time"]
            }
            return .object(
                members
                    .filter { !dropped.contains($0.name) }
                    .filter { !($0.name.hasSuffix("_max") && names.contains("\($0.name.dropLast(4))_min")) }
                    .map { member in
                        guard member.name == "recipes", case .string(let text) = member.value else {
                            return Member(member.name, member.value.asLibrary)
                        }
                        return Member(member.name, .string(text.trimmingCharacters(in: .newlines)))
                    }.sorted { $0.name < $1.name })
        case .array(let values): return .array(values.map(\.asLibrary))
        case .number(let number): return .number(.real(number.doubleValue))
        default: return self
        }
    }
}

/// Documents with every kind of value, drawn from a known sequence.
private struct DrawnDocuments {
    var state: UInt64

    private mutating func draw(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
    }

    private static let texts = [
        "x", "o'brien", "''", "a\\nb", "C:\\dir", "l1\nl2", "#", "ñ€🎉", "", "(", "'", "and", "\\d+'x", "\"d\"",
    ]
    private static let names = ["x", "cpu.count", "memory.size", "disk.0.image.url", "a.b", "y", "z-1", "_w"]
    private static let signs: [Comparison] = [.equal, .lessOrEqual, .greaterOrEqual, .less, .greater]

    private mutating func features(_ level: Int) -> Features {
        var features = Features()
        for _ in 0..<draw(5) {
            let name = Self.names[draw(Self.names.count)]
            switch draw(level < 2 ? 7 : 5) {
            case 0, 1:
                let unit = RADLUnit(["", "M", "GiB", "zz"][draw(4)])
                let number: RADLNumber = draw(2) == 0 ? .integer(draw(9999)) : .real(Double(draw(9999)) / 8)
                features.set(Feature(name, .number(Interval(Self.signs[draw(5)], Quantity(number, unit: unit)))))
            case 2, 3: features.set(name, to: Self.texts[draw(Self.texts.count)])
            case 4:
                let texts = (0...draw(3)).map { _ in Self.texts[draw(Self.texts.count)] }.filter { !$0.isEmpty }
                if !texts.isEmpty { features.set(name, to: texts) }
            case 5:
                var sets = FeatureSets()
                for number in 0...draw(2) {
                    var inner = self.features(level + 1)
                    inner.set("name", to: "n\(number)")
                    try? sets.add(FeatureSet(inner))
                }
                features.set(Feature("\(name).set", .set(sets)))
            default:
                let group = SoftGroup(weight: .integer(draw(100)), features: self.features(level + 1))
                features.set(Feature(Feature.softName, .softs([group])))
            }
        }
        return features
    }

    mutating func document() -> RADLDocument {
        var document = RADLDocument()
        document.networks = (0..<draw(3)).map { RADLNetwork(id: "n\($0)", features: features(2)) }
        document.systems = (0...draw(3)).map { number in
            RADLSystem(id: "s\(number)", features: features(0))
        }
        document.configures = (0..<draw(3)).map { number in
            RADLConfigure(
                id: "s\(number)", content: [.reference, .disabled, .recipe("\n- tasks: ['it''s']\n")][draw(3)])
        }
        document.deploys = (0..<draw(3)).map { RADLDeploy(system: "s0", count: $0, cloud: draw(2) == 0 ? nil : "c") }
        return document
    }
}
