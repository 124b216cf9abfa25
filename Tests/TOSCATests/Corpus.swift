import Foundation
import RADL
import TOSCA
import Testing

/// Files of the folder `Corpus` beside this file.
enum Corpus {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: path).path())
    }

    /// Names of all templates, sorted.
    static let templates: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return files.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    }()

    static func template(_ name: String) async throws -> TOSCATemplate {
        try await TOSCATemplate(text: text(name), name: name, resolver: .stub)
    }
}

/// Answers as the network would: a playbook of one task, or a script.
struct StubFetcher: TOSCAFetching {
    var answers: [String: String] = [:]
    /// Whether there is nothing besides answers, where there are some.
    var isClosed = true

    struct NotFound: Error, CustomStringConvertible {
        var description: String { "404 Not Found" }
    }

    func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
        if let answer = answers[url] { return Array(answer.utf8) }
        guard answers.isEmpty || !isClosed else { throw NotFound() }
        // Another branch of a collection is not there.
        if url.hasSuffix("custom_types.yaml") { throw NotFound() }
        if url.hasSuffix(".sh") { return Array("#!/bin/sh\necho hi $P\n".utf8) }
        return Array("---\n- hosts: all\n  connection: local\n  tasks:\n    - debug: msg='stub \(url)'\n".utf8)
    }
}

extension TOSCAResolver {
    static let stub = TOSCAResolver(
        fetcher: StubFetcher(),
        policy: TOSCAFetchPolicy(
            allowedHosts: ["raw.githubusercontent.com", "types.example", "files.example", "github.com"],
            allowsPlainHTTP: true))
}

/// One line of `annex-c.jsonl`.
struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var template: String
    /// IM's translation; nil where it refuses.
    var radl: String?
    var error: String?

    var testDescription: String { name }

    static let all: [Vector] = {
        guard let text = try? Corpus.text("annex-c.jsonl") else { return [] }
        return text.split(separator: "\n").compactMap { line in
            guard let value = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)) else {
                return nil
            }
            return Vector(
                name: value["name"] ?? "", template: value["template"] ?? "", radl: value["radl"], error: value["error"]
            )
        }
    }()
}

extension RADLDocument {
    /// IM's print, without the bodies of recipes, with one suffix for all containers, and without the choices that IM
    /// writes as empty texts and Gantry leaves out.
    var comparable: String {
        var copy = self
        for place in copy.systems.indices {
            for name in ["instance_type", "gpu.vendor", "gpu.model"]
            where copy.systems[place].features.string(name)?.isEmpty == true {
                copy.systems[place].features.remove(name)
            }
        }
        for place in copy.configures.indices {
            if case .recipe = copy.configures[place].content { copy.configures[place].content = .recipe("\n...\n") }
        }
        let text = copy.text(style: .im)
        let suffix = #/-[0-9a-f]{8}(?=[ _\n\'])/#
        return text.replacing(suffix, with: "-00000000")
    }
}

/// Reads and translates a text.
func translate(
    _ text: String, inputs: [String: TOSCAValue] = [:], options: TOSCAOptions = TOSCAOptions(),
    resolver: TOSCAResolver = .stub
) async throws -> TOSCATranslation {
    let template = try await TOSCATemplate(text: text, resolver: resolver)
    return try await TOSCATranslator.translate(template, inputs: inputs, options: options, resolver: resolver)
}

/// The errors of a text that must have some.
func errors(
    _ text: String, inputs: [String: TOSCAValue] = [:], resolver: TOSCAResolver = .stub
) async -> [TOSCADiagnostic] {
    do {
        _ = try await translate(text, inputs: inputs, resolver: resolver)
        return []
    } catch let errors as TOSCAErrors {
        return errors.errors
    } catch {
        return []
    }
}

/// `body` below the version and the import of a collection.
func template(_ body: String, collection: String = "grycap") -> String {
    "tosca_definitions_version: tosca_simple_yaml_1_0\nimports: [ \(collection) ]\n" + body
}
