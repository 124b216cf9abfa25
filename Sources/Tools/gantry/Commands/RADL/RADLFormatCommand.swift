import ArgumentParser
import RADL
import RADLLanguageServer
import Support

struct RADLFormatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "format", abstract: "Lay documents out: one feature a line, comments kept.",
        discussion: """
            Files are replaced in one step and only where something changes; of standard input the result is printed. \
            Blanks, lines and indentation change, nothing else; recipes and strings keep every byte. With --check nothing is \
            written: files that would change are listed, and the exit status is 1.

            EXAMPLES:
              gantry radl format cluster.radl
              gantry radl format --check *.radl
              gantry radl format - < cluster.radl
            """)

    @Argument(help: ArgumentHelp("Documents; - for standard input.", valueName: "file")) var files: [String]
    @Flag(help: "Change nothing; list files that would change.") var check = false

    func run() async throws {
        try await reporting {
            var ending = RADLEnding()
            for file in files {
                guard let source = ending.source(file) else { continue }
                if source.isJSON {
                    Terminal.error("'\(file)' is in JSON; 'gantry radl convert --to radl' makes a text of it")
                    ending.refused()
                    continue
                }
                let text: String
                do throws(RADLFormatter.Refusal) {
                    text = try RADLFormatter.format(source)
                } catch {
                    ending.refused()
                    switch error {
                    case .unreadable(let errors): for error in errors { FindingText.tell(error) }
                    case .differs: Terminal.error("'\(file)' cannot be laid out without changing what it says")
                    }
                    continue
                }
                let differs = Array(text.utf8) != source.bytes
                if check {
                    guard differs else { continue }
                    Terminal.line(Terminal.harmless(file))
                    ending.failed()
                } else if file == "-" {
                    Terminal.write(text)
                } else if differs {
                    do throws(FileProblem) {
                        try UserFile.replace(file, with: text)
                        Terminal.line(Terminal.harmless(file))
                    } catch {
                        Terminal.error("'\(file)' cannot be written: \(error.reason)")
                        ending.unwritable()
                    }
                }
            }
            try ending.end()
        }
    }
}
