import ConnectorAPI
import Foundation
import Glibc

/// One rule of the fault script: what goes wrong at which call.
struct DummyFault: Sendable, Hashable {
    var call: String
    /// First call that is hit, from 1; nil: the first.
    var nth: Int
    /// How many calls are hit from there on; nil: all.
    var times: Int?
    var error: ConnectorError?
    /// Only these items of a batch fail.
    var items: [Int]?
    var delayMs: Int?
    var hangs: Bool
    var diesBefore: Bool
    var diesAfter: Bool
    var lost: Bool
    var state: Machine.State?
    /// Identifies the rule in the state file, where its calls are counted.
    var key: String

    init(_ value: JSONValue, field: String) throws {
        func wrong(_ what: String) -> ConnectorError {
            ConnectorError(code: .invalidArgument, message: "a fault of the Dummy \(what)", field: field)
        }
        func flag(_ name: String) -> Bool { value[name] == .bool(true) }
        func integer(_ name: String) -> Int? { value[name]?.integerValue.map(Int.init) }
        guard let call = value["call"]?.stringValue else {
            throw wrong("needs \"call\", such as \"machine.launch\"")
        }
        self.call = call
        hangs = flag("hang")
        diesBefore = flag("dieBefore")
        diesAfter = flag("dieAfter")
        lost = flag("lost")
        delayMs = integer("delayMs")
        if let name = value["state"]?.stringValue {
            guard let known = Machine.State(rawValue: name) else { throw wrong("has the unknown state '\(name)'") }
            state = known
        }
        if case .array(let list)? = value["items"] {
            items = list.compactMap { $0.integerValue.map(Int.init) }
        }
        let code = value["error"]?.stringValue ?? (lost ? "unavailable" : nil)
        if let code {
            error = ConnectorError(
                code: .init(rawValue: code),
                message: value["message"]?.stringValue ?? "the Dummy was told to fail \(call) with \(code)",
                retryAfterMs: integer("retryAfterMs"),
                provider: .init(code: "DummyFault"))
        }
        // What ends or blocks a process happens once unless told otherwise: a retry shall get through.
        let once = hangs || diesBefore || diesAfter || lost || value["nth"] != nil
        nth = max(1, integer("nth") ?? 1)
        times = integer("times") ?? (once ? 1 : nil)
        var fingerprint = Fingerprint()
        fingerprint.add(value)
        key = fingerprint.text
    }

    func matches(_ name: String) -> Bool { call == "*" || call == name }

    /// Whether the call with this number among those that match is hit.
    func hits(_ number: Int) -> Bool {
        number >= nth && (times.map { number < nth + $0 } ?? true)
    }
}

/// What the fault script says about one call.
struct DummyFaultPlan: Sendable {
    var delayMs = 0
    var hangs = false
    var diesBefore = false
    var diesAfter = false
    var error: ConnectorError?
    var lost: ConnectorError?
    var failingItems: [Int: ConnectorError] = [:]
    var failedState: Machine.State?
    /// Items that ``failedState`` is for; nil: all.
    var failedItems: [Int]?

    init(_ faults: [DummyFault] = []) {
        for fault in faults {
            delayMs += fault.delayMs ?? 0
            hangs = hangs || fault.hangs
            diesBefore = diesBefore || fault.diesBefore
            diesAfter = diesAfter || fault.diesAfter
            if let state = fault.state {
                failedState = state
                failedItems = fault.items
            } else if let error = fault.error {
                if fault.lost {
                    lost = error
                } else if let items = fault.items {
                    for item in items { failingItems[item] = error }
                } else {
                    self.error = error
                }
            }
        }
    }

    /// What happens before the effect.
    func before() async throws {
        if delayMs > 0 { try await sleep(.milliseconds(delayMs)) }
        if diesBefore { Self.die() }
        if hangs { try await sleep(.seconds(365 * 86_400)) }
        if let error { throw error }
    }

    /// What happens between the effect and the answer.
    func after() throws {
        if diesAfter { Self.die() }
        if let lost { throw lost }
    }

    private func sleep(_ duration: Duration) async throws {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw ConnectorError(code: .cancelled, message: "the call was cancelled")
        }
    }

    /// Ends the process as a crash would: no handler, no flush.
    private static func die() {
        kill(getpid(), SIGKILL)
    }
}
