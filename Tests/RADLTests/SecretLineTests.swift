import RADL
import Testing

@Suite("Secrets of several lines")
struct SecretLineTests {
    private static let keyName = "disk.0.os.credentials.private_key"

    @Test(arguments: [
        "system a (disk.0.os.credentials.password='aa\nSEKRET' and cpu.count='x')",
        "system a (\(keyName) = '-----BEGIN\nSEKRET\nSEKRET==' and cpu.count = 'x')",
        "system a (\(keyName) = '-----BEGIN\nSEKRET' an\n cpu.count = 'x')",
        "system a (\(keyName) = '-----BEGIN\nSEKRET 1' 5\n and cpu.count = 'x')",
        "system a (\(keyName) =\n'SEKRET' and cpu.count = 'x')",
        "system a (\(keyName) = ['a',\n'SEKRET'] and cpu.count = 'x')",
        "system a (x = 'it's' and\n\(keyName) = 'a\nSEKRET' and cpu.count = 'x')",
        "system a (disk.0.os.credentials.password = \"aa\nSEKRET\" and cpu.count = 'x')",
        "system a (disk.0.os.credentials.password = \"MY'a\" and vault.password = \"b\nSEKRET\" and cpu.count = 'x')",
        "system a (\(keyName) = '-----BEGIN\nSEKRET\nSEKRET\n",
        "system a (\(keyName) = '-----BEGIN\nSEKRET 5 SEKRET\n and cpu.count = 'x' 5)",
        "system a (auth 'a\nSEKRET' 5 and cpu.count = 'x')",
        "network n (x = 'don\\'t # no comment' and proxy_key = 'a\nb\n\nSEKRET' and outbound = 'x')",
        "# it's\nnetwork n (proxy_key = 'a\nSEKRET' and outports = 'x')",
        "[{\"class\": \"system\", \"id\": \"a\", \"\(keyName)\":\n [\"SEKRET\",\n 5, \"SEKRET\"]}]",
    ])
    func `no line of one is shown`(_ text: String) {
        for end in ["", "\ndeploy a 1\n", "\nnetwork z (outports = 'x')\n"] {
            let errors = RADLDocument.analyze(RADLSource(text: text + end)).diagnostics
            #expect(!errors.isEmpty)
            for error in errors {
                #expect(!error.description.contains("SEKRET"), "\(error)")
                #expect(!error.imText.contains("SEKRET"), "\(error.imText)")
            }
        }
    }

    @Test func `what stands behind one is shown`() throws {
        let text = "system a (disk.0.os.credentials.password='aa\nSEKRET' and cpu.count='x')\ndeploy a 1\n"
        let error = try #require(RADLDocument.analyze(RADLSource(text: text)).errors.first)
        #expect(error.excerpt?.line == "******' and cpu.count='x')")
        #expect(error.excerpt?.indent == 22)
        // A quote that was left open takes no more than its line.
        let open = "network n (\n  proxy_key = 'a\n  and outports = '22, 80'\n)\ndeploy a 1 # it's\ndeploy b 2"
        let excerpts = RADLDocument.analyze(RADLSource(text: open)).errors.compactMap(\.excerpt?.line)
        #expect(excerpts.contains("deploy b 2"))
        #expect(excerpts.contains("  and outports = '22, 80'"))
    }

    @Test func `variables and tags are masked in messages, too`() {
        let text = """
            system a (environment.variables = 'DB_PASSWORD=SEKRET1' and environment.variables = 'DB_PASSWORD=SEKRET2' and
              instance_tags = 'token=SEKRET3,x=y' and instance_tags = 'token=SEKRET4')
            """
        let errors = RADLDocument.read(RADLSource(text: text)).errors
        #expect(
            errors.map(\.message) == [
                "'environment.variables' has another value already in line 1: 'environment.variables = "
                    + "'DB_PASSWORD=***''",
                "'instance_tags' has another value already in line 2: 'instance_tags = 'token=***,x=y''",
            ])
        for error in errors { #expect(!error.imText.contains("SEKRET") && !error.description.contains("SEKRET")) }
        let json =
            #"[{"class":"system","id":"a","environment.variables":"A_TOKEN=SEKRET","environment.variables":"x"}]"#
        for error in RADLDocument.readJSON(RADLSource(text: json)).errors {
            #expect(!"\(error) \(error.imText)".contains("SEKRET"))
        }
    }

    @Test func `a string of several lines may end with an equals sign`() {
        func found(_ text: String) -> [String] {
            RADLDocument.read(RADLSource(text: text)).errors.map {
                "\($0.range?.line ?? 0):\($0.range?.column ?? 0) \($0.hint ?? "")"
            }
        }
        #expect(
            found("system web (\n  x = 'aaa\nbb==' andd\n  cpu.count >= 1\n)\ndeploy web 1") == [
                "3:7 did you mean 'and'?"
            ]
        )
        #expect(
            found("system web (\n  x = 'aaa and\n  y = 'b' and\n  cpu.count >= 1\n)").first?.hasPrefix("2:7") == true)
        #expect(found("system web (\n  x = 'aaa\n  cpu.arch='b'\n)").first?.hasPrefix("2:7") == true)
    }
}
