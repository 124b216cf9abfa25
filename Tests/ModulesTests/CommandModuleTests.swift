import Jinja
import Modules
import Testing

@Suite struct CommandModuleTests {
    @Test(arguments: TestShell.allCases)
    func commandReportsWhatItRan(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("command", ["_raw_params": "printf '%s\\n' \"a b\" c"])
        #expect(result.changed)
        #expect(!result.failed)
        #expect(result["stdout"] == "a b\nc")
        #expect(result["stdout_lines"] == ["a b", "c"])
        #expect(result["rc"] == 0)
        #expect(result["cmd"] == ["printf", "%s\\n", "a b", "c"])
    }

    @Test(arguments: TestShell.allCases)
    func failureKeepsStatusAndErrors(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("command", ["argv": ["sh", "-c", "echo no >&2; exit 7"]])
        #expect(result.failed)
        #expect(result["rc"] == 7)
        #expect(result["stderr"] == "no")
        #expect(result.message == "non-zero return code")
    }

    @Test(arguments: TestShell.allCases)
    func missingProgramIsNamed(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("command", ["cmd": "/no/such --flag"])
        #expect(result.failed)
        #expect(result["rc"] == 2)
        #expect(result.message == "[Errno 2] No such file or directory: b'/no/such'")
        #expect(result["cmd"] == "/no/such --flag")
    }

    @Test(arguments: TestShell.allCases)
    func createsAndRemovesDecide(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let first = try await box.run(
            "shell", ["_raw_params": "echo x >> made.txt", "creates": "made*", "chdir": .string(box.root)])
        #expect(first.changed)
        let second = try await box.run(
            "shell", ["_raw_params": "echo x >> made.txt", "creates": "made*", "chdir": .string(box.root)])
        #expect(!second.changed)
        #expect(second["stdout"] == "skipped, since made* exists")
        #expect(second.message == "Did not run command since 'made*' exists")
        #expect(box.read("made.txt") == "x\n")
        let third = try await box.run("command", ["cmd": "touch no", "removes": "absent"])
        #expect(!third.changed)
        #expect(third.message == "Did not run command since 'absent' does not exist")
    }

    @Test("in check mode nothing runs, and what a later task may ask for is there", arguments: TestShell.allCases)
    func checkMode(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        for module in ["command", "shell"] {
            let result = try await box.run(module, ["_raw_params": "touch made"], check: true)
            #expect(result.skipped && !result.changed && !result.failed)
            #expect(result["stdout"] == "" && result["stderr"] == "" && result["rc"] == 0)
            #expect(result["stdout_lines"] == [] && result["stderr_lines"] == [])
            #expect(result.message == "Command would have run if not in check mode")
            #expect(result["cmd"] == (module == "shell" ? "touch made" : ["touch", "made"]))
        }
        let needed = try await box.run("shell", ["_raw_params": "touch made", "creates": "made"], check: true)
        #expect(needed.changed && !needed.skipped)
        #expect(needed["stdout"] == "" && needed["stdout_lines"] == [] && needed["rc"] == 0)
        #expect(box.read("made") == nil)
        try box.write("made", "")
        let not = try await box.run("shell", ["_raw_params": "touch made", "creates": "made"], check: true)
        #expect(!not.changed && !not.skipped)
        #expect(not.message == "Would not run command since 'made' exists")
    }

    @Test(arguments: TestShell.allCases)
    func shellExpandsAndReadsStandardInput(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("shell", ["cmd": "cat; A=1; echo $((A+1)) | tr 2 3", "stdin": "given"])
        #expect(result["stdout"] == "given\n3")
        let wrong = try await box.run("shell", ["cmd": "if then fi ("])
        #expect(wrong.failed)
        #expect(wrong["rc"] == 2)
    }

    @Test(arguments: TestShell.allCases)
    func missingFolderFails(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("command", ["cmd": "true", "chdir": "/no/folder"])
        #expect(result.failed)
        #expect(result.message == "Unable to change directory before execution: /no/folder")
    }

    @Test(arguments: [
        ("a b  c", ["a", "b", "c"]), ("'a b' \"c \\\" d\"", ["a b", "c \" d"]), ("a\\ b", ["a b"]), ("''", [""]),
        ("a\"b\"'c'", ["abc"]), ("\"a\\nb\"", ["a\\nb"]),
    ])
    func wordsAreSplitAsAShellDoes(text: String, words: [String]) throws {
        #expect(try CommandLine.split(text) == words)
    }

    @Test func openQuoteIsRefused() {
        #expect(throws: ModuleError.self) { try CommandLine.split("echo 'x") }
    }

    @Test(arguments: TestShell.allCases)
    func hostileTextsStayTexts(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        for text in [
            "$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "a\nb", "*", "~", "\\", "--", "é\u{1F600}",
        ] {
            let result = try await box.run(
                "command", ["argv": ["printf", "%s", .string(text)], "expand_argument_vars": false])
            #expect(result["stdout"] == .string(text))
        }
        #expect(box.read("pwned") == nil)
    }

    @Test("a script that is not needed is skipped", arguments: TestShell.allCases)
    func skippedScript(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let source = SourceRequest(kind: .file, path: "s.sh", decrypts: true)
        for (key, path, reason) in [
            ("creates", "/etc/passwd", "/etc/passwd exists, matching creates option"),
            ("removes", "/no/such", "/no/such does not exist, matching removes option"),
        ] {
            let result = try await box.run(
                "script", ["_raw_params": "s.sh", key: .string(path)],
                sources: [source: ModuleSource(.file(Payload(Array("exit 1".utf8)), mode: 0o755))])
            #expect(result.skipped && !result.changed && !result.failed)
            #expect(result.message == reason)
        }
    }
}
