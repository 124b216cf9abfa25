import ConnectorAPI
import Foundation
package import InfrastructureModel
import Support

/// What there is to see of a machine without a network.
package enum MachineConsole: Sendable, Hashable {
    /// What the machine has written to its serial port; some providers have the end of it only.
    case text(String)
    /// A page that shows its screen, for a short while.
    case page(String)

    private static let mostLines = 5
    /// Of a line.
    private static let mostCharacters = 160

    /// The last lines, for a message, without what moves cursors and colours; nil where there are none.
    package var end: String? {
        guard case .text(let whole) = self else { return nil }
        let text = String(decoding: whole.utf8.suffix(16 << 10), as: UTF8.self)
            .replacing(/\u{1b}(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>c78])/, with: "")
        let lines = text.split(whereSeparator: \.isNewline).compactMap { line -> String? in
            let plain = String(
                String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f })
            )
            .trimmingCharacters(in: .whitespaces)
            return plain.isEmpty ? nil : String(plain.prefix(Self.mostCharacters))
        }
        return lines.isEmpty
            ? nil : "its console ends with: " + lines.suffix(Self.mostLines).joined(separator: " / ")
    }

    /// The same of a machine that never ran with an address: that it has said nothing is worth telling, too.
    package var endOfStart: String? {
        guard case .text = self else { return nil }
        return end
            ?? "its console is empty: a BIOS that finds nothing to boot says nothing there, so look at the image and its "
            + "boot loader"
    }
}

extension InfrastructureManager {
    /// The console of a machine, as its cloud has it now. Changes nothing; may be asked at any time.
    ///
    /// - Throws: ``ManagerError``: `notFound` for a machine that there is not, `invalidDocument` where its cloud shows none,
    ///   `unavailable`.
    package func console(
        ofMachine number: Int, in id: InfrastructureID, caller: Caller
    ) async throws -> MachineConsole {
        let snapshot = try await self.snapshot(id, caller: caller)
        let (machine, provider) = try snapshot.launched(number)
        let cloud = machine.placement.cloud
        return try await ManagerError.convertingErrors {
            let description = try await sessions.connector(of: cloud).description
            guard description.capabilities[.console] != nil else {
                throw ManagerError(
                    code: .invalidDocument, message: "connector '\(description.name)' shows no consoles of machines")
            }
            do {
                return try Self.console(
                    at: try await sessions.call(cloud) { connector, session, context in
                        try await connector.console(MachineRequest(session: session, id: provider), context: context)
                    })
            } catch let error as ConnectorError {
                let code: ManagerError.Code = error.code == .notFound ? .notFound : .unavailable
                throw ManagerError(code: code, message: error.message)
            }
        }
    }

    /// Reads what a connector made, and removes it where it was made for this question.
    static func console(at place: BulkLocation) throws -> MachineConsole {
        guard let path = place.path else {
            // What is short enough stands in the URL itself (RFC 2397).
            let words = (place.url ?? "").split(separator: ",", maxSplits: 1)
            guard words.count == 2, words[0] == "data:text/plain", let text = words[1].removingPercentEncoding else {
                return .page(place.url ?? "")
            }
            return .text(text)
        }
        let isTemporary = path.hasPrefix(FileManager.default.temporaryDirectory.path + "/")
        defer { if isTemporary { PrivateFile.remove(path) } }
        return .text(String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
    }
}
