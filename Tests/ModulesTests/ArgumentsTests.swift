import Jinja
import Modules
import Testing

@Suite struct ArgumentsTests {
    private func parse(_ module: String, _ arguments: JinjaDict) throws -> ModuleArguments {
        try ModuleArguments(arguments, for: try #require(ModuleRegistry.module(named: module)).documentation)
    }

    @Test func unknownParameterIsNamedWithTheKnownOnes() throws {
        let error = try #require(throws: ModuleError.self) { try parse("file", ["path": "/x", "bogus": 1]) }
        #expect(
            error.message.hasPrefix("Unsupported parameters for (file) module: bogus. Supported parameters include: "))
        #expect(error.message.contains("path (dest, name)"))
    }

    @Test(arguments: ModuleRegistry.names)
    func everyModuleRefusesUnknownParameters(name: String) throws {
        guard let module = ModuleRegistry.module(named: name), !module.documentation.acceptsAnything else { return }
        #expect(throws: ModuleError.self) { try parse(name, ["no_such_parameter": "x"]) }
        #expect(!module.documentation.summary.isEmpty)
        #expect(ModuleRegistry.module(named: "ansible.builtin.\(name)") != nil)
    }

    @Test(
        arguments: [
            ("file", ["state": "directory"], "missing required arguments: path"),
            (
                "file", ["path": "/x", "state": "gone"],
                "value of state must be one of: absent, directory, file, hard, link, touch, got: gone"
            ),
            ("copy", ["dest": "/x"], "one of the following is required: content, src"),
            ("copy", ["dest": "/x", "content": "a", "src": "b"], "parameters are mutually exclusive: content|src"),
            ("service", ["name": "x"], "one of the following is required: state, enabled"),
        ] as [(String, JinjaDict, String)])
    func faultsHaveAnsiblesTexts(module: String, arguments: JinjaDict, message: String) throws {
        let error = try #require(throws: ModuleError.self) { try parse(module, arguments) }
        #expect(error.message == message)
    }

    @Test func valuesAreConverted() throws {
        let copy = try parse("copy", ["dest": "/x", "content": ["a": [1, true]], "backup": "yes", "mode": 420])
        #expect(copy.bool("backup") == true)
        #expect(copy.string("mode") == "644")
        #expect(copy.value("content")?.contentText == #"{"a": [1, true]}"#)
        let package = try parse("apt", ["pkg": "a, b", "cache_valid_time": "3600"])
        #expect(package.list("name") == ["a", "b"])
        #expect(package.int("cache_valid_time") == 3600)
        let wrong = try #require(throws: ModuleError.self) {
            try parse("copy", ["dest": "/", "content": "", "force": "maybe"])
        }
        #expect(wrong.message.contains("unable to convert to bool"))
    }

    @Test func secretsAreKnown() throws {
        let user = try parse("user", ["name": "x", "password": "$6$marker"])
        #expect(user.secrets == ["$6$marker"])
    }

    @Test func jsonRoundTrip() throws {
        let value: JinjaValue = ["a": [1, 2.5, "x\n\"\\\u{1}é", true, .none], "b": ["c": [:]]]
        #expect(JSONText.parse(JSONText.text(value)) == value)
        #expect(JSONText.parse(JSONText.indented(value)) == value)
        #expect(JSONText.parse("\"\\ud83d\\ude00\"") == "\u{1F600}")
        for broken in ["{", "[1,]", "{\"a\" 1}", "nul", "\"x", "1 2"] { #expect(JSONText.parse(broken) == nil) }
    }

    @Test func checksumIsSHA1() {
        #expect(Payload(Array("abc".utf8)).checksum == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Payload([]).checksum == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            Payload(Array(repeating: 97, count: 1_000)).checksum == "291e9a6c66994949b57ba5e650361e98fc36b1ba")
    }
}
