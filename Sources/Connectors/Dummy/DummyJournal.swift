import ConnectorAPI
import Foundation
import Glibc

/// The file of the Dummy's cloud: lines of JSON, appended under `flock`, so that several processes may use it.
///
/// A line that its writer did not finish is dropped by the next one. When most lines are history the file is written
/// anew and renamed over the old one; who waited for the old one's lock sees another inode and opens again.
/// Not `Sendable`: belongs to one ``DummyCloud``.
struct DummyJournal: ~Copyable {
    private let path: String
    private let syncs: Bool
    private var descriptor: Int32 = -1
    private var inode: ino_t = 0
    private var offset: Int = 0
    private var compactedSize: Int = 0

    init(path: String, syncs: Bool) {
        self.path = path
        self.syncs = syncs
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Opens and locks the file and brings `state` up to date.
    mutating func begin(_ state: inout DummyState, exclusive: Bool) throws {
        while true {
            if descriptor < 0 {
                descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { throw failure("cannot be opened") }
                offset = 0
                inode = 0
            }
            while flock(descriptor, exclusive ? LOCK_EX : LOCK_SH) != 0 {
                guard errno == EINTR else { throw failure("cannot be locked") }
            }
            var own = Glibc.stat()
            var named = Glibc.stat()
            guard fstat(descriptor, &own) == 0 else { throw failure("cannot be read") }
            guard stat(path, &named) == 0, own.st_ino == named.st_ino, own.st_dev == named.st_dev else {
                close(descriptor)
                descriptor = -1
                continue
            }
            if inode != own.st_ino || Int(own.st_size) < offset {
                state = DummyState()
                inode = own.st_ino
                offset = 0
            }
            do {
                if Int(own.st_size) > offset { try read(&state, size: Int(own.st_size), exclusive: exclusive) }
            } catch {
                // The next call reads from the start.
                inode = 0
                end()
                throw error
            }
            return
        }
    }

    func end() {
        if descriptor >= 0 { flock(descriptor, LOCK_UN) }
    }

    /// Makes the next ``begin(_:exclusive:)`` read the file from its start.
    mutating func forget() {
        inode = 0
    }

    private mutating func read(_ state: inout DummyState, size: Int, exclusive: Bool) throws {
        var bytes = [UInt8](repeating: 0, count: size - offset)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, off_t(offset + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot be read") }
            filled += count
        }
        let decoder = JSONDecoder()
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if end > start {
                do {
                    state.apply(try decoder.decode(DummyEntry.self, from: Data(bytes[start..<end])))
                } catch {
                    throw ConnectorError(
                        code: .internal,
                        message: "the state file '\(path)' of the Dummy has a line that is no entry, at byte "
                            + "\(offset + start); remove the file to start with an empty cloud")
                }
            }
            start = end + 1
        }
        offset += start
        if start < bytes.count, exclusive, ftruncate(descriptor, off_t(offset)) != 0 {
            throw failure("has an unfinished line that cannot be cut off")
        }
    }

    /// Appends entries in one write. The file must be locked exclusively.
    mutating func append(_ entries: [DummyEntry]) throws {
        let data = try Self.encode(entries)
        try write(data, to: descriptor)
        offset += data.count
    }

    /// Writes the file anew when it is large and mostly history. The file must be locked exclusively.
    mutating func compactIfWorthwhile(_ state: DummyState, now: Int64) throws {
        guard offset > 1 << 20, offset > 3 * compactedSize else { return }
        let data = try Self.encode(state.entries(keepingEndedAfter: now - 3_600_000))
        compactedSize = data.count
        guard data.count < offset / 2 else { return }
        let temporary = "\(path).\(getpid()).new"
        let fresh = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard fresh >= 0 else { throw failure("cannot be compacted") }
        do {
            guard flock(fresh, LOCK_EX) == 0 else { throw failure("cannot be locked") }
            try write(data, to: fresh)
            guard rename(temporary, path) == 0 else { throw failure("cannot be replaced") }
        } catch {
            close(fresh)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        descriptor = fresh
        var status = Glibc.stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot be read") }
        inode = status.st_ino
        offset = data.count
    }

    private static func encode(_ entries: [DummyEntry]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        var data = Data()
        for entry in entries {
            data.append(try encoder.encode(entry))
            data.append(UInt8(ascii: "\n"))
        }
        return data
    }

    private func write(_ data: Data, to target: Int32) throws {
        var written = 0
        while written < data.count {
            let count = data.withUnsafeBytes { buffer in
                Glibc.write(target, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure("cannot be written")
                ftruncate(target, off_t(offset))
                throw error
            }
            written += count
        }
        if syncs, fdatasync(target) != 0 { throw failure("cannot be written to disk") }
    }

    private func failure(_ what: String) -> ConnectorError {
        ConnectorError(
            code: .unavailable,
            message: "the state file '\(path)' of the Dummy \(what): \(String(cString: strerror(errno)))")
    }
}
