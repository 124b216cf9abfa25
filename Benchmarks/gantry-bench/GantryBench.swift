import Foundation

/// What only code of the package can measure. Each part prints one JSON object; `Benchmarks/run` starts it.
///
///     gantry-bench connector COMMAND      calls through ConnectorHost: one by one, and a describe of 1,000 machines
///     gantry-bench supervision COMMAND    many calls at a time, a crash, 100 connectors installed
///     gantry-bench json                   the JSON of that describe, by this package and by Foundation
///     gantry-bench radl FILE FIRST        reading and checking a document, after one of a single system
///     gantry-bench jinja                  expressions and a template of 1,000 lines
///     gantry-bench tosca FILE             reading, checking and translating a template
@main
enum GantryBench {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first) {
        case ("connector", let command?): try await report(ConnectorBench.run(command))
        case ("supervision", let command?): try await report(SupervisionBench.run(command))
        case ("json", nil): try report(JSONBench.run())
        case ("radl", let file?) where arguments.count == 3:
            try report(DocumentBench.run(file, first: arguments[3]))
        case ("jinja", nil): try report(JinjaBench.run())
        case ("tosca", let file?): try await report(TemplateBench.run(file))
        default:
            FileHandle.standardError.write(
                Data(
                    ("usage: gantry-bench connector COMMAND | supervision COMMAND | json | jinja | radl FILE FIRST | "
                        + "tosca FILE\n").utf8
                ))
            exit(64)
        }
    }

    private static func report(_ figures: [String: Double]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(figures), as: UTF8.self))
    }
}
