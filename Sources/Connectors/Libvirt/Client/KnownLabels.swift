import CLibvirt
import ConnectorAPI
import Support

/// What domains of a libvirt say of themselves, kept until it tells that one of them has changed: a look at hundreds of
/// machines asks for what is new alone. Somebody else's change is known when libvirtd has told of it, some
/// milliseconds later; our own at once. Any thread.
final class KnownLabels: Sendable {
    private struct State {
        /// nil for domains of others.
        var labels: [String: MachineLabel?] = [:]
        /// The last read of each that is under way; what a change overtook is not kept.
        var reads: [String: UInt64] = [:]
        var count: UInt64 = 0
    }

    private let state = LockedValue(State())

    /// The numbers of the watches, which somebody has to end; negative where libvirt does not tell.
    func watch(_ connection: OpaquePointer) -> [Int32] {
        let changed: gantry_virt_changed = { context, uuid in
            guard let context, let uuid else { return }
            Unmanaged<KnownLabels>.fromOpaque(context).takeUnretainedValue().forget(String(cString: uuid))
        }
        let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
            if let context { Unmanaged<KnownLabels>.fromOpaque(context).release() }
        }
        let watches = [
            gantry_virt_watch_definitions(connection, changed, Unmanaged.passRetained(self).toOpaque(), release),
            gantry_virt_watch_metadata(connection, changed, Unmanaged.passRetained(self).toOpaque(), release),
        ]
        if watches.contains(where: { $0 < 0 }) { gantry_virResetLastError() }
        return watches
    }

    /// What is known, else what `read` answers.
    func label(
        _ uuid: String, _ read: () throws(ConnectorError) -> MachineLabel?
    ) throws(ConnectorError) -> MachineLabel? {
        let (known, number) = state.withLock { state -> (MachineLabel??, UInt64) in
            if let known = state.labels[uuid] { return (known, 0) }
            state.count += 1
            state.reads[uuid] = state.count
            return (nil, state.count)
        }
        if let known { return known }
        let label = try read()
        state.withLock { state in
            guard state.reads[uuid] == number else { return }
            state.reads[uuid] = nil
            state.labels[uuid] = .some(label)
        }
        return label
    }

    /// Any may have changed: nobody was told.
    func forgetAll() {
        state.withLock { state in
            state.labels = [:]
            state.reads = [:]
        }
    }

    /// It has changed, or may have.
    func forget(_ uuid: String) {
        state.withLock { state in
            state.labels[uuid] = nil
            state.reads[uuid] = nil
        }
    }
}
