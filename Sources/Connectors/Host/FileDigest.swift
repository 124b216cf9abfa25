import COpenSSL
import ConnectorAPI
import Dispatch
import Foundation
import Glibc

/// SHA-256 of files, computed off the shared pool.
enum FileDigest {
    /// - Returns: Lower-case hexadecimal.
    static func sha256(_ path: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async {
                continuation.resume(with: Result { try compute(path) })
            }
        }
    }

    private static func compute(_ path: String) throws -> String {
        // A pipe without a writer would hold the thread.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, "it is no regular file")
        }
        guard let digest = gantry_sha256_new() else { throw failure(path, "no memory") }
        defer { gantry_sha256_free(digest) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, String(cString: strerror(errno))) }
            if count == 0 { break }
            guard gantry_sha256_update(digest, buffer, count) == 0 else { throw failure(path, "no digest") }
        }
        var sum = [UInt8](repeating: 0, count: Int(GANTRY_SHA256_BYTES))
        guard gantry_sha256_peek(digest, &sum) == 0 else { throw failure(path, "no digest") }
        return sum.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    private static func failure(_ path: String, _ reason: String) -> ConnectorError {
        ConnectorError(code: .unavailable, message: "'\(path)' cannot be read: \(reason)")
    }
}
