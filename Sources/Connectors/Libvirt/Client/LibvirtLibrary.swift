import CLibvirt
import ConnectorAPI
import Foundation
import Glibc

/// libvirt in this process: opened when it is first used, with one thread that runs its event loop for all connections.
enum LibvirtLibrary {
    private static let problem: String? = {
        if let problem = gantry_virt_load() { return String(cString: problem) }
        gantry_virt_silence()
        // It writes to sockets whose other end may be gone.
        signal(SIGPIPE, SIG_IGN)
        guard gantry_virEventRegisterDefaultImpl() == 0 else { return "its event loop does not start" }
        // Connections ask the other side whether it is alive from here.
        let thread = Thread {
            while true {
                if gantry_virEventRunDefaultImpl() < 0 { usleep(100_000) }
            }
        }
        thread.name = "libvirt-events"
        thread.stackSize = 512 << 10
        thread.start()
        return nil
    }()

    /// - Throws: ``ConnectorError/Code/unavailable`` where the machine has no libvirt.
    static func load() throws(ConnectorError) {
        guard let problem else { return }
        throw ConnectorError(
            code: .unavailable,
            message:
                "libvirt's library cannot be used (\(problem)); install it: package libvirt0 on Debian and Ubuntu, "
                + "libvirt-libs on Fedora and Rocky")
    }
}

/// What a call of libvirt's came to.
enum LibvirtCall {
    static func done(_ result: Int32, _ what: @autoclosure () -> String) throws(ConnectorError) {
        guard result >= 0 else { throw failure(what()) }
    }

    static func found(_ pointer: OpaquePointer?, _ what: @autoclosure () -> String) throws(ConnectorError)
        -> OpaquePointer
    {
        guard let pointer else { throw failure(what()) }
        return pointer
    }

    /// A text that is ours to free.
    static func text(
        _ pointer: UnsafeMutablePointer<CChar>?, _ what: @autoclosure () -> String
    ) throws(ConnectorError) -> String {
        guard let pointer else { throw failure(what()) }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// The handles of a list, which is ours to free; each is given to `body`, whose they are.
    static func list<Item>(
        _ what: @autoclosure () -> String,
        _ call: (UnsafeMutablePointer<UnsafeMutablePointer<OpaquePointer?>?>) -> Int32, _ body: (OpaquePointer) -> Item
    ) throws(ConnectorError) -> [Item] {
        var handles: UnsafeMutablePointer<OpaquePointer?>?
        let count = call(&handles)
        guard count >= 0 else { throw failure(what()) }
        defer { free(handles) }
        return (0..<Int(count)).compactMap { handles?[$0].map(body) }
    }

    /// The last error of this thread.
    ///
    /// - Parameter what: Is asked for after the error is taken: each call of libvirt's, also for a name, clears it.
    static func failure(_ what: @autoclosure () -> String) -> ConnectorError {
        let code = gantry_virGetLastErrorCode()
        let domain = gantry_virGetLastErrorDomain()
        let message = gantry_virGetLastErrorMessage().map { String(cString: $0) } ?? "no reason given"
        gantry_virResetLastError()
        return LibvirtErrorMapping.error(what(), number: code, domain: domain, message: message)
    }
}
