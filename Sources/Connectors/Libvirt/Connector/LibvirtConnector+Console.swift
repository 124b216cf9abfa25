package import ConnectorAPI
import Foundation
import Support

extension LibvirtConnector {
    /// Most of a console that is fetched.
    private static let mostBytes = 4 << 20

    /// What the machine has written to its serial port since its last start.
    package func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        let session = try sessions.session(request.session)
        let text = try await session.connection.run("the console of machine '\(request.id)'", CallBudget(context)) {
            host throws(ConnectorError) -> [UInt8] in
            guard let domain = try host.domain(request.id), let label = try domain.label() else {
                throw Self.unknown(request.id, session)
            }
            guard let pool = try host.pool(label.pool), !host.uri.isTest else { return [] }
            try? pool.refresh()
            guard let log = try pool.volume(MachineVolume.console(request.id)) else { return [] }
            return try log.download(host, upTo: Self.mostBytes)
        }
        do {
            return BulkLocation(path: try PrivateFile.write(text, folder: "gantry-consoles", name: "\(request.id).log"))
        } catch {
            throw ConnectorError(
                code: .internal, message: "the console of '\(request.id)' cannot be written to a file: \(error)")
        }
    }
}

extension Hypervisor {
    /// Until so long after its launch a machine without an address is waited for in silence.
    private static let silence: TimeInterval = 20

    /// Of machines that run and have no address, one that will never have one: its firmware has found nothing to boot and
    /// waits for a key. It has failed then, which is told long before the time for its start is over.
    ///
    /// Only one of them has its console read, so that a look at many stays quick; the others have their turn at the next
    /// looks.
    func noteUnbootable(_ machines: inout [String: Machine]) {
        guard !uri.isTest else { return }
        let silent = machines.values.filter { machine in
            guard machine.state == .running, machine.addresses.isEmpty, let launched = machine.launchedAt else {
                return false
            }
            return Date().timeIntervalSince(launched) > Self.silence
        }
        guard let machine = silent.randomElement(), let console = try? consoleTail(machine.id),
            let said = Firmware.sayingNothingBoots(console)
        else { return }
        let architecture = MachineSize(flavor: machine.flavor ?? "")?.architecture
        machines[machine.id]?.state = .failed
        machines[machine.id]?.failure = .init(
            code: "boot",
            message: "the firmware found nothing to boot ('\(said)'): is the image one of "
                + "\(architecture ?? "this architecture"), which UEFI boots?")
    }

    /// The last that a machine with UEFI has written to its console; nil: there is nothing.
    private func consoleTail(_ id: String) throws(ConnectorError) -> String? {
        // A BIOS says nothing there.
        guard let domain = try domain(id), try domain.xml().contains("<loader"), let label = try domain.label(),
            let pool = try pool(label.pool)
        else { return nil }
        try pool.refresh()
        guard let log = try pool.volume(MachineVolume.console(id)) else { return nil }
        return String(decoding: try log.download(self, upTo: Firmware.mostBytes).suffix(4 << 10), as: UTF8.self)
    }
}

/// What EDK II, the firmware of UEFI, writes to the console.
enum Firmware {
    /// A firmware that boots nothing has said all that it says within these: a longer console is that of a kernel.
    static let mostBytes = 64 << 10

    /// The sentence by which it says that there is nothing to boot, if that was the last that it said; nil: it was not.
    static func sayingNothingBoots(_ console: String) -> String? {
        let text = console.replacing(/\u{1b}\[[0-9;=?]*[A-Za-z]/, with: "")
            .trimmingCharacters(in: .whitespacesAndNewlines.union(.controlCharacters))
        // Its shell is what it starts when nothing else is there.
        if text.hasSuffix("Shell>"), text.contains("UEFI Interactive Shell") { return "UEFI Interactive Shell" }
        let sentence = "No bootable option or device was found"
        guard let place = text.range(of: sentence, options: .backwards) else { return nil }
        let rest = text[place.upperBound...].split(whereSeparator: \.isNewline)
        return rest.allSatisfy { $0.hasPrefix("BdsDxe: ") || $0 == "." } ? sentence : nil
    }
}
