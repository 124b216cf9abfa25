import InfrastructureModel
import Support
import Testing

@Suite struct IdentifiersTests {
    @Test(arguments: [
        ("5b3e9a52-0c8f-4f4e-9d0e-0123456789ab", 0), ("inf", 12_345), ("with.dots.in.it", 7), ("", 1),
    ])
    func aMachineIDHoldsInfrastructureAndNumber(_ infrastructure: String, _ number: Int) {
        let id = MachineID(infrastructure: InfrastructureID(rawValue: infrastructure), number: number)
        #expect(id.rawValue == "\(infrastructure).\(number)")
        #expect(id.infrastructure.rawValue == infrastructure)
        #expect(id.number == number)
        #expect(MachineID(rawValue: id.rawValue) == id)
    }

    /// Ids come from clients too: whatever they send is only a machine that nobody has.
    @Test(arguments: [
        ("", "", 0), (".", "", 0), ("inf", "inf", 0), ("inf.", "inf", 0), ("inf.x", "inf", 0), ("inf.1x", "inf", 0),
        ("inf.99999999999999999999", "inf", 0), ("a.b.3", "a.b", 3),
    ])
    func aTextThatIsNoMachineIDIsSafe(_ text: String, _ infrastructure: String, _ number: Int) {
        let id = MachineID(rawValue: text)
        #expect(id.infrastructure.rawValue == infrastructure)
        #expect(id.number == number)
    }

    @Test func secretsOfAnInfrastructureDoNotPrint() {
        let secrets = InfrastructureSecrets(
            document: "marker-document", privateKey: "marker-key", publicKey: "ssh-ed25519 AAAA")
        let credential = CredentialRecord(
            key: CredentialKey(owner: "ada", cloudID: "ost1", type: "OpenStack", account: "a"),
            values: Secret(["password": "marker-password"]))
        var text = "\(secrets) \(credential) "
        dump(secrets, to: &text)
        dump(credential, to: &text)
        #expect(!text.contains("marker"))
        #expect(text.contains("ost1"))
    }
}
