import Foundation
import GRDB
import Glibc
import InfrastructureModel
import Operations
import Support
import Testing

@testable import Persistence

/// Disks that are full or read-only. A small file system of its own needs root; others skip these.
@Suite(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
struct SQLiteStoreDiskTests {
    private let one = InfrastructureID(rawValue: "one")

    @Test func aFullDiskRefusesTheChangeAndKeepsTheRest() async throws {
        try await withSmallDisk { disk in
            let folder = disk + "/state"
            var store = try SQLiteStateStore(folder: folder)
            try await store.create()
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            var stored = 0
            var error: StoreError?
            while error == nil, stored < 10_000 {
                let change = InfrastructureChange(
                    infrastructure: one, machines: (stored..<(stored + 50)).map { Sample.machine($0) },
                    events: (0..<50).map { Sample.event("machine \(stored + $0)") })
                error = await storeError { try await store.record(change, lease: lease) }
                if error == nil { stored += 50 }
            }
            #expect(error?.code == .full, "\(String(describing: error))")
            #expect(error?.message.contains(folder) == true)
            #expect(stored > 0)
            #expect(try await store.snapshot(one)?.machines.count == stored)
            #expect(try await store.events(of: nil, after: 0, limit: 99_999).count == stored)
            await store.close()

            // Once there is room, the same store goes on.
            try FileManager.default.removeItem(atPath: disk + "/ballast")
            store = try SQLiteStateStore(folder: folder)
            try await store.record(
                InfrastructureChange(infrastructure: one, machines: [Sample.machine(stored)]), lease: lease)
            #expect(try await store.snapshot(one)?.machines.count == stored + 1)
            await store.close()
        }
    }

    @Test func aFullDiskRefusesANewStore() async throws {
        try await withSmallDisk { disk in
            try Data(repeating: 1, count: 1 << 20).write(to: URL(fileURLWithPath: disk + "/more"), fillingDisk: true)
            await expectStoreError(.full, naming: disk) { try SQLiteStateStore(folder: disk + "/state") }
            // Neither is there a key that is cut short.
            #expect((try? MasterKey.read(at: disk + "/state/key")) == .some(nil))
        }
    }

    /// Some 30 causes have the same words.
    @Test func whatTheDiskRefusedIsTold() {
        let error = DatabaseError(resultCode: .SQLITE_IOERR_SHMMAP, message: "disk I/O error")
        let told = StoreError.boundary(error, in: StoreFolder(path: "/nowhere")) as? StoreError
        #expect(
            told?.message == "/nowhere/gantry.sqlite cannot be read or written (disk I/O error, SQLite code 5386): "
                + "check its disk")
    }

    @Test func aReadOnlyDiskIsNamed() async throws {
        try await withSmallDisk { disk in
            let folder = disk + "/state"
            let store = try SQLiteStateStore(folder: folder)
            try await store.create()
            await store.close()
            try run("mount", "-o", "remount,ro", disk)
            await expectStoreError(.unavailable, naming: folder) { try SQLiteStateStore(folder: folder) }
            await expectStoreError(.unavailable, naming: disk + "/new") { try SQLiteStateStore(folder: disk + "/new") }
            try run("mount", "-o", "remount,rw", disk)
            let again = try SQLiteStateStore(folder: folder)
            #expect(try await again.snapshot(one) != nil)
            await again.close()
        }
    }
}

/// Runs `body` with a file system of 2 MiB, of which a file `ballast` takes 512 KiB.
private func withSmallDisk(_ body: (String) async throws -> Void) async throws {
    try await withFolder { folder in
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try run("mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "gantry-test", folder)
        do {
            try Data(count: 512 << 10).write(to: URL(fileURLWithPath: folder + "/ballast"))
            try await body(folder)
        } catch {
            try run("umount", "-l", folder)
            throw error
        }
        try run("umount", "-l", folder)
    }
}

private func run(_ arguments: String...) throws {
    let completed = try ChildCommand(arguments).run()
    try #require(completed.ending == .exited(0), "\(arguments.joined(separator: " "))")
}

extension Data {
    /// Writes until the disk is full.
    fileprivate func write(to url: URL, fillingDisk: Bool) throws {
        let descriptor = open(url.path, O_WRONLY | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var size = count
        while size > 0 {
            let written = withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, size) }
            if written <= 0 { size /= 2 }
        }
    }
}
