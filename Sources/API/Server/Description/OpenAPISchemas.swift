import InfrastructureModel

/// Shapes of JSON bodies.
enum OpenAPISchemas {
    static let all: OrderedJSON = [
        "Refusal": object(["message": text, "code": ["type": "integer"]]),
        "Description": [
            "type": "object", "required": ["openapi", "info", "paths"],
            "properties": ["openapi": text, "info": ["type": "object"], "paths": ["type": "object"]],
        ],
        "Version": object(["version": text]),
        "Link": object(["uri": text]),
        "Links": object(["uri-list": list(reference("Link"))]),
        "Document": [
            "type": "array", "description": "RADL as JSON.",
            "items": ["type": "object", "required": ["class"], "properties": ["class": text]],
        ],
        "User": [
            "type": "object", "additionalProperties": text,
            "properties": ["type": ["const": "InfrastructureManager"]],
            "anyOf": [["required": ["username", "password"]], ["required": ["token"]]],
        ],
        "State": object([
            "state": object([
                "state": states(InfrastructureState.allCases.map(\.rawValue)),
                "vm_states": map(states(MachineState.allCases.map(\.rawValue))),
            ])
        ]),
        "RADL": object(["radl": text]),
        "ContextualizationMessage": object(["contmsg": text]),
        "Owners": object(["authorization": list(text)]),
        "Template": object(["tosca": text]),
        "Outputs": object(["outputs": ["type": "object"]]),
        "Export": object([
            "data": ["type": "string", "description": "JSON in a text.", "contentMediaType": "application/json"]
        ]),
        "Machine": object(["radl": reference("Document")]),
        "MachineProperty": [
            "type": "object", "minProperties": 1, "maxProperties": 1,
            "additionalProperties": ["type": ["string", "number"]],
        ],
        "Estimate": map(
            object(
                [
                    "cloudType": text, "cloudEndpoint": text,
                    "compute": list(
                        object(
                            [
                                "cpuCores": count, "memoryInMegabytes": count, "diskSizeInGigabytes": count,
                                "publicIP": ["const": 1], "GPU": count,
                            ], optional: ["diskSizeInGigabytes", "publicIP", "GPU"])),
                    "storage": list(object(["sizeInGigabytes": count, "type": text], optional: ["type"])),
                ])),
        "Images": object(["images": list(object(["uri": text, "name": text]))]),
        "Quotas": object([
            "quotas": map(object(["used": ["type": "integer"], "limit": ["type": "integer", "minimum": -1]]))
        ]),
        "Statistics": object([
            "stats": list(
                object([
                    "creation_date": time, "tosca_name": text, "vm_count": count, "cpu_count": count,
                    "memory_size": count, "cloud_type": text, "cloud_host": text, "hybrid": ["type": "boolean"],
                    "deleted": ["type": "boolean"], "im_user": text, "inf_id": text, "last_date": time,
                ]))
        ]),
        "Summary": object(["summary": reference("InfrastructureSummary")]),
        "Summaries": object(["summaries": list(reference("InfrastructureSummary"))]),
        "InfrastructureSummary": object(
            [
                "id": text, "name": text, "state": text, "created": text, "machines": list(machine),
                "vanished": list(machine),
                "resources": list(
                    object(
                        ["kind": text, "id": text, "name": text, "cloud": text, "problem": text],
                        optional: ["name", "problem"])),
                "lastFailure": text,
                "underWay": list(object(["kind": text, "by": text, "left": text], optional: ["by", "left"])),
                "lastEvent": count,
            ], optional: ["name", "vanished", "lastFailure", "underWay", "lastEvent"]),
        "Events": object([
            "events": list(
                object(
                    [
                        "sequence": count, "time": text, "kind": text, "machine": count, "text": text,
                        "generation": count, "payload": text,
                    ], optional: ["machine", "generation", "payload"]))
        ]),
        "Plan": object(["plan": plan]),
    ]

    private static let machine: OrderedJSON = object(
        [
            "number": count, "system": text, "state": text, "detail": text, "remark": text,
            "warnings": list(text), "cloud": text, "provider": text, "addresses": list(text), "cpus": count,
            "memoryBytes": count,
        ], optional: ["detail", "remark", "warnings", "provider", "cpus", "memoryBytes"])

    private static let plan: OrderedJSON = object(
        [
            "existing": text, "added": list(object(["system": text, "place": offer, "alternatives": list(offer)])),
            "removed": list(object(["id": text, "system": text, "reason": text])),
            "kept": list(object(["number": count, "system": text, "state": text])), "networks": list(text),
            "rejections": list(object(["system": text, "cloud": text, "reason": text])), "recipes": list(text),
            "warnings": list(text), "difference": ["type": "object"],
        ], optional: ["existing", "difference"])

    private static let offer: OrderedJSON = object(
        [
            "cloud": text, "type": text, "image": text, "flavor": text, "cpus": count, "memoryBytes": count,
            "price": ["type": "number"], "remark": text,
        ], optional: ["cpus", "memoryBytes", "price", "remark"])

    // MARK: Parts

    private static let text: OrderedJSON = ["type": "string"]
    private static let count: OrderedJSON = ["type": "integer", "minimum": 0]
    private static let time: OrderedJSON = [
        "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
    ]

    private static func reference(_ name: String) -> OrderedJSON { RESTOperation.Content.component(name) }
    private static func list(_ items: OrderedJSON) -> OrderedJSON { ["type": "array", "items": items] }
    private static func map(_ values: OrderedJSON) -> OrderedJSON {
        ["type": "object", "additionalProperties": values]
    }
    private static func states(_ names: [String]) -> OrderedJSON { ["type": "string", "enum": .texts(names)] }

    /// An object with these members and no others.
    private static func object(_ members: OrderedJSON, optional: Set<String> = []) -> OrderedJSON {
        guard case .object(let list) = members else { return members }
        let required = list.map(\.name).filter { !optional.contains($0) }
        return [
            "type": "object", "required": .texts(required), "properties": members, "additionalProperties": false,
        ]
    }
}
