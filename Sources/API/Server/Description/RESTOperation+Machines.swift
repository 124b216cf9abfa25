import HTTPTypes
import InfrastructureModel

/// Single machines.
extension RESTOperation {
    static let machine = RESTOperation(
        method: .get, path: "/infrastructures/:id/vms/:vm", name: "getMachine", section: .machines,
        summary: "A machine as RADL", answers: [.text, .json("Machine")], refusals: [415])

    static let alter = RESTOperation(
        method: .put, path: "/infrastructures/:id/vms/:vm", name: "alterMachine", section: .machines,
        summary: "Give it another size or more disks",
        body: document("RADL with what changes."), answers: [.text, .json("Machine")], refusals: [409])

    static let remove = RESTOperation(
        method: .delete, path: "/infrastructures/:id/vms/:vm", name: "removeMachines", section: .machines,
        summary: "Remove machines", details: "Several numbers stand with commas between: `1,4`.",
        parameters: [.flag("context", "Configure the others again.", default: "yes")],
        answers: [.empty], refusals: [409])

    static let machineProperty = RESTOperation(
        method: .get, path: "/infrastructures/:id/vms/:vm/:property", name: "getMachineProperty", section: .machines,
        summary: "A feature of a machine, `contmsg`, `console`, or `command`",
        parameters: [
            Parameter(
                "step", "Of `command`: 1, a program that asks until the machine is reached; 2, what it asks for.",
                schema: ["type": "string", "enum": ["1", "2"]])
        ],
        answers: [.text, .json("MachineProperty")], refusals: [415])

    static let snapshot = RESTOperation(
        method: .put, path: "/infrastructures/:id/vms/:vm/disks/:disk/snapshot", name: "createSnapshot",
        section: .machines, summary: "Make an image of a disk",
        parameters: [
            Parameter(
                "image_name", "Name of the image.", schema: ["type": "string", "minLength": 1], isRequired: true),
            .flag("auto_delete", "It goes with the infrastructure."),
        ],
        answers: [.text], refusals: [409, 415])

    static func power(_ call: PowerCall) -> RESTOperation {
        let verb = call.rawValue.prefix(1).uppercased() + call.rawValue.dropFirst()
        return RESTOperation(
            method: .put, path: "/infrastructures/:id/vms/:vm/\(call.rawValue)", name: "\(call.rawValue)Machine",
            section: .machines, summary: "\(verb) a machine", answers: [.empty], refusals: [409])
    }
}
