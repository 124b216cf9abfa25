import Foundation
import TOSCA

/// Reading, checking and translating a TOSCA template, whose recipes are in its own folder.
enum TemplateBench {
    static func run(_ file: String) async throws -> [String: Double] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        let resolver = TOSCAResolver(folder: TOSCAFolder(path: folder))
        func translate() async throws -> TOSCATranslation {
            let template = try await TOSCATemplate(text: text, resolver: resolver)
            return try await TOSCATranslator.translate(template, resolver: resolver)
        }
        // The first one finds out where each type stands in the collections.
        var first: TOSCATranslation?
        let start = Measure.cpu()
        first = try await translate()
        let whole = Measure.cpu() - start
        let nodes = Double(first?.template.nodes.count ?? 0)
        return [
            "first": whole,
            "check": try await Measure.medianCPU(20) { _ = try await TOSCATemplate(text: text, resolver: resolver) },
            "whole": try await Measure.medianCPU(20) { _ = try await translate() }, "nodes": nodes,
            "warnings": Double(first?.warnings.count ?? 0),
        ]
    }
}
