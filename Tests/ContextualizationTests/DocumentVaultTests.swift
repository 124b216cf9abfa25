import ContextualizationAPI
import Support
import Testing

@testable import Contextualization

/// Recipes of documents that Ansible Vault has encrypted, or values in them.
@Suite struct DocumentVaultTests {
    private static let vault = Vault(passwords: [("default", "marker-vault")])

    private static let value = """
        - vars:
            token: !vault |
        \(indented("marker-token"))
          tasks:
            - name: write
              shell: echo {{ token }} | tee out
        """

    private static func indented(_ plain: String) -> String {
        let text = (try? vault.encrypt(Array(plain.utf8))) ?? ""
        return text.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n")
    }

    private func run(_ text: String, passwords: [Secret<String>]) async throws -> (Harness, EventLog) {
        let harness = try Harness()
        var request = harness.request(["web": text])
        request.recipes["web"]?.vaultPasswords = passwords
        let (report, log) = try await harness.run(request)
        #expect(report.results["m1"] == .configured, "\(log.all)")
        return (harness, log)
    }

    @Test func valuesAreOpenedAndSeenNowhere() async throws {
        let (harness, log) = try await run(Self.value, passwords: ["wrong", "marker-vault"])
        #expect(harness.machines.read("10.0.0.1", "out") == "marker-token\n")
        #expect(log.record("write")?.result.contains("********") == true)
        #expect(!"\(log.all)".contains("marker-"))
    }

    @Test func aWholeRecipeIsOpened() async throws {
        let plain = "- tasks: [{name: one, shell: echo one >> out}]\n"
        let text = "\n" + (try Self.vault.encrypt(Array(plain.utf8)))
        let (harness, _) = try await run(text, passwords: ["marker-vault"])
        #expect(harness.machines.read("10.0.0.1", "out") == "one\n")
    }

    @Test(arguments: [[], ["wrong"]])
    func withoutItsPasswordItIsRefused(passwords: [String]) async throws {
        let harness = try Harness()
        let problems = await harness.contextualizer().check(recipes: [
            ContextualizationRecipe(name: "web", text: Self.value, vaultPasswords: passwords.map { Secret($0) })
        ])
        #expect(problems.map(\.kind) == [.unsupported])
        let words = passwords.isEmpty ? "no vault password was given" : "cannot be decrypted: Decryption failed"
        #expect(problems.first?.message.contains(words) == true && problems.first?.line == 2, "\(problems)")
    }
}
