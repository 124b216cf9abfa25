import COpenSSL
import Foundation
import Glibc
package import Support

/// The key that everything secret in a store is sealed under: 32 bytes, as 64 hexadecimal digits in a file of mode 0600
/// or in the environment.
package enum MasterKey {
    package static let byteCount = 32

    /// Variable that holds the key where no file shall.
    package static let environmentVariable = "GANTRY_MASTER_KEY"

    /// The key from the environment; nil when the variable is not set.
    /// - Throws: ``StoreError`` `wrongKey` when it is set to something that is no key.
    package static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(StoreError) -> Secret<[UInt8]>? {
        guard let text = environment[environmentVariable] else { return nil }
        guard let key = parse(text) else {
            throw StoreError(
                code: .wrongKey,
                message: "\(environmentVariable) is no key: it must hold \(2 * byteCount) hexadecimal digits, "
                    + "as the key file of the state folder does")
        }
        return key
    }

    /// A new random key.
    static func random() throws(StoreError) -> Secret<[UInt8]> {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard gantry_random(&bytes, bytes.count) == 0 else {
            throw StoreError(
                code: .unavailable, message: "the system gives no random bytes for a key: check /dev/urandom")
        }
        return Secret(bytes)
    }

    /// Reads the key file; nil when there is none.
    static func read(at path: String) throws(StoreError) -> Secret<[UInt8]>? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unavailable("the key file \(path) cannot be read", "make it readable for this user")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unavailable("the key file \(path) cannot be examined", "check the disk")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw StoreError(
                code: .unavailable,
                message: "the key file \(path) can be read by others: run `chmod 600 \(path)`, and think about who "
                    + "may have read it")
        }
        var buffer = [UInt8](repeating: 0, count: 4 * byteCount)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count >= 0, let key = parse(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)) else {
            throw StoreError(
                code: .wrongKey,
                message: "the key file \(path) holds no key (\(2 * byteCount) hexadecimal digits): restore it from "
                    + "a backup")
        }
        return key
    }

    /// Makes a key file. The file appears with its whole content or not at all, and one that exists is left alone: of
    /// several processes that start at once one wins, and all read the same key afterwards.
    static func create(at path: String) throws(StoreError) {
        let key = try random()
        let temporary = path + ".\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable("the key file \(path) cannot be made", "make the state folder writable")
        }
        defer { unlink(temporary) }
        let line = Array((hexadecimal(key.expose()) + "\n").utf8)
        let written = write(descriptor, line, line.count) == line.count && fsync(descriptor) == 0
        let reason = errno
        close(descriptor)
        guard written else {
            errno = reason
            throw .unavailable("the key file \(path) cannot be written", "make room on its disk")
        }
        guard link(temporary, path) == 0 || errno == EEXIST else {
            throw .unavailable("the key file \(path) cannot be put in place", "make the state folder writable")
        }
        StoreFolder.synchronize(folderOf: path)
    }

    private static func parse(_ text: String) -> Secret<[UInt8]>? {
        let digits = Array(text.trimmingCharacters(in: .whitespacesAndNewlines).utf8)
        guard digits.count == 2 * byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return Secret(bytes)
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return digit - UInt8(ascii: "A") + 10
        default: return nil
        }
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
