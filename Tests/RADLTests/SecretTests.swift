import RADL
import Testing

@Suite("Secrets in what is told")
struct SecretTests {
    @Test(arguments: [
        "password 'SEKRET'", "password : 'SEKRET'", "password is 'SEKRET'", "password contains 'SEKRET'",
        "password = \"SEK SEKRET\"", "password = SEKRET", "password SEKRET", "auth 'SEKRET'", "auth = SEKRET",
        "pasword = 'SEKRET'", "pasword 'SEKRET'", "pasword = SEKRET", "pasword SEKRET", "private_kye = 'SEKRET'",
        "private_kye : 'SEKRET'", "api_key = 'SEKRET' 'SEKRET'", "db_pwd is 'SEKRET'", "x.tokens = 'it's SEKRET'",
        "my-credential 'SEKRET\\'SEKRET'", "passphrase = 'a' 'SEKRET'", "pasword = 'SEKRET' and pasword = 'SEKRETS'",
        "password = 'a', 'SEKRET'", "pasword 'SEKRET", "u = 'https://me:SEKRET@h/p' 5", "u = 'https://SEKRET@h/p' 5",
    ])
    func `no message shows one`(_ feature: String) {
        for name in [feature, "disk.0.os.credentials." + feature] {
            let source = RADLSource(text: "system a (cpu.count = 'x' and \(name) and z = 1)")
            for error in RADLDocument.analyze(source).diagnostics {
                #expect(!error.description.contains("SEKRET"), "\(error)")
                #expect(!error.imText.contains("SEKRET"), "\(error.imText)")
                #expect(error.suggestion?.replacement.contains("SEKRET") != true)
            }
        }
    }

    /// Long lines are masked in pieces: secrets lie across their ends here, at every distance from the mistakes.
    @Test(arguments: ["", "ñ", "\u{FEFF}"])
    func `no message shows one of a long line`(_ letter: String) {
        let long = "SEKRET" + String(repeating: "SEKRET ", count: 1500)
        for shift in [0, 3, 1021, 2040] {
            var text = letter == "\u{FEFF}" ? letter : ""
            text += "system a\(letter) (x = '\(String(repeating: letter + "-", count: shift))' and "
            for number in 0..<200 {
                text += "x\(letter) \(number) and password = '\(number == 99 ? long : "SEKRET")' 5 and "
            }
            text += "z = 1)"
            let errors = RADLDocument.read(RADLSource(text: text)).errors
            // One of them is that the password is another one.
            #expect(errors.count == 401)
            for error in errors {
                #expect(!error.description.contains("SEKRET"), "\(error)")
                let excerpt = error.excerpt
                let shown = excerpt.map { Array($0.line.unicodeScalars)[$0.indent] }
                #expect(shown.map { "0123456789*p".unicodeScalars.contains($0) } == true, "\(error)")
            }
        }
    }

    @Test func `numbers are secrets too, and other values are shown`() {
        let number = RADLDocument.analyze(RADLSource(text: "system a (disk.0.os.credentials.password = 4711)"))
        #expect(number.errors.map(\.code) == [.type])
        #expect(number.errors.first?.suggestion == nil)
        for text in [
            "system keys (cpu.count = 'x')", "network keys (cidr = 'x' 5)",
            "system a (disk.0.os.credentials.username = 'me' 5)", "system a (vault.password = 'a' and b = 'x' 5)",
        ] {
            let errors = RADLDocument.analyze(RADLSource(text: text)).errors
            #expect(
                errors.first?.excerpt.map { $0.line.contains("'x'") || $0.line.contains("'me'") } == true, "\(errors)")
        }
    }

    @Test func `every feature that is read and holds none may be shown`() throws {
        for rule in FeatureRule.Section.allCases.flatMap(FeatureRule.rules(in:)) where !rule.isSecret {
            guard rule.section == .system, !rule.name.hasPrefix("disk.N.applications") else { continue }
            let name = rule.name.replacing("N", with: "0").replacing("M", with: "0")
            let text = "system a (\(name) = 'shown' 5)"
            let error = try #require(RADLDocument.read(RADLSource(text: text)).errors.first)
            #expect(error.excerpt?.line.contains("'shown'") == true, "\(error)")
        }
    }

    @Test func `differences and explanations show no user of a URL`() throws {
        let old = try RADLDocument(parsing: "system a (x = 1)\ndeploy a 1")
        let new = try RADLDocument(
            parsing: """
                system a (disk.0.image.url = 'https://user:SEKRET@host/i' and disk.1.image.url = 'http://SEKRET@host/i'
                  and pasword = 'SEKRET' and soft 1 (u = 'https://user:SEKRET@host'))
                configure a (
                @begin
                - hosts: all
                  tasks:
                  - name: get https://user:SEKRET@host/x
                    get_url: url=https://user:SEKRET@host/x
                @end
                )
                deploy a 1
                """)
        let before = try RADLDocument(parsing: "configure a (\n@begin\n- hosts: all\n@end\n)")
        let explanation = RADLExplanation(new)
        #expect(explanation.machines.first?.images == ["https://user:***@host/i"])
        #expect(!explanation.text.contains("SEKRET"), "\(explanation.text)")
        #expect(!"\(explanation)".contains("SEKRET"))
        for difference in [RADLDifference(from: old, to: new), RADLDifference(from: before, to: new)] {
            #expect(!"\(difference.entries)".contains("SEKRET"), "\(difference.entries)")
        }
        #expect("\(RADLDifference(from: old, to: new))".contains("https://user:***@host/i"))
    }
}
