import FuzzedLanguage
import Jinja
import RADL
import Recipes

/// What a fuzzer feeds: any bytes must give a value or an error of its own, and what was read must survive printing.
enum Subject: String, CaseIterable {
    case radl
    case radlJSON = "radl-json"
    case radlText = "radl-text"
    case json
    case template
    case recipe
    case inventory
    case tosca
    case xmlrpc
    case authorization

    func feed(_ bytes: [UInt8]) {
        switch self {
        case .radl: Self.radl(bytes)
        case .json: AnyJSON.feed(bytes)
        case .radlText: LanguageSubject.feed(bytes)
        case .radlJSON: Self.radlJSON(String(decoding: bytes, as: UTF8.self))
        case .template: Self.template(String(decoding: bytes, as: UTF8.self))
        case .recipe: Self.recipe(String(decoding: bytes, as: UTF8.self))
        case .inventory: Self.inventory(String(decoding: bytes, as: UTF8.self))
        case .xmlrpc: XMLRPCSubject.feed(bytes)
        case .authorization: AuthorizationSubject.feed(String(decoding: bytes, as: UTF8.self))
        case .tosca: TOSCASubject.feed(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Printed and read again, a document is the same; what is told of any text lies within it.
    private static func radl(_ bytes: [UInt8]) {
        let source = RADLSource(bytes: bytes)
        let analysis = RADLDocument.analyze(source)
        for diagnostic in analysis.diagnostics {
            _ = diagnostic.description
            let ranges = [diagnostic.range, diagnostic.suggestion?.range].compactMap(\.self)
            precondition(ranges.allSatisfy { $0.end <= bytes.count }, "a place beyond the text")
        }
        var end = 0
        for token in source.tokens() {
            precondition(token.start >= end && token.end >= token.start && token.end <= bytes.count, "tokens overlap")
            end = token.end
        }
        _ = RADLExplanation(analysis.document).text
        guard let document = try? RADLDocument(parsing: source) else { return }
        precondition((try? RADLDocument(parsing: document.text())) == document, "text does not survive")
        _ = document.deployGroups()
        precondition(RADLDifference(from: document, to: document).isEmpty, "a document differs from itself")
        let nested = try? document.resolvingIncludes { include, _ in
            RADLSource(bytes: bytes, file: include.template)
        }
        for error in nested?.check() ?? [] {
            _ = error.description
            precondition(error.range.map { $0.end <= bytes.count } ?? true, "a place beyond the included text")
        }
        precondition((try? RADLDocument(parsing: document.undrawn.text())) != nil, "what draws does not survive")
        _ = try? (nested ?? document).resolvingInheritance()
        precondition((try? RADLDocument(parsing: document.text(style: .im))) != nil, "IM's text does not survive")
        settle(document.jsonText())
    }

    private static func radlJSON(_ text: String) {
        let source = RADLSource(text: text)
        let reading = RADLDocument.readJSON(source)
        for error in reading.errors + reading.document.check() + reading.document.advice() {
            _ = error.description
            precondition(error.range.map { $0.end <= source.bytes.count } ?? true, "a place beyond the text")
        }
        _ = RADLExplanation(reading.document).text
        guard let document = try? RADLDocument(parsingJSON: text) else { return }
        precondition((try? RADLDocument(parsing: document.text())) != nil, "JSON gives no readable text")
        settle(document.jsonText())
    }

    /// The JSON form has no units, comparisons and names such as `class`: what it can hold, it keeps.
    private static func settle(_ json: String) {
        guard let first = try? RADLDocument(parsingJSON: json).jsonText() else { return }
        precondition((try? RADLDocument(parsingJSON: first))?.jsonText() == first, "JSON does not survive")
    }

    private static let environment: JinjaEnvironment = {
        var limits = JinjaLimits()
        limits.maximumSteps = 20_000
        limits.maximumSize = 1 << 20
        return JinjaEnvironment(limits: limits)
    }()

    private static let variables: JinjaDict = [
        "name": "web", "count": 3, "list": [1, 2, 3], "nested": ["a": ["b": "c"]], "flag": true,
    ]

    private static func template(_ text: String) {
        _ = try? environment.render(text, scope: variables)
        _ = try? environment.condition(text, scope: variables)
    }

    /// Each host of an inventory is found by its name, is in `all`, and has variables; the first line is a pattern, too.
    private static func inventory(_ text: String) {
        if let line = text.split(separator: "\n").first, let pattern = try? HostPattern(String(line)) {
            _ = try? pattern.hosts(in: Inventory())
        }
        guard let inventory = try? Inventory.parse(text, name: "fuzz"), inventory.hosts.count < 200 else { return }
        let all = Set(inventory.hosts(inGroup: "all"))
        for host in inventory.hosts {
            precondition(inventory.host(host.name) != nil && all.contains(host.name), "a host that is not there")
            _ = inventory.variables(ofHost: host.name)
            _ = inventory.groupNames(ofHost: host.name)
        }
        var merged = inventory
        merged.merge(inventory)
        precondition(merged.hosts.count == inventory.hosts.count, "hosts that come twice")
    }

    private static func recipe(_ text: String) {
        guard let recipe = try? Recipe.parse(text: text, name: "fuzz") else { return }
        _ = recipe.check(supportedModules: ["command": ["cmd"]])
    }
}
