import Foundation
import RADL
import Testing

@testable import TOSCA

/// `docs/tosca.md`: its template deploys, and its tables are those of the types that the program holds.
///
/// `GANTRY_WRITE_DOCS=1` writes the tables instead of comparing them.
@Suite struct ReferenceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let page = root.appending(path: "docs/tosca.md")
    private static let begin = "<!-- types: begin; written by ReferenceTests with GANTRY_WRITE_DOCS=1 -->\n"
    private static let end = "<!-- types: end -->\n"

    @Test func itsTemplateDeploys() async throws {
        let folder = Self.root.appending(path: "examples").path()
        let text = try String(contentsOfFile: folder + "/web-cluster.yaml", encoding: .utf8)
        let recipe = try String(contentsOfFile: folder + "/web-cluster/site.yml", encoding: .utf8)
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(page.contains("```yaml\n\(text)```\n"))
        #expect(page.contains("```yaml\n\(recipe)```\n"))
        let resolver = TOSCAResolver(folder: TOSCAFolder(path: folder))
        let translation = try await translate(
            text, inputs: ["image": TOSCAValue("aws://us-east-1/ami-1")], resolver: resolver)
        #expect(translation.document.check().isEmpty)
        #expect(translation.counts == ["front": 1, "worker": 2])
        #expect(translation.document.configures.map(\.id) == ["site_front_conf"])
        #expect(translation.warnings.isEmpty)
    }

    @Test func itsFirstTemplateNeedsNothing() async throws {
        let text = try String(contentsOf: Self.root.appending(path: "examples/machines.yaml"), encoding: .utf8)
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(page.contains("```yaml\n\(text)```\n"))
        let translation = try await translate(text, resolver: .bundled)
        #expect(translation.document.check().isEmpty && translation.warnings.isEmpty)
        #expect(translation.counts == ["front": 1, "worker": 2])
        #expect(translation.document.configures.isEmpty)
    }

    @Test func itsTablesAreCurrent() throws {
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        let start = try #require(page.range(of: Self.begin)).upperBound
        let stop = try #require(page.range(of: Self.end)).lowerBound
        let tables = try Self.tables()
        guard ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] == nil else {
            let new = page.replacingCharacters(in: start..<stop, with: tables)
            return try new.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(page[start..<stop] == tables, "run this test with GANTRY_WRITE_DOCS=1")
    }

    // MARK: Tables

    private static func tables() throws -> String {
        var text = ""
        for collection in [BundledCollection.grycap, .indigo] {
            let report = Report()
            let library = TypeLibrary(report: report)
            library.add(collection)
            for kind in [TOSCATypeKind.node, .relationship, .capability, .data, .artifact, .policy] {
                // Types of the profile that the collection does not define anew stand with the first collection.
                var names = collection.names(kind)
                if collection.name == "grycap" {
                    names = BundledCollection.normative.names(kind).filter { !names.contains($0) } + names
                }
                let types = names.sorted().compactMap { library.resolve($0, kind, at: nil, .root) }
                #expect(types.count == names.count)
                guard !types.isEmpty else { continue }
                let title = collection.name == "grycap" ? "grycap and the Simple Profile" : collection.name
                text += "\n### \(kind.word.capitalized) types: \(title)\n\n"
                text +=
                    kind == .node
                    ? "| Type | Becomes | Properties |\n| --- | --- | --- |\n"
                    : "| Type | Properties |\n| --- | --- |\n"
                for type in types {
                    let parent = type.parent.map { "<br>from `\($0.name)`" } ?? ""
                    text += "| `\(type.name)`\(parent) |"
                    if kind == .node { text += " \(becomes(type)) |" }
                    text += " \(properties(type)) |\n"
                }
            }
            #expect(report.all.isEmpty, "\(report.all)")
        }
        return text + "\n"
    }

    /// In words, by the type's own lineage.
    private static func becomes(_ type: TOSCAType) -> String {
        let kinds: [(type: String, words: String)] = [
            ("tosca.nodes.Compute", "machines"), ("tosca.nodes.Container.Application", "a container"),
            ("tosca.nodes.aisprint.FaaS.Function", "a function"), ("tosca.nodes.network.Network", "a network"),
            ("tosca.nodes.network.Port", "an interface"), ("tosca.nodes.BlockStorage", "a disk"),
            ("tosca.nodes.im.AnsibleHost", "the host that configures"),
        ]
        if let found = kinds.first(where: { type.isA($0.type) }) { return found.words }
        return type.name == "tosca.nodes.Root" ? "-" : "recipes on its host"
    }

    /// With their types; `*`: has to be given; `=`: the default.
    private static func properties(_ type: TOSCAType) -> String {
        type.properties.elements.map { property in
            var text = "`\(property.name)`: \(property.type.name)"
            if property.isRequired, property.defaultValue == nil { text += "\\*" }
            if let value = property.defaultValue {
                let isSecret = ["password", "secret", "token"].contains { property.name.lowercased().contains($0) }
                let shown = isSecret ? "…" : value.scalarText ?? value.json
                if !shown.isEmpty, shown.count <= 40, !shown.contains("\n") {
                    text += " = `\(shown.replacing("|", with: "\\|"))`"
                }
            }
            return text
        }.joined(separator: ", ")
    }
}
