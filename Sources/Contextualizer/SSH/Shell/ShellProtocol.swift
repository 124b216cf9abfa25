import ContextualizationAPI

/// The words that we and ``ShellLoop`` exchange over one byte stream: how a request is written.
///
/// A request is some lines, each a letter and its arguments, with the content of files in between by byte count. Answers
/// are the program's own output on both streams, between marks that carry a random number of the request; see
/// ``ShellResponse``. Nothing is escaped and nothing secret stands in arguments or environment of any process.
enum ShellProtocol {
    /// Scripts up to this size go line by line (the shell reads them byte by byte, without a new process); longer ones by
    /// byte count through `dd`.
    static let inlineScriptLimit = 1500

    /// A random number that no output holds by chance, in hexadecimal.
    static func makeNonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return hexadecimal(generator.next()) + hexadecimal(generator.next())
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The bytes of a request.
    /// - Throws: ``CommunicatorError`` with `protocolViolation` where a shell cannot take the program as it is.
    static func encode(_ program: ShellProgram, nonce: String) throws(CommunicatorError) -> [UInt8] {
        let script = Array(program.script.utf8)
        guard !script.contains(0) else {
            throw CommunicatorError(
                code: .protocolViolation,
                message: "the script holds a NUL character, which no shell accepts: pass binary data as a file")
        }
        let namesFolder = script.firstPlace(of: folderName) != nil
        var bytes: [UInt8] = []
        let payload = program.files.values.reduce(program.standardInput?.count ?? 0) { $0 + $1.count }
        bytes.reserveCapacity(script.count + payload + 256)
        bytes += "N \(nonce)\n".utf8
        if !program.files.isEmpty || program.standardInput != nil || namesFolder {
            bytes += "D\n".utf8
        }
        for (name, content) in program.files.sorted(by: { $0.key < $1.key }) {
            guard isFileName(name) else {
                throw CommunicatorError(
                    code: .protocolViolation,
                    message: "\"\(name)\" cannot be the name of a program's file: use one without slash and newline")
            }
            bytes += "F \(content.count) \(name)\n".utf8
            bytes += content
        }
        if let input = program.standardInput {
            bytes += "I \(input.count)\n".utf8
            bytes += input
        }
        if script.count <= inlineScriptLimit {
            bytes += "S\n".utf8
            bytes += script
            bytes += "\n\(nonce)\n".utf8
        } else {
            bytes += "B \(script.count)\n".utf8
            bytes += script
        }
        return bytes
    }

    /// Tells the loop to signal the program and its descendants.
    static func signal(_ name: String) -> [UInt8] { Array("K \(name)\n".utf8) }

    /// Tells the idle loop to end.
    static let quit = Array("Q\n".utf8)

    private static let folderName = Array("GANTRY_FILES".utf8)

    private static func isFileName(_ name: String) -> Bool {
        let reserved = ["", ".", "..", ".gantry-stdin", ".probe"]
        return !reserved.contains(name) && name.utf8.allSatisfy { $0 != 0 && $0 != 0x0a && $0 != 0x2f }
    }
}
