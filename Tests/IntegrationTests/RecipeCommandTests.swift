import Foundation
import Glibc
import Support
import TestSupport
import Testing

/// `gantry recipe` as a user of `ansible-playbook` and `ansible-vault` calls it, on this machine alone.
@Suite struct RecipeCommandTests {
    private let scratch: Scratch
    private var gantry = Program(name: "gantry")

    init() throws {
        scratch = try Scratch()
        // Where a run that can go on is kept.
        gantry.environment["XDG_STATE_HOME"] = scratch.path("state")
        try FileManager.default.createDirectory(atPath: scratch.path("work"), withIntermediateDirectories: true)
    }

    /// A play whose tasks write their names into files.
    private func play(_ tasks: String...) throws -> String {
        try scratch.write(
            "site.yml",
            "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
                + tasks.map { "    - \($0)\n" }.joined())
    }

    private func writes(_ name: String) -> String {
        "{name: \(name), shell: 'echo \(name) >> \(scratch.path("work/log"))'}"
    }

    private var log: String { (try? String(contentsOfFile: scratch.path("work/log"), encoding: .utf8)) ?? "" }

    // MARK: - Parts of a run

    @Test func stepsAreAskedFor() async throws {
        let site = try play(writes("one"), writes("two"), writes("three"), writes("four"))
        let ended = try await gantry.run(["recipe", "run", site, "--step"], typed: "y\nwhat\nc\n")
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
        #expect(log == "one\nthree\nfour\n")
        #expect(ended.output.contains("Perform task: TASK: two (N)o/(y)es/(c)ontinue: "))
        // Nobody answers: nothing is done.
        let silent = try await gantry.run(["recipe", "run", site, "--step"])
        #expect(silent.status == 0 && log == "one\nthree\nfour\n", "\(silent.output)")
        let json = try await gantry.run(["recipe", "run", site, "--step", "--json"])
        #expect(json.status == 64)
    }

    @Test func aRunBeginsWhereItIsToldTo() async throws {
        let site = try play(writes("one"), writes("two"), writes("three"))
        let ended = try await gantry.run(["recipe", "run", site, "--start-at-task", "t*"])
        #expect(ended.status == 0 && log == "two\nthree\n", "\(ended.output)\(ended.errors)")
        let unknown = try await gantry.run(["recipe", "run", site, "--start-at-task", "nosuch"])
        #expect(unknown.status != 0 && unknown.errors.contains("nosuch"), "\(unknown.errors)")
        #expect(log == "two\nthree\n")
    }

    @Test func aRunThatFailedGoesOn() async throws {
        let site = try play(
            writes("one"), "{name: two, command: 'test -e \(scratch.path("work/go"))', register: seen}",
            writes("three"),
            "{name: four, shell: 'echo {{ seen.rc }} >> \(scratch.path("work/log"))'}")
        let nothing = try await gantry.run(["recipe", "run", site, "--resume"])
        #expect(nothing.status == 64 && nothing.errors.contains("no interrupted run"), "\(nothing.errors)")
        let failed = try await gantry.run(["recipe", "run", site])
        #expect(failed.status == 2 && log == "one\n", "\(failed.output)")
        try scratch.write("work/go", "")
        let resumed = try await gantry.run(["recipe", "run", site, "--resume"])
        #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
        #expect(log == "one\nthree\n0\n")
        #expect(!resumed.output.contains("TASK [one]") && resumed.output.contains("TASK [two]"))
        let again = try await gantry.run(["recipe", "run", site, "--resume"])
        #expect(again.status == 64, "what came to its end has nothing to go on with")
    }

    /// Scripts that called ansible-playbook know these numbers.
    @Test(arguments: [
        ("command: 'true'", 0), ("command: 'false'", 2), ("{command: 'false', ignore_errors: true}", 0),
        ("nosuchmodule: {}", 4), ("debug: {msg: '{{ 1 | nosuchfilter }}'}", 4), ("include_role: {name: nosuch}", 2),
    ])
    func statusIsAnsibles(task: String, status: Int32) async throws {
        let ended = try await gantry.run(["recipe", "run", try play(task)])
        #expect(ended.status == status, "\(ended.output)\(ended.errors)")
    }

    @Test func aKilledRunGoesOn() async throws {
        let (up, go) = (scratch.path("work/up"), scratch.path("work/go"))
        let site = try play(
            writes("one"), "{name: two, shell: 'touch \(up); while [ ! -e \(go) ]; do sleep 0.1; done'}",
            writes("three"))
        let process = try gantry.start(["recipe", "run", site])
        let deadline = ContinuousClock.now + .seconds(20)
        while !FileManager.default.fileExists(atPath: up), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        process.signal(SIGKILL)
        _ = await process.status()
        #expect(log == "one\n")
        try scratch.write("work/go", "")
        let resumed = try await gantry.run(["recipe", "run", site, "--resume"])
        #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
        #expect(log == "one\nthree\n")
    }

    /// What one run did counts for another that is called in the same way, and for tasks that are the same.
    @Test func whatARunDidIsNotTakenForAnother() async throws {
        let go = "{name: go, command: 'test -e \(scratch.path("work/go"))'}"
        var site = try play(writes("one"), writes("two"), go)
        #expect(try await gantry.run(["recipe", "run", site, "--check"]).status == 0)
        #expect(try await gantry.run(["recipe", "run", site, "-e", "a=1"]).status == 2)
        #expect(log == "one\ntwo\n")
        for (arguments, says) in [
            (["-e", "a=2"], "it had other extra variables (-e)"), ([], "it had other extra variables (-e)"),
            (["-e", "a=1", "--check"], "it was one without --check"),
        ] {
            let refused = try await gantry.run(["recipe", "run", site, "--resume"] + arguments)
            #expect(refused.status == 64 && refused.errors.contains(says), "\(refused.errors)")
        }
        // One is another task now, and two is what it was.
        site = try play(writes("first"), writes("two"), go)
        #expect(try await gantry.run(["recipe", "run", site, "--resume", "-e", "a=1"]).status == 2)
        #expect(log == "one\ntwo\nfirst\n")
        try scratch.write("work/go", "")
        let resumed = try await gantry.run(["recipe", "run", site, "--resume", "-e", "a=1"])
        #expect(resumed.status == 0 && log == "one\ntwo\nfirst\n", "\(resumed.output)\(resumed.errors)")
        // A check changed nothing: nothing of it counts.
        let checked = try play("{name: fails, assert: {that: [false]}}", writes("four"))
        #expect(try await gantry.run(["recipe", "run", checked, "--check"]).status == 2)
        let refused = try await gantry.run(["recipe", "run", checked, "--resume"])
        #expect(refused.status == 64 && refused.errors.contains("it was one with --check"), "\(refused.errors)")
    }

    // MARK: - Bad input

    @Test func aPlaybookOfAHundredMegabytesIsRefused() async throws {
        let path = scratch.path("huge.yml")
        let line = Array("- hosts: localhost # \(String(repeating: "x", count: 1000))\n".utf8)
        let file = try #require(fopen(path, "w"))
        for _ in 0..<(100 << 20) / line.count { fwrite(line, 1, line.count, file) }
        fclose(file)
        let began = ContinuousClock.now
        for command in [["recipe", "run", path], ["recipe", "check", path]] {
            let ended = try await gantry.run(command, killAfter: .seconds(60))
            #expect(ended.status > 0, "\(ended.errors)")
            #expect((ended.output + ended.errors).contains("more than the 8388608 that are read"), "\(ended.errors)")
        }
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test(arguments: [
        ("vars: {a: '{{ b }}', b: '{{ a }}'}", "debug: {msg: '{{ a }}'}", "recursive loop"),
        ("vars: {}", "debug: {msg: \"{% for i in range(1000000000) %}x{% endfor %}\"}", "more than"),
        (
            "vars: {a: &a [x, x, x, x, x, x, x, x, x, x], b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a], "
                + "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b], d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c], "
                + "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d], f: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]}",
            "debug: {}", "values"
        ),
    ])
    func whatWouldNeverEndIsToldSoon(variables: String, task: String, says: String) async throws {
        let site = try scratch.write(
            "site.yml",
            "- hosts: localhost\n  connection: local\n  gather_facts: false\n  \(variables)\n  tasks:\n    - \(task)\n")
        let began = ContinuousClock.now
        let ended = try await gantry.run(["recipe", "run", site], killAfter: .seconds(60))
        #expect(ended.status > 0)
        #expect((ended.output + ended.errors).contains(says), "\(ended.output)\(ended.errors)")
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    /// Each is told as unreachable in the words of what it is; the others' tasks run.
    @Test func hostsThatSpeakNoSSH() async throws {
        let noise = (0..<4096).map { _ in UInt8.random(in: 0...255) }
        let peers = [
            "silent": try LoopbackPeer(says: []), "closing": try LoopbackPeer(says: [], hangsUp: true),
            "web": try LoopbackPeer(says: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), hangsUp: true),
            "noisy": try LoopbackPeer(repeats: { noise }),
            "half": try LoopbackPeer(says: Array("SSH-2.0-OpenSSH_9.2\r\n".utf8) + noise, hangsUp: true),
        ]
        let lines = peers.map {
            "\($0.key) ansible_host=127.0.0.1 ansible_port=\($0.value.port) ansible_user=ada ansible_password=x"
        }
        try scratch.write("hosts", (lines + ["here ansible_connection=local"]).joined(separator: "\n") + "\n")
        try scratch.write("site.yml", "- hosts: all\n  gather_facts: false\n  tasks: [{name: one, command: 'true'}]\n")
        let began = ContinuousClock.now
        // Once each, within this time.
        let ended = try await gantry.run(
            ["recipe", "run", scratch.path("site.yml"), "-i", scratch.path("hosts"), "-T", "3"],
            killAfter: .seconds(90))
        #expect(ended.status == 4, "\(ended.errors)")
        #expect(ended.output.contains("changed: [here]"), "\(ended.output)")
        for (name, peer) in peers {
            let told = ended.output.split(separator: "\n").first { $0.hasPrefix("fatal: [\(name)]: UNREACHABLE!") }
            #expect(told?.contains("127.0.0.1:\(peer.port)") == true, "\(name): \(ended.output)")
        }
        // Five tries took half a minute and more, on a machine with nothing else to do.
        #expect(ContinuousClock.now - began < .seconds(25))
        withExtendedLifetime(peers) {}
    }

    /// As Ansible does: within the time that its inventory gives it, once or as often again as it is told; the host takes
    /// no further part.
    @Test(arguments: [("", 3, 1), ("ansible_timeout=2", 2, 1), ("ansible_timeout=1 ansible_ssh_retries=1", 1, 2)])
    func aHostThatIsDownIsTriedOnce(variables: String, seconds: Int, tries: Int) async throws {
        let silent = try LoopbackPeer(says: [])
        try scratch.write(
            "hosts",
            "down ansible_host=127.0.0.1 ansible_port=\(silent.port) ansible_user=ada ansible_password=x \(variables)\n"
        )
        try scratch.write(
            "site.yml",
            "- hosts: all\n  gather_facts: false\n  tasks: [{name: one, command: 'true'}, {name: two, command: 'true'}]\n"
                + "- hosts: all\n  tasks: [{name: three, command: 'true'}]\n")
        let began = ContinuousClock.now
        let ended = try await gantry.run(
            ["recipe", "run", scratch.path("site.yml"), "-i", scratch.path("hosts"), "-T", "3"],
            killAfter: .seconds(90))
        let passed = ContinuousClock.now - began
        #expect(ended.status == 4, "\(ended.errors)")
        #expect(ended.output.contains("fatal: [down]: UNREACHABLE!"), "\(ended.output)")
        #expect(!ended.output.contains("TASK [two]") && !ended.output.contains("TASK [three]"), "\(ended.output)")
        #expect(ended.output.contains("did not complete the SSH login in time"), "\(ended.output)")
        #expect(ended.output.contains("gave up after 2 tries") == (tries == 2), "\(ended.output)")
        #expect(passed >= .seconds(seconds * tries) && passed < .seconds(seconds * tries + 20), "\(passed)")
        withExtendedLifetime(silent) {}
    }

    @Test func whatTheEnvironmentSaysOfConnections() async throws {
        let silent = try LoopbackPeer(says: [])
        try scratch.write(
            "hosts", "down ansible_host=127.0.0.1 ansible_port=\(silent.port) ansible_user=ada ansible_password=x\n")
        try scratch.write("site.yml", "- hosts: all\n  gather_facts: false\n  tasks: [{command: 'true'}]\n")
        let arguments = ["recipe", "run", scratch.path("site.yml"), "-i", scratch.path("hosts")]
        var gantry = gantry
        gantry.environment["ANSIBLE_TIMEOUT"] = "1"
        gantry.environment["ANSIBLE_SSH_RETRIES"] = "1"
        let ended = try await gantry.run(arguments, killAfter: .seconds(30))
        #expect(ended.output.contains("gave up after 2 tries"), "\(ended.output)\(ended.errors)")
        for (name, value) in [("ANSIBLE_TIMEOUT", "soon"), ("ANSIBLE_HOST_KEY_CHECKING", "perhaps")] {
            gantry.environment[name] = value
            let wrong = try await gantry.run(arguments, killAfter: .seconds(30))
            #expect(wrong.status == 64 && wrong.errors.contains("$\(name)"), "\(wrong.errors)")
            gantry.environment[name] = nil
        }
        gantry.environment["ANSIBLE_SSH_COMMON_ARGS"] = "-A"
        let refused = try await gantry.run(arguments, killAfter: .seconds(30))
        #expect(refused.status != 0 && refused.errors.contains("down: the argument '-A'"), "\(refused.errors)")
        withExtendedLifetime(silent) {}
    }

    // MARK: - Vault

    private func vault(_ arguments: String..., typed: String = "", password: String = "one") async throws
        -> Program.Ended
    {
        try await gantry.run(
            ["recipe", "vault"] + arguments + ["--vault-password-file", scratch.path(password)], typed: typed)
    }

    private func content(_ name: String) throws -> String {
        try String(contentsOfFile: scratch.path(name), encoding: .utf8)
    }

    @Test func filesOfAVault() async throws {
        for name in ["one", "two"] { try scratch.write(name, "password \(name)\n") }
        let file = try scratch.write("s.yml", "token: 4711\n")
        chmod(file, 0o640)
        #expect(try await vault("encrypt", file).status == 0)
        #expect(try content("s.yml").hasPrefix("$ANSIBLE_VAULT;1.1;AES256\n"))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
        let twice = try await vault("encrypt", file)
        #expect(twice.status == 64 && twice.errors.contains("is encrypted already"), "\(twice.errors)")
        #expect(try await vault("view", file).output == "token: 4711\n")
        let wrong = try await vault("view", file, password: "two")
        #expect(wrong.status == 64 && wrong.errors.contains("Decryption failed"), "\(wrong.errors)")
        // Ansible's own tool opens it, and what it encrypts is opened here.
        let tool: URL = try #require(PythonEnvironment.program("ansible-vault", of: "ansible"))
        let theirs = Program(name: "ansible-vault", executable: tool)
        let password = ["--vault-password-file", scratch.path("one")]
        #expect(try await theirs.run(["view", file] + password).output.contains("token: 4711"))
        let other = try scratch.write("t.yml", "grüße: 1\n")
        #expect(try await theirs.run(["encrypt", other] + password).status == 0)
        #expect(try await vault("view", other).output == "grüße: 1\n")

        let rekeyed = try await vault("rekey", file, "--new-vault-id", "prod@\(scratch.path("two"))")
        #expect(rekeyed.status == 0, "\(rekeyed.errors)")
        #expect(try content("s.yml").hasPrefix("$ANSIBLE_VAULT;1.2;AES256;prod\n"))
        let shown = try await vault("decrypt", file, "--output", "-", password: "two")
        #expect(shown.status == 0 && shown.output == "token: 4711\n")
        #expect(try await vault("decrypt", file, password: "two").status == 0)
        #expect(try content("s.yml") == "token: 4711\n")
        let piped = try await vault("encrypt", typed: "piped\n")
        #expect(piped.output.hasPrefix("$ANSIBLE_VAULT;"))
        #expect(try await vault("decrypt", "-", typed: piped.output).output == "piped\n")
    }

    @Test func filesOfAVaultAreEdited() async throws {
        var gantry = gantry
        try scratch.write("one", "password one\n")
        // Keeps what it was shown, and where.
        let editor = try scratch.write(
            "editor",
            "#!/bin/sh\nls -l \"$1\" >>\(scratch.path("seen"))\ncat \"$1\" >>\(scratch.path("seen"))\n"
                + "echo more >>\"$1\"\n")
        chmod(editor, 0o700)
        gantry.environment["EDITOR"] = editor
        let (file, password) = (scratch.path("s.yml"), ["--vault-id", "dev@\(scratch.path("one"))"])
        let made = try await gantry.run(["recipe", "vault", "create", file] + password)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let again = try await gantry.run(["recipe", "vault", "create", file] + password)
        #expect(again.status == 64 && again.errors.contains("exists"), "\(again.errors)")
        #expect(try await gantry.run(["recipe", "vault", "edit", file] + password).status == 0)
        #expect(try content("s.yml").hasPrefix("$ANSIBLE_VAULT;1.2;AES256;dev\n"))
        #expect(try await gantry.run(["recipe", "vault", "view", file] + password).output == "more\nmore\n")
        let seen = try content("seen")
        #expect(seen.contains("-rw------- ") && seen.hasSuffix("more\n"), "\(seen)")
        // Nothing plain is left.
        let place = try #require(
            seen.split(separator: "\n").last { $0.contains("/gantry-vault-") }?.split(separator: " ").last)
        #expect(!FileManager.default.fileExists(atPath: String(place)))
        // Who leaves it as it is, or leaves the editor in anger, changes nothing.
        let before = try content("s.yml")
        for (command, status) in [("true", 0), ("false", 64)] as [(String, Int32)] {
            gantry.environment["EDITOR"] = command
            #expect(try await gantry.run(["recipe", "vault", "edit", file] + password).status == status)
            #expect(try content("s.yml") == before)
        }
    }

    @Test func valuesForYAML() async throws {
        try scratch.write("one", "password one\n")
        try scratch.write("two", "password two\n")
        let one = try await vault("encrypt-string", "--stdin-name", "token", typed: "4711")
        #expect(
            one.output.hasPrefix("token: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n          "), "\(one.errors)")
        let two = try await vault("encrypt_string", "a b", "c", "-n", "first", "-n", "second")
        #expect(
            two.output.contains("first: !vault |\n") && two.output.contains("\nsecond: !vault |\n"), "\(two.errors)")
        try scratch.write("vars.yml", one.output + two.output)
        try scratch.write(
            "site.yml",
            "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
                + "    - {copy: {content: '{{ token }} {{ first }} {{ second }}', dest: \(scratch.path("work/values"))}}\n"
        )
        let run = try await gantry.run([
            "recipe", "run", scratch.path("site.yml"), "-e", "@\(scratch.path("vars.yml"))", "--vault-password-file",
            scratch.path("one"), "-v",
        ])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(try content("work/values") == "4711 a b c")
        #expect(!run.output.contains("4711"))
        // Of several passwords one has to be named.
        let ids = ["--vault-id", "a@\(scratch.path("one"))", "--vault-id", "b@\(scratch.path("two"))"]
        let open = try await gantry.run(["recipe", "vault", "encrypt"] + ids, typed: "x")
        #expect(open.status == 64 && open.errors.contains("--encrypt-vault-id"), "\(open.errors)")
        let named = try await gantry.run(["recipe", "vault", "encrypt", "--encrypt-vault-id", "b"] + ids, typed: "x")
        #expect(named.output.hasPrefix("$ANSIBLE_VAULT;1.2;AES256;b\n"), "\(named.errors)")
    }
}
