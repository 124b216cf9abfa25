import Assembly
import ConnectorAPI
import Foundation
import Testing

/// The table of `docs/connectors.md` is what the connectors say of themselves. After a change:
/// `GANTRY_WRITE_DOCS=1 make test`.
@Suite struct ConnectorTableTests {
    private static let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs")

    /// Row by row what a connector can do, of those that are compiled in.
    private static var abilities: String {
        let all = BuiltInConnectors.all().map(\.description).sorted { $0.name < $1.name }
        func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
        var lines = [
            row([""] + all.map { "**\($0.name)**" }), row(Array(repeating: "---", count: all.count + 1)),
            row(["serves"] + all.map { $0.title }),
            row(["`type` of auth lines"] + all.map { $0.providerTypes.map { "`\($0)`" }.joined(separator: " ") }),
            row(
                ["image URLs"]
                    + all.map { description in
                        description.imageSchemes.map { $0 == "*" ? "any" : "`\($0)://`" }.joined(separator: " ")
                    }),
        ]
        let names = Set(all.flatMap { $0.capabilities.keys.map(\.rawValue) }).sorted()
        for name in names {
            lines.append(
                row(["`\(name)`"] + all.map { $0.capabilities[Capability(rawValue: name)] == nil ? "" : "yes" }))
        }
        return lines.joined(separator: "\n")
    }

    @Test func thePageIsWhatTheConnectorsSay() throws {
        let page = Self.docs.appending(path: "connectors.md")
        var text = try String(contentsOf: page, encoding: .utf8)
        let from = try #require(text.range(of: "<!-- abilities: generated -->\n")?.upperBound)
        let to = try #require(text.range(of: "\n<!-- end of abilities -->")?.lowerBound)
        text.replaceSubrange(from..<to, with: Self.abilities)
        if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] != nil {
            try text.write(to: page, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: page, encoding: .utf8) == text)
    }
}
