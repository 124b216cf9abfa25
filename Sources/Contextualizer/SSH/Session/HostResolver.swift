import CLibSSH
import ContextualizationAPI
import Dispatch

/// Turns host names into addresses without blocking Swift's thread pool.
enum HostResolver {
    // getaddrinfo blocks, for seconds when a name server is down: Dispatch's own threads may do that.
    private static let queue = DispatchQueue(label: "gantry.resolver", attributes: .concurrent)

    /// The numeric addresses, best first. At once where the host is one already.
    static func addresses(of host: String) async throws(CommunicatorError) -> [String] {
        if case .success(let addresses) = look(host, numericOnly: true) { return addresses }
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: look(host, numericOnly: false)) }
        }
        return try result.get()
    }

    private static func look(_ host: String, numericOnly: Bool) -> Result<[String], CommunicatorError> {
        var text = [UInt8](repeating: 0, count: 2048)
        let code = unsafe text.withUnsafeMutableBytes { buffer in
            unsafe gantry_resolve(
                host, numericOnly, buffer.assumingMemoryBound(to: CChar.self).baseAddress, buffer.count)
        }
        guard code == 0 else {
            return .failure(
                CommunicatorError(
                    code: .unreachable,
                    message: "the host name \"\(host)\" has no address: check its spelling and the name servers"))
        }
        let end = text.firstIndex(of: 0) ?? text.endIndex
        return .success(text[..<end].split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) })
    }
}
