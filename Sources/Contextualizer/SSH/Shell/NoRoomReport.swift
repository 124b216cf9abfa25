import ContextualizationAPI

/// What ``ShellLoop`` prints when it cannot store the files of a program: the folder, the words of `dd`, then `df -Pk`.
struct NoRoomReport: Sendable, Hashable {
    var folder: String
    var reason: String
    var freeBytes: Int?

    init(_ output: [UInt8]) {
        let lines = output.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
        folder = lines.first ?? "the temporary folder"
        reason =
            lines.dropFirst().first { $0.contains("dd:") }?.split(separator: ":").last.map {
                $0.drop { $0 == " " }.lowercased()
            } ?? ""
        let columns = lines.last?.split(separator: " ") ?? []
        freeBytes = columns.count >= 6 ? Int(columns[3]).map { $0 * 1024 } : nil
    }

    func error(machine: String) -> CommunicatorError {
        let parent = folder.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let free = freeBytes.map { ", \($0) bytes are free" } ?? ""
        return CommunicatorError(
            code: .noSpace,
            message: "\(machine) cannot store the files of a program in \(parent.isEmpty ? "/" : parent)"
                + (reason.isEmpty ? "" : ": \(reason)") + "\(free); make room there or set TMPDIR for the user")
    }
}
