import ArgumentParser
import Foundation
import RADL
import RADLLanguageServer
import Support

struct RADLConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Write documents in RADL's text form or in its JSON form.",
        discussion: """
            The text is in the usual order and layout, without comments; the JSON is what the service's interfaces take \
            and give, with sizes in bytes. Included documents are put in. Nothing is checked but whether it can be read.

            EXAMPLES:
              gantry radl convert --to json cluster.radl
              gantry radl convert --to radl cluster.json -o cluster.radl
              gantry radl convert --to json *.radl --output-dir json
            """)

    enum Form: String, CaseIterable, ExpressibleByArgument {
        case radl, json
    }

    @Argument(help: ArgumentHelp("Documents; - for standard input.", valueName: "file")) var files: [String]
    @Option(help: "The form that is written.") var to: Form
    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file, not to standard output.", valueName: "file"))
    var output: String?
    @Option(
        name: .customLong("output-dir"),
        help: ArgumentHelp("Write a file for each document to this folder.", valueName: "dir"))
    var folder: String?

    func validate() throws {
        if output != nil, folder != nil { throw ValidationError("--output and --output-dir exclude each other") }
        if files.count > 1, folder == nil {
            throw ValidationError("several documents need --output-dir, a file for each")
        }
        if folder != nil, files.contains("-") { throw ValidationError("standard input has no name for --output-dir") }
        let stems = files.map { DocumentFile.stem($0) }
        if folder != nil, Set(stems).count < stems.count {
            throw ValidationError("two documents have one name: they would be the same file in --output-dir")
        }
    }

    func run() async throws {
        try await reporting {
            var ending = RADLEnding()
            if let folder { try Self.make(folder) }
            for file in files {
                guard let examined = try await ending.readable(file) else { continue }
                let text = Self.text(examined.document, to)
                switch to {
                case .json: Self.tellLosses(examined, text)
                case .radl: Self.tellLostSteps(examined)
                }
                guard let path = target(of: file) else {
                    Terminal.write(text)
                    continue
                }
                do throws(FileProblem) {
                    try UserFile.replace(path, with: text)
                } catch {
                    Terminal.error("'\(path)' cannot be written: \(error.reason)")
                    ending.unwritable()
                }
            }
            try ending.end()
        }
    }

    /// Strict comparisons, and comparisons of strings, have no place in the JSON form.
    private static func tellLosses(_ examined: ExaminedDocument, _ json: String) {
        guard let again = try? RADLDocument(parsingJSON: json) else { return }
        let lost = RADLDifference(from: examined.document, to: again).entries.flatMap { entry in
            entry.details.map { "\(entry.kind.rawValue) '\(entry.id)' \($0.name)" }
        }
        guard let first = lost.first else { return }
        let more = lost.count > 1 ? " and \(lost.count - 1) more" : ""
        Terminal.warn(
            "\(examined.name): JSON has no room for strict comparisons and for those of strings: \(first)\(more) "
                + "became >=, <= or =")
    }

    /// Items of JSON may have a step beside a tool.
    private static func tellLostSteps(_ examined: ExaminedDocument) {
        for item in examined.document.contextualize?.itemsWithLostStep ?? [] {
            Terminal.warn(
                "\(examined.name): RADL's text has no room for a step beside a tool: step \(item.step ?? 0) of 'system "
                    + "\(item.system) configure \(item.configure)' is left out")
        }
    }

    /// - Throws: ``UsageError`` where there is no such folder and none can be made.
    private static func make(_ folder: String) throws {
        let path = folder.expandingHome
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw UsageError("the folder '\(folder)' cannot be made: \(PlainWords.text(error))")
        }
    }

    private func target(of file: String) -> String? {
        guard let folder else { return output }
        return folder + "/" + (DocumentFile.stem(file) ?? file) + "." + to.rawValue
    }

    static func text(_ document: RADLDocument, _ form: Form) -> String {
        switch form {
        case .json: return document.jsonText(spacing: .indented) + "\n"
        case .radl:
            let plain = document.undrawn.withReadableSizes.withRecipesBelow.text()
            return (try? RADLFormatter.format(RADLSource(text: plain))) ?? plain
        }
    }
}
