import CCurl
import Foundation
import Glibc
import Support

/// One thread that drives all transfers of a client through libcurl's multi handle.
///
/// `@unchecked Sendable`: `multi` and `active` belong to the loop's thread. Other threads use ``submit(_:)`` alone, which
/// locks the list of commands and calls `curl_multi_wakeup`, the one function of libcurl that any thread may call; the
/// multi handle lives until the loop is released, which its thread and every caller hold.
@safe
final class CurlLoop: @unchecked Sendable {
    enum Command: Sendable {
        case start(CurlTransfer)
        case abort(CurlTransfer, HTTPError)
        case resume(CurlTransfer)
        case stop
    }

    private struct Inbox: Sendable {
        var commands: [Command] = []
        var isStopped = false
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let multi: UnsafeMutableRawPointer
    private let inbox = LockedValue(Inbox())
    private var active: [UnsafeMutableRawPointer: CurlTransfer] = unsafe [:]

    init(connections: CurlClient.Connections) throws(HTTPError) {
        guard Self.isLibraryReady, let multi = unsafe curl_multi_init() else {
            throw HTTPError(code: .closed, message: "libcurl could not be started")
        }
        unsafe self.multi = multi
        unsafe gantry_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections.perHost)
        unsafe gantry_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections.total)
        unsafe gantry_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections.kept)
        let thread = Thread { [self] in run() }
        thread.name = "http"
        thread.start()
    }

    deinit { unsafe curl_multi_cleanup(multi) }

    /// Hands a command to the loop's thread. Never waits.
    func submit(_ command: Command) {
        let isAccepted = inbox.withLock { inbox -> Bool in
            guard !inbox.isStopped else { return false }
            inbox.commands.append(command)
            if case .stop = command { inbox.isStopped = true }
            return true
        }
        if isAccepted {
            unsafe curl_multi_wakeup(multi)
        } else if case .start(let transfer) = command {
            transfer.buffer.finish(HTTPError(code: .closed, message: "the HTTP client was shut down"))
        }
    }

    // MARK: - The loop's thread

    private func run() {
        blockSignals()
        while true {
            var isStopping = false
            for command in takeCommands() {
                if case .stop = command { isStopping = true }
                carryOut(command)
            }
            if isStopping { return }
            var running: Int32 = 0
            unsafe curl_multi_perform(multi, &running)
            collectFinished()
            // A command wakes the poll; the limit is only what a lost wake-up would cost.
            unsafe curl_multi_poll(multi, nil, 0, 10_000, nil)
        }
    }

    /// Signals belong to other threads. SIGPIPE above all: OpenSSL writes to sockets that the server has closed.
    private func blockSignals() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }

    private func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    private func carryOut(_ command: Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .abort(let transfer, let error): abort(transfer, error)
        case .resume(let transfer):
            if let handle = unsafe transfer.activeHandle { unsafe curl_easy_pause(handle, CURLPAUSE_CONT) }
        case .stop:
            let error = HTTPError(code: .closed, message: "the HTTP client was shut down", mayHaveBeenSent: true)
            for transfer in unsafe Array(active.values) { abort(transfer, error) }
        }
    }

    private func start(_ transfer: CurlTransfer) {
        // Cancelled before it began.
        guard !transfer.buffer.isFinished else { return }
        do throws(HTTPError) {
            let handle = unsafe try transfer.prepare()
            unsafe active[handle] = transfer
            let code = unsafe curl_multi_add_handle(multi, handle)
            if code != CURLM_OK {
                unsafe active[handle] = nil
                transfer.release()
                throw HTTPError(code: .invalidRequest, message: unsafe String(cString: curl_multi_strerror(code)))
            }
        } catch {
            transfer.release()
            transfer.buffer.finish(error)
        }
    }

    private func abort(_ transfer: CurlTransfer, _ error: HTTPError) {
        transfer.buffer.finish(error)
        guard let handle = unsafe transfer.activeHandle else { return }
        unsafe remove(handle)
    }

    private func collectFinished() {
        var result = CURLE_OK
        while let handle = unsafe gantry_curl_next_finished(multi, &result) {
            unsafe active[handle]?.finish(result)
            unsafe remove(handle)
        }
    }

    private func remove(_ handle: UnsafeMutableRawPointer) {
        unsafe curl_multi_remove_handle(multi, handle)
        unsafe active.removeValue(forKey: handle)?.release()
    }
}
