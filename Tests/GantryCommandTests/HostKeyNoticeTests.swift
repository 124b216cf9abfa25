import Foundation
import InfrastructureModel
import Orchestration
import Support
import Testing

@testable import gantry

/// What OpenSSH says of a host key that is another one, and what is said in its place.
@Suite struct HostKeyNoticeTests {
    private static let changed = """
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
        @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
        IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r
        Someone could be eavesdropping on you right now (man-in-the-middle attack)!\r
        It is also possible that a host key has just been changed.\r
        The fingerprint for the ED25519 key sent by the remote host is\r
        SHA256:3mdfMkUYWMgtx4rPL/vFGkS3fpXUZMRI5OtjcgZkXoc.\r
        Please contact your system administrator.\r
        Add correct host key in /tmp/gantry-ssh-1/known_hosts to get rid of this message.\r
        Offending ED25519 key in /tmp/gantry-ssh-1/known_hosts:1\r
          remove with:\r
          ssh-keygen -f "/tmp/gantry-ssh-1/known_hosts" -R "i.0"\r
        Host key for i.0 has changed and you have requested strict checking.\r
        Host key verification failed.\r

        """

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\r\n").map { $0 + "\r\n" }
    }

    /// What is passed on.
    private static func passed(_ text: String) -> (lines: [String], notice: HostKeyNotice) {
        var notice = HostKeyNotice()
        var all: [String] = []
        for line in lines(text) { all += notice.take(line) }
        return (all + notice.rest(), notice)
    }

    private static let access = {
        var machine = MachineRecord(
            id: MachineID(infrastructure: InfrastructureID(rawValue: "i"), number: 3), system: "web",
            placement: Placement(
                cloud: CloudReference(id: "c", type: "T", connector: "t", credential: CredentialID(rawValue: "x")),
                image: "", flavor: ""), alternatives: [], createdAt: Date(timeIntervalSince1970: 0), specification: "")
        machine.hostKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"]
        return MachineAccess(
            machine: machine, inventoryName: "a_3", hostname: "a", fqdn: "a.b", host: "192.0.2.1", port: 22,
            user: "ada",
            privateKey: nil, password: nil, groups: [], variables: [:], jump: nil)
    }()

    @Test func anotherKeyIsToldInOurWords() {
        let (lines, notice) = Self.passed("debug1: a line before\r\n" + Self.changed)
        #expect(lines == ["debug1: a line before\r\n"])
        #expect(notice.isFound)
        #expect(notice.fingerprint == "SHA256:3mdfMkUYWMgtx4rPL/vFGkS3fpXUZMRI5OtjcgZkXoc")
        let text = notice.text(Self.access)
        #expect(text.hasPrefix("machine 3 (web) at 192.0.2.1 shows another host key (SHA256:3mdfMkUYWMgtx4rPL/vFGkS3f"))
        #expect(text.contains("than the one on record (SHA256:"), "\(text)")
        #expect(text.contains("--new-host-key 3"))
        #expect(!text.contains("known_hosts"))
    }

    @Test func aKeyOfAnotherKindIsAnotherKey() {
        let (lines, notice) = Self.passed(
            "No RSA host key is known for i.0 and you have requested strict checking.\r\n"
                + "Host key verification failed.\r\n")
        #expect(lines.isEmpty)
        #expect(notice.isFound && notice.fingerprint == nil)
    }

    @Test(arguments: [
        "ssh: connect to host 192.0.2.1 port 22: Connection refused\r\n",
        "ada@192.0.2.1: Permission denied (publickey).\r\n",
        "Host key verification failed.\r\n",
        "@@@@@@@@@@@@@@@@@@\r\n@   WARNING: REVOKED HOST KEY DETECTED!   @\r\n@@@@@@@@@@@@@@@@@@\r\nand so on\r\n",
    ])
    func allElseIsPassedOn(text: String) {
        let (lines, notice) = Self.passed(text)
        #expect(lines == Self.lines(text))
        #expect(!notice.isFound)
    }

    @Test("What ssh does not end with is passed on when it has ended")
    func cutOff() {
        let text = Self.lines(Self.changed).dropLast().joined()
        let (lines, notice) = Self.passed(text)
        #expect(lines == Self.lines(text))
        #expect(!notice.isFound)
    }

    @Test("Every line of a program that writes to the pipe is seen before its end")
    func pipe() throws {
        let folder = NSTemporaryDirectory() + "gantry-log-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try #require(SSHLog(folder: folder))
        let program = ChildCommand(
            ["sh", "-c", "printf '%s' \"$TEXT\" >>'\(log.path)'"],
            environment: [
                "PATH": "/usr/bin:/bin", "TEXT": Self.changed,
            ])
        #expect(try program.start().wait().status == 0)
        #expect(log.finish().isFound)
        #expect(SSHLog(folder: folder + "/none") == nil)
    }
}
