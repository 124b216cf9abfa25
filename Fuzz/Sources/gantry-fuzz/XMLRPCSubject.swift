import FuzzedXMLRPC

/// Calls of XML-RPC: any bytes give a call or an error, however they are cut; what was read survives writing.
enum XMLRPCSubject {
    static func feed(_ bytes: [UInt8]) {
        let whole = try? XMLRPCCall(parsing: bytes)
        let size = Int(bytes.first ?? 0) % 67 + 1
        precondition(inPieces(bytes, of: size) == whole, "pieces of \(size) read as something else")
        guard let whole else { return }
        let written = XMLRPCWriter(.array(whole.parameters)).joined()
        precondition(Array(XMLRPCWriter(.array(whole.parameters), size: size).joined()) == Array(written), "pieces")
        let text = "<methodCall><methodName>M</methodName><params><param>"
        let again = try? XMLRPCCall(
            parsing: Array(text.utf8) + written + Array("</param></params></methodCall>".utf8),
            // The array around them, and its value.
            limits: XMLRPCLimits(depth: 33, values: 250_001))
        precondition(again?.parameters == [.array(whole.parameters)], "what was written reads as something else")
    }

    private static func inPieces(_ bytes: [UInt8], of size: Int) -> XMLRPCCall? {
        guard let reader = try? XMLRPCReader() else { return nil }
        do {
            for start in stride(from: 0, to: bytes.count, by: size) {
                try reader.read(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            return try reader.finish()
        } catch {
            return nil
        }
    }
}
