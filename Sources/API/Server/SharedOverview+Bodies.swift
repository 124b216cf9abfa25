import Foundation
import HTTPTypes
import Hummingbird
import InfrastructureModel
import JSONCoding
import NIOCore
import Orchestration
import XMLRPC

extension SharedOverview {
    /// `{"state": {"state": …, "vm_states": {"0": …}}}`.
    var stateBody: ByteBuffer {
        form("state") { overview in
            // Words of ours and digits: nothing in them is escaped.
            var buffer = ByteBuffer()
            buffer.reserveCapacity(64 + 24 * overview.machines.count)
            buffer.writeString("{\"state\":{\"state\":\"\(overview.toldState.rawValue)\",\"vm_states\":{")
            var isFirst = true
            for machine in overview.machines where machine.isListed {
                buffer.writeString(isFirst ? "\"" : ",\"")
                isFirst = false
                buffer.writeString("\(machine.id.number)")
                buffer.writeString("\":\"")
                buffer.writeString(machine.state.rawValue)
                buffer.writeString("\"")
            }
            buffer.writeString("}}}")
            return buffer
        }
    }

    /// As XML-RPC tells it.
    var stateValue: XMLRPCValue {
        form("state value") { overview in
            let value: XMLRPCValue = [
                "state": .string(overview.toldState.rawValue),
                "vm_states": .structure(
                    overview.machines.filter(\.isListed).map {
                        XMLRPCValue.Member(String($0.id.number), .string($0.state.rawValue))
                    }),
            ]
            return value.written()
        }
    }

    /// The same numbers as ``numbers``, as XML-RPC tells them.
    var numbersValue: XMLRPCValue {
        form("numbers value") { _ in XMLRPCValue.array(numbers.map { .string(String($0)) }).written() }
    }

    /// Numbers of the machines that are there to stay, in order.
    var numbers: [Int] {
        form("numbers") { overview in
            overview.machines.filter { $0.isListed && $0.goal == .present }.map(\.id.number)
        }
    }
}

extension SharedOverview {
    /// Links to the machines that are there to stay.
    func links(under address: String, form kind: Accept.Form) throws -> Response {
        switch kind {
        case .json:
            return .json(
                try form("json \(address)") { _ in
                    let links = numbers.map { InfrastructureHarness.Link(uri: "\(address)/vms/\($0)") }
                    return ByteBuffer(bytes: try JSONText.encode(["uri-list": links]))
                })
        case .own:
            let buffer = form("links \(address)") { _ in
                ByteBuffer(string: numbers.map { "\(address)/vms/\($0)" }.joined(separator: "\n"))
            }
            return Response(
                status: .ok, headers: [.contentType: "text/uri-list; charset=utf-8"], body: .init(byteBuffer: buffer))
        }
    }
}

extension InfrastructureOverview {
    var toldState: InfrastructureState {
        if isWithoutDeploy { return .failed }
        // IM's, where all machines were removed.
        let isEmpty = infrastructure.nextNumber > 0 && !machines.contains(where: \.isListed)
        return isEmpty && state == .configured ? .unknown : state
    }

    /// Whether its document asked for no machine. IM's clients are told that it failed (im.md 5.2): who sent an empty
    /// document meant something else.
    var isWithoutDeploy: Bool {
        machines.isEmpty && infrastructure.nextNumber == 0 && infrastructure.phase == .active
            && infrastructure.goal == .present
    }

    /// IM's line of `contmsg` about that (im.md 5.5); nil where it does not apply.
    func withoutDeploy(after time: Date?) -> InfrastructureEvent? {
        guard isWithoutDeploy else { return nil }
        return InfrastructureEvent(
            infrastructure: infrastructure.id, time: time ?? infrastructure.createdAt, kind: .message,
            text: "Infrastructure without any deploy. Exiting.")
    }
}
