import ConnectorAPI
import Foundation
import Testing

@testable import Libvirt

@Suite("Host keys of machines")
struct HostKeyTests {
    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        stride(from: 0, to: hexadecimal.count, by: 2).compactMap { place in
            UInt8(hexadecimal.dropFirst(place).prefix(2), radix: 16)
        }
    }

    @Test("A key is written as ssh-keygen of OpenSSH 9.2 wrote the same one")
    func openSSH() {
        let key = HostKey(
            seed: Self.bytes("b240c0e94e92cdf45d5427218d6768fe41e97f9291246da4896e30ed0a8a40fa"),
            point: Self.bytes("8415636d121248d20dcdad99519bca084371b529143c69acbafff4c9881da354"),
            check: Self.bytes("49c3192a"))
        #expect(
            key.publicKey
                == "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIQVY20SEkjSDc2tmVGbyghDcbUpFDxprLr/9MmIHaNU")
        let lines = key.privateKey.split(separator: "\n")
        #expect(lines.first == "-----BEGIN OPENSSH PRIVATE KEY-----")
        #expect(lines.last == "-----END OPENSSH PRIVATE KEY-----")
        #expect(key.privateKey.hasSuffix("-\n"))
        let written = """
            b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
            QyNTUxOQAAACCEFWNtEhJI0g3NrZlRm8oIQ3G1KRQ8aay6//TJiB2jVAAAAIhJwxkqScMZ
            KgAAAAtzc2gtZWQyNTUxOQAAACCEFWNtEhJI0g3NrZlRm8oIQ3G1KRQ8aay6//TJiB2jVA
            AAAECyQMDpTpLN9F1UJyGNZ2j+Qel/kpEkbaSJbjDtCopA+oQVY20SEkjSDc2tmVGbyghD
            cbUpFDxprLr/9MmIHaNUAAAAAAECAwQF
            """
        #expect(lines.dropFirst().dropLast().joined() == written.replacing("\n", with: ""))
    }

    @Test("Each is another one, and stands in the seed's vendor data as cloud-init reads it")
    func vendorData() throws {
        let (one, other) = (try HostKey.generate(), try HostKey.generate())
        #expect(one.publicKey != other.publicKey)
        #expect(one.publicKey.hasPrefix("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"))
        let files = SeedFiles.files(uuid: "u", hostName: "h", userData: nil, hostKey: one, interfaces: [])
        #expect(files.map(\.name) == ["meta-data", "user-data", "vendor-data"])
        let text = String(decoding: files[2].content, as: UTF8.self)
        let head = "#cloud-config\nssh_keys:\n  ed25519_private: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n"
        #expect(text.hasPrefix(head))
        #expect(text.hasSuffix("    -----END OPENSSH PRIVATE KEY-----\n  ed25519_public: \(one.publicKey)\n"))
    }
}
