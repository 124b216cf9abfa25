import Foundation
import Glibc
import Support
import Testing

/// Connectors that go wrong in every way that a process can, through the command: what is said names the connector and
/// the next step, it takes bounded time, and with the connector mended the same `up` ends as asked.
@Suite("Connectors that go wrong", .serialized, .timeLimit(.minutes(4)))
struct ConnectorFaultTests {
    private let scratch: Scratch
    private let shop: ShopConnector

    init() throws {
        scratch = try Scratch()
        shop = try ShopConnector(scratch.path("connectors"))
        try scratch.write("auth", "id = corner; type = Shop; username = customer; password = marker-4711\n")
        try scratch.write(
            "web.radl",
            """
            network net ()
            system node (
                net_interface.0.connection = 'net' and
                disk.0.image.url = 'shop://image'
            )
            deploy node 3
            contextualize ()
            """)
    }

    private func gantry(_ arguments: [String], limit: Duration = .seconds(30)) async throws -> Program.Ended {
        let start = ContinuousClock.now
        let ended = try await Program(name: "gantry").run(
            arguments + ["--connector-dir", shop.folder], killAfter: .seconds(120))
        let took = ContinuousClock.now - start
        #expect(took < limit, "\(arguments.joined(separator: " ")) took \(took)")
        #expect(!ended.output.contains("marker-4711") && !ended.errors.contains("marker-4711"))
        return ended
    }

    private func up(_ options: [String] = [], limit: Duration = .seconds(30)) async throws -> Program.Ended {
        try await gantry(
            [
                "up", scratch.path("web.radl"), "-a", scratch.path("auth"), "--state-dir", scratch.path("state"),
                "--yes",
            ] + options, limit: limit)
    }

    private func expect(_ ended: Program.Ended, status: Int32, says words: [String]) {
        #expect(ended.status == status, "\(ended)")
        for word in words {
            #expect(ended.errors.contains(word) || ended.output.contains(word), "'\(word)' is not in: \(ended)")
        }
    }

    /// The connector mended, the same command ends as asked; then everything is removed.
    private func recovers() async throws {
        try shop.set(nil)
        shop.setExecutable(true)
        let again = try await up()
        #expect(again.status == 0, "\(again)")
        #expect(try shop.machines() == 3)
        let destroy = try await gantry(["destroy", "web", "--state-dir", scratch.path("state"), "--yes"])
        #expect(destroy.status == 0, "\(destroy)")
        #expect(try shop.machines() == 0)
    }

    @Test func withoutFault() async throws {
        try await recovers()
    }

    @Test func interruptedWhileItIsAsked() async throws {
        try scratch.write(
            "connectors/connector-stuck", "#!/bin/sh\necho $$ >\(scratch.path("asked"))\nexec sleep 1000\n")
        #expect(chmod(scratch.path("connectors/connector-stuck"), 0o755) == 0)
        let list = try Program(name: "gantry").start(
            ["list", "--state-dir", scratch.path("state"), "--connector-dir", shop.folder],
            output: scratch.url.appending(path: "list.log"))
        defer { list.end() }
        var asked: pid_t?
        while asked == nil, list.isRunning {
            asked = (try? String(contentsOfFile: scratch.path("asked"), encoding: .utf8)).flatMap {
                pid_t($0.dropLast())
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        list.signal(SIGINT)
        let status = await list.status()
        let log = try String(contentsOfFile: scratch.path("list.log"), encoding: .utf8)
        #expect(status == 130, "\(log)")
        #expect(kill(try #require(asked), 0) == -1 && errno == ESRCH)
    }

    @Test func hangsInLaunch() async throws {
        try shop.set(.hangInLaunch)
        let ended = try await up(["--timeout", "8"])
        expect(ended, status: 5, says: ["not finished after", "'shop' has not answered", "`gantry up"])
        try await recovers()
    }

    @Test func diesInLaunch() async throws {
        try shop.set(.dieInLaunch)
        // The launch is asked for again under its token, which finds what is there.
        let ended = try await up()
        expect(ended, status: 0, says: ["web is configured"])
        #expect(try shop.machines() == 3)
        try await recovers()
    }

    @Test func diesAtEachStart() async throws {
        try shop.set(.dieAtStart)
        let ended = try await up(["--timeout", "8"])
        expect(ended, status: 5, says: ["cloud 'corner': connector 'shop'", "the licence of the shop has ended"])
        try await recovers()
    }

    @Test func floodsItsStandardError() async throws {
        try shop.set(.flood)
        let ended = try await up(["-v"], limit: .seconds(60))
        expect(ended, status: 0, says: ["web is configured", "lines of the connector were dropped"])
        #expect(ended.errors.utf8.count + ended.output.utf8.count < 1 << 20)
        try await recovers()
    }

    @Test func aFloodIsNotSeenWithoutBeingAskedFor() async throws {
        try shop.set(.flood)
        let ended = try await up(limit: .seconds(60))
        expect(ended, status: 0, says: ["web is configured"])
        #expect(ended.errors.isEmpty, "\(ended.errors.prefix(1000))")
    }

    @Test func printsRubbish() async throws {
        try shop.set(.rubbish)
        let ended = try await up()
        // What the launch made is looked for and taken over.
        expect(
            ended, status: 0,
            says: ["connector 'shop' does not speak the protocol", "gantry connector check", "web is configured"])
        #expect(try shop.machines() == 3)
        try await recovers()
    }

    @Test func saysAStateThatThereIsNot() async throws {
        try shop.set(.otherState)
        let ended = try await up(["--timeout", "8"])
        expect(
            ended, status: 5,
            says: [
                "at corner) is waited for: its state is 'flying', which is none of pending, running, stopping, stopped, "
                    + "terminated, failed, unknown"
            ])
        try await recovers()
    }

    @Test func choosesAnotherVersion() async throws {
        try shop.set(.otherVersion)
        let ended = try await up()
        expect(ended, status: 5, says: ["connector 'shop' chose protocol version 7", "this host speaks 1"])
        try await recovers()
    }

    @Test(arguments: [
        (ShopConnector.Fault.describesOtherVersion, ["it speaks protocol version 7, this host 1"]),
        (.describesRubbish, ["what 'describe' prints is wrong"]),
        (.hangInDescribe, ["describe' did not end within"]),
    ])
    func isNotUsed(_ fault: ShopConnector.Fault, _ words: [String]) async throws {
        try shop.set(fault)
        let ended = try await up()
        expect(
            ended, status: 2,
            says: words + ["connector-shop' is not used", "no connector serves type 'Shop'", "gantry connector list"])
        let list = try await gantry(["connector", "list"])
        expect(list, status: 0, says: words)
        // That it hung is remembered for a while, and this asks anew.
        try shop.set(nil)
        _ = try await gantry(["connector", "list", "--state-dir", scratch.path("state")])
        try await recovers()
    }

    @Test func isNotExecutable() async throws {
        shop.setExecutable(false)
        let ended = try await up()
        expect(
            ended, status: 2,
            says: ["connector-shop' is not used", "chmod +x", "no connector serves type 'Shop'"])
        try await recovers()
    }

    @Test func isNotThere() async throws {
        try shop.remove()
        expect(try await up(), status: 2, says: ["corner", "no connector serves type 'Shop'", "gantry connector list"])
        try FileManager.default.removeItem(atPath: shop.folder)
        expect(try await up(), status: 2, says: [shop.folder, "no connector serves type 'Shop'"])
    }

    @Test func vanishesBetweenTwoCommands() async throws {
        expect(try await up(), status: 0, says: ["web is configured"])
        shop.setExecutable(false)
        let ended = try await gantry(["destroy", "web", "--state-dir", scratch.path("state"), "--yes"])
        expect(ended, status: 1, says: ["connector 'shop' of cloud 'corner' is not installed here"])
        #expect(try shop.machines() == 3)
        shop.setExecutable(true)
        let again = try await gantry(["destroy", "web", "--state-dir", scratch.path("state"), "--yes"])
        #expect(again.status == 0, "\(again)")
        #expect(try shop.machines() == 0)
    }
}
