import Foundation
import RADL
import Testing

@testable import RADLLanguageServer

/// What editors ask about a document.
@Suite struct LanguageTests {
    private static let document = """
        network public (outbound = 'yes')
        network private ()
        system front (cpu.count >= 1 and net_interface.0.connection = 'public')
        configure front (
        @begin
        @end
        )
        deploy front 1

        """

    @Test(
        "what can be written",
        arguments: [
            ("|", ["system", "network", "deploy", "configure"], ["cpu.count"]),
            ("sys|", ["system"], []),
            ("system a ()\n|", ["deploy"], []),
            ("deploy |", ["front"], ["public", "system"]),
            ("deploy front 2 |", ["system"], ["front"]),
            ("configure |", [], ["front"]),
            (
                "system x (|)", ["cpu.count", "disk.0.image.url", "net_interface.0.connection", "soft"],
                ["outbound", "state"]
            ),
            ("system x (cpu.c|)", ["cpu.count"], []),
            ("system x (disk.0.size = 1 and |)", ["disk.1.size", "disk.0.type"], ["disk.0.size", "disk.2.size"]),
            ("system x (soft 5 (|))", ["cpu.count"], []),
            ("system x (disk.0.applications contains (|))", ["name", "version", "path"], ["cpu.count"]),
            ("system x (cpu.count |)", [">=", "="], ["contains"]),
            ("system x (disk.0.applications |)", ["contains"], ["="]),
            ("system x (memory.size >= 512|)", ["GiB", "M", "and"], []),
            ("system x (memory.size >= 512 |)", ["GiB"], []),
            ("system x (cpu.arch = |)", ["'x86_64'"], ["x86_64"]),
            ("system x (cpu.arch = '|')", ["x86_64"], ["'x86_64'"]),
            ("system x (net_interface.0.connection = '|')", ["public", "private"], ["front"]),
            ("system x (net_interface.0.connection = '|", ["public"], []),
            ("system x (net_interface.0.connection = |)", ["'public'"], []),
            ("system x (cpu.count = 1 |)", ["and"], ["cpu.count"]),
            ("system x (\n  cpu.count = 1 and\n  |\ndeploy front 1", ["memory.size"], ["cpu.count"]),
            ("network n (|)", ["outbound", "outports"], ["cpu.count"]),
            ("network n (outbound = '|')", ["yes", "no"], []),
            ("contextualize (|)", ["system", "option"], []),
            ("contextualize (system |)", ["front"], []),
            ("contextualize (system front |)", ["configure"], []),
            ("contextualize (system front configure |)", ["front"], []),
            ("contextualize (system front configure front |)", ["step", "with"], []),
            ("contextualize (system front configure front with |)", ["cloud_init"], []),
            ("contextualize (\nsystem front configure front step 1\nsystem |\n)", ["front"], []),
            ("contextualize (option |)", ["ansible_version"], []),
            ("# |", [], ["system"]),
            ("configure x (\n@begin\n|\n@end\n)", [], ["system", "and"]),
            ("configure x (|)", ["@begin"], []),
            ("ansible h (|)", ["host", "credentials.username"], []),
        ])
    func completion(text: String, has: [String], lacks: [String]) async throws {
        var editor = try await Editor(Self.document.replacing("|", with: "") + text)
        let found = try await editor.completions()
        for label in has { #expect(found.contains(label), "\(label) in \(found)") }
        for label in lacks { #expect(!found.contains(label), "\(label) in \(found)") }
        #expect(Set(found).count == found.count)
    }

    @Test func aChoiceReplacesTheWord() async throws {
        var editor = try await Editor("system a (cpu.x|y = 1)", snippets: true)
        let list = try await editor.ask("completion") as? [String: Any]
        let item = (list?["items"] as? [[String: Any]])?.first { $0["label"] as? String == "cpu.count" }
        let edit = item?["textEdit"] as? [String: Any]
        #expect(edit?.place == "0:10-0:16")
        #expect(edit?["newText"] as? String == "cpu.count >= $1" && item?["insertTextFormat"] as? Int == 2)
    }

    @Test(
        "what is said of a word",
        arguments: [
            ("system a (memory.s|ize >= 2GiB)", ["Memory", "GiB", ">= 512M"]),
            ("system a (memory.size >= |2GiB)", ["2,147,483,648 bytes: 2.15 GB, 2 GiB"]),
            ("system a (memory.size >= 2Gi|B)", ["2,147,483,648"]),
            (
                "network n (outports = '22|,8080-80,9000:9100/udp')",
                ["tcp port 22", "8080, led to port 80", "udp ports 9000 to 9100"]
            ),
            ("system a (cpu.arch = 'x86_64' an|d x = 1)", ["between features"]),
            ("syst|em a ()", ["system ID ( FEATURES )"]),
            (
                "system a (net_interface.0.connection = 'pub|lic')\nnetwork public (outbound = 'yes')",
                ["outbound = 'yes'", "named once"]
            ),
            ("system a (net_interface.0.connection = 'nos|uch')", ["not in this document"]),
            ("system a (disk.0.applications contains (name| = 'x'))", ["Name of the application"]),
            ("system a (nosu|ch = 1)", ["Nothing is known"]),
            ("deploy a| 1\nsystem a (disk.0.os.credentials.password = 'marker')", ["***"]),
        ])
    func hover(text: String, words: [String]) async throws {
        var editor = try await Editor(text)
        let hover = try #require(try await editor.hover())
        for word in words { #expect(hover.contains(word), "\(word) in \(hover)") }
        #expect(!hover.contains("marker"))
    }

    @Test(arguments: ["system a () # |x", "configure a (\n@begin\n|- x\n@end\n)", "|", "system a (|  )"])
    func nothingIsSaid(text: String) async throws {
        var editor = try await Editor(text)
        #expect(try await editor.hover() == nil)
    }

    @Test func namesLeadToTheirSections() async throws {
        var editor = try await Editor(
            "network n ()\nsystem s (net_interface.0.connection = '|n')\ndeploy s 1\nconfigure s ()\n")
        #expect((try await editor.ask("definition") as? [String: Any])?.place == "0:8-0:9")
        #expect((try await editor.ask("references") as? [[String: Any]])?.map(\.place) == ["0:8-0:9", "1:40-1:41"])
        let system: [String: Any] = ["position": ["line": 2, "character": 7]]
        #expect((try await editor.ask("definition", system) as? [String: Any])?.place == "1:7-1:8")
        let edit = try await editor.ask("rename", system.merging(["newName": "web"]) { $1 }) as? [String: Any]
        let edits = (edit?["changes"] as? [String: [[String: Any]]])?[Editor.uri]
        #expect(edits?.map(\.place) == ["1:7-1:8", "2:7-2:8", "3:10-3:11"])
        let wrong = try await editor.ask("rename", system.merging(["newName": "and"]) { $1 }) as? [String: Any]
        #expect(wrong?["code"] as? Int == -32602)
    }

    @Test func sentencesAreSymbols() async throws {
        var editor = try await Editor(
            "system s (\n  cpu.count = 1 and\n  soft 5 (\n x = 1\n)\n)\ncontextualize (\nsystem s configure c\n)\ndeploy s 2\n"
        )
        let symbols = try await editor.ask("documentSymbol") as? [[String: Any]] ?? []
        #expect(symbols.map { $0["name"] as? String } == ["system s", "contextualize", "deploy s 2"])
        #expect(symbols.map(\.place) == ["0:0-5:1", "6:0-8:1", "9:0-9:10"])
        let children = symbols.first?["children"] as? [[String: Any]] ?? []
        #expect(children.map { $0["name"] as? String } == ["cpu.count", "soft", "x"])
        #expect(children.map(\.place) == ["1:2-1:15", "2:2-4:1", "3:1-3:6"])
        let folds = try await editor.ask("foldingRange") as? [[String: Any]] ?? []
        #expect(folds.map { $0["startLine"] as? Int } == [0, 6] || folds.map { $0["startLine"] as? Int } == [2, 0, 6])
    }

    @Test func formatting() async throws {
        var editor = try await Editor("# ü😀\nsystem a (x=1)\n# end\n")
        let edits = try await editor.ask("formatting", ["options": ["tabSize": 4, "insertSpaces": true]])
        let edit = try #require((edits as? [[String: Any]])?.first)
        #expect(edit.place == "1:11-1:12" && edit["newText"] as? String == " = ")
        try await editor.open("system a (x = 1)\n")
        #expect((try await editor.ask("formatting") as? [Any])?.isEmpty == true)
        try await editor.open("system a (x = \n")
        let refused = try await editor.ask("formatting") as? [String: Any]
        #expect(refused?["code"] as? Int == -32803)
        #expect(
            refused?["message"] as? String
                == "the document can be laid out once its mistake is mended: line 2: the text ends where a number, a"
                + " string or a list as the value of 'x' has to follow")
        try await editor.open("system a (x 1)\nsystem b (y 2)")
        let both = try await editor.ask("formatting") as? [String: Any]
        #expect((both?["message"] as? String)?.contains("its 2 mistakes are mended: line 1: expected '='") == true)
    }

    @Test func mistakesAreMended() async throws {
        var editor = try await Editor("system a (cpu.count = 1, memory.size = 512M)\n")
        let range: [String: Any] = ["start": ["line": 0, "character": 0], "end": ["line": 1, "character": 0]]
        let actions = try await editor.ask("codeAction", ["range": range, "context": ["diagnostics": []]])
        let action = try #require((actions as? [[String: Any]])?.first)
        let edit = action["edit"] as? [String: Any]
        let edits = (edit?["changes"] as? [String: [[String: Any]]])?[Editor.uri]
        #expect((edits?.first?["newText"] as? String)?.contains("and") == true)
    }
}
