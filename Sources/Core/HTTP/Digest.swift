import COpenSSL

/// SHA-256 and HMAC-SHA-256 for signatures.
package enum Digest {
    /// libcrypto could not compute a digest: it is out of memory or its configuration forbids the algorithm.
    package static let failure = HTTPError(
        code: .invalidRequest, message: "libcrypto refuses SHA-256; check the machine's OpenSSL configuration")

    package static func sha256(_ bytes: [UInt8]) throws(HTTPError) -> [UInt8] {
        try unsafe fill { out in unsafe gantry_sha256(bytes, bytes.count, out) }
    }

    package static func hmacSHA256(key: [UInt8], _ message: [UInt8]) throws(HTTPError) -> [UInt8] {
        try unsafe fill { out in unsafe gantry_hmac_sha256(key, key.count, message, message.count, out) }
    }

    private static func fill(_ body: (UnsafeMutablePointer<UInt8>?) -> Int32) throws(HTTPError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: Int(GANTRY_SHA256_BYTES))
        let status = unsafe out.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
        guard status == 0 else { throw failure }
        return out
    }

    /// Lower-case hexadecimal.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
