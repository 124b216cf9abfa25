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
        guard let machine = silent.randomElement(), let (firmware, console) = try? consoleTail(machine.id),
            let said = firmware.sayingNothingBoots(console)
        else { return }
        let architecture = MachineSize(flavor: machine.flavor ?? "")?.architecture ?? "this architecture"
        machines[machine.id]?.state = .failed
        machines[machine.id]?.failure = .init(
            code: "boot",
            message: "the firmware found nothing to boot ('\(said)'): is the image one of \(architecture), "
                + firmware.need)
    }

    /// The last that a machine has written to its console, and the firmware that begins there; nil: there is nothing.
    private func consoleTail(_ id: String) throws(ConnectorError) -> (Firmware, String)? {
        guard let domain = try domain(id), let firmware = Firmware(try domain.xml()), let label = try domain.label(),
            let pool = try pool(label.pool)
        else { return nil }
        try pool.refresh()
        guard let log = try pool.volume(MachineVolume.console(id)) else { return nil }
        return (
            firmware, String(decoding: try log.download(self, upTo: Firmware.mostBytes).suffix(4 << 10), as: UTF8.self)
        )
    }
}

/// What writes to the console first.
enum Firmware {
    /// EDK II.
    case uefi
    /// SeaBIOS.
    case bios

    /// - Parameter domain: The domain's XML. Nil: its firmware writes nothing to the console.
    init?(_ domain: String) {
        if domain.contains("<loader") {
            self = .uefi
        } else if domain.contains("useserial='yes'") {
            self = .bios
        } else {
            return nil
        }
    }

    /// A firmware that boots nothing has said all that it says within these: a longer console is that of a kernel.
    static let mostBytes = 64 << 10

    /// What it asks of an image.
    var need: String {
        switch self {
        case .uefi: "which UEFI boots?"
        case .bios: "with a boot loader for a BIOS? One that only UEFI boots needs `libvirt.firmware = 'uefi'`"
        }
    }

    /// The sentence by which it says that there is nothing to boot, if that was the last that it said; nil: it was not.
    func sayingNothingBoots(_ console: String) -> String? {
        let text = console.replacing(/\u{1b}(\[[0-9;=?]*[A-Za-z]|c)/, with: "")
            .trimmingCharacters(in: .whitespacesAndNewlines.union(.controlCharacters))
        return self == .uefi ? Self.lastOfUEFI(text) : Self.lastOfBIOS(text)
    }

    private static func lastOfUEFI(_ text: String) -> String? {
        // Its shell is what it starts when nothing else is there.
        if text.hasSuffix("Shell>"), text.contains("UEFI Interactive Shell") { return "UEFI Interactive Shell" }
        let sentence = "No bootable option or device was found"
        guard let place = text.range(of: sentence, options: .backwards) else { return nil }
        let rest = text[place.upperBound...].split(whereSeparator: \.isNewline)
        return rest.allSatisfy { $0.hasPrefix("BdsDxe: ") || $0 == "." } ? sentence : nil
    }

    /// With why the disk was none that it boots, where it says so: `Boot failed: not a bootable disk / No bootable device`.
    private static func lastOfBIOS(_ text: String) -> String? {
        let sentence = "No bootable device"
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        guard let last = lines.last, last.wholeMatch(of: /No bootable device\.( +Retrying in \d+ seconds\.)?/) != nil
        else { return nil }
        return (lines.dropLast().suffix(1).filter { $0.hasPrefix("Boot failed") } + [sentence])
            .joined(separator: " / ")
    }
}
