import HTTPTypes

/// Whole infrastructures.
extension RESTOperation {
    /// A document that asks for machines.
    static func document(_ text: String) -> Body {
        Body(
            text: text + " Without a type it is RADL. UTF-8, at most 16 MiB, not compressed.",
            contents: [
                Content(
                    "text/plain", ["type": "string"],
                    example: .text(
                        "network public (outbound = 'yes')\nsystem node (net_interface.0.connection = 'public' and "
                            + "disk.0.image.url = 'dummy://image')\ndeploy node 1\n")),
                .json("Document"), Content("text/yaml", ["type": "string"]),
                Content("text/x-yaml", ["type": "string"]), Content("application/yaml", ["type": "string"]),
            ],
            isRequired: false)
    }

    static let list = RESTOperation(
        method: .get, path: "/infrastructures", name: "listInfrastructures", section: .infrastructures,
        summary: "The caller's infrastructures, oldest first",
        parameters: [
            Parameter(
                "filter", "A regular expression that is found in their RADL or TOSCA.", schema: ["type": "string"])
        ],
        answers: Content.links, refusals: [400, 415])

    static let create = RESTOperation(
        method: .post, path: "/infrastructures", name: "createInfrastructure", section: .infrastructures,
        summary: "Make an infrastructure of RADL or TOSCA",
        details: "Answered when its machines are launched.",
        parameters: [
            .flag("async", "Answer as soon as it is on record."),
            .flag("dry_run", "Tell what it would use (always JSON), and make nothing."),
        ] + named,
        body: document("The document."),
        answers: [
            Content("text/uri-list", ["type": "string"], example: "http://127.0.0.1:8800/infrastructures/ID"),
            Content(
                "application/json",
                ["anyOf": [Content.component("Link"), Content.component("Plan"), Content.component("Estimate")]]),
        ],
        namesInfrastructure: true, refusals: [403, 404, 409])

    static let importing = RESTOperation(
        method: .put, path: "/infrastructures", name: "importInfrastructure", section: .infrastructures,
        summary: "Take over what was exported here or by IM",
        details: "The clouds that its machines are at have to be in the header.",
        parameters: [
            Parameter("name", "What it is called here; without it as in the export. IM does not have it.")
        ],
        body: Body(
            text: "What `data` gave: the object, or the text of it.",
            contents: [Content("application/json", ["type": ["object", "string"]])], isRequired: true),
        answers: Content.link, refusals: [403, 404, 409])

    static let info = RESTOperation(
        method: .get, path: "/infrastructures/:id", name: "getInfrastructure", section: .infrastructures,
        summary: "Its machines", answers: Content.links, refusals: [415])

    static let add = RESTOperation(
        method: .post, path: "/infrastructures/:id", name: "addMachines", section: .infrastructures,
        summary: "Add what a document deploys, or change it by a template",
        details:
            "Answered with the new machines when they are launched; while something else is carried out, after ten "
            + "seconds at most.",
        parameters: [.flag("context", "Configure the machines.", default: "yes")],
        body: document("The document."), answers: Content.links,
        namesInfrastructure: true, refusals: [409])

    static let destroy = RESTOperation(
        method: .delete, path: "/infrastructures/:id", name: "destroyInfrastructure", section: .infrastructures,
        summary: "Destroy it", details: "Interrupts what is under way.",
        parameters: [
            .flag("async", "Answer as soon as that is on record."),
            .flag("force", "For clients of IM: what a provider does not let go stays on record in any case."),
        ],
        answers: [.empty], refusals: [409])

    static let share = RESTOperation(
        method: .post, path: "/infrastructures/:id/authorization", name: "shareInfrastructure",
        section: .infrastructures, summary: "Share it with another user",
        parameters: [.flag("overwrite", "From now on with nobody else.")],
        body: Body(text: "The user.", contents: [.json("User")], isRequired: true),
        answers: [.empty], refusals: [409])

    static let reconfigure = RESTOperation(
        method: .put, path: "/infrastructures/:id/reconfigure", name: "reconfigureInfrastructure",
        section: .infrastructures, summary: "Configure its machines again",
        parameters: [
            Parameter(
                "vm_list", "Numbers of machines with commas; without it: all.",
                schema: ["type": "string", "pattern": "^[0-9]+(,[0-9]+)*$", "examples": ["0,2"]])
        ],
        body: document("Recipes, applications and credentials that change; may be empty."),
        answers: [.empty], namesInfrastructure: true, refusals: [409])

    static let start = power("start", "Start all machines")
    static let stop = power("stop", "Stop all machines")

    private static func power(_ call: String, _ summary: String) -> RESTOperation {
        RESTOperation(
            method: .put, path: "/infrastructures/:id/\(call)", name: "\(call)Infrastructure",
            section: .infrastructures, summary: summary, answers: [.empty], refusals: [409])
    }

    // MARK: Properties

    static let state = property("state", "State of the whole and of each machine", [.json("State")])
    static let radl = property("radl", "What it is made of, as RADL", [.text, .json("RADL")])
    static let contextualizationMessage = property(
        "contmsg", "What was told about its configuration", [.text, .json("ContextualizationMessage")],
        parameters: [.flag("headeronly", "Without what machines printed.")])
    static let owners = property(
        "authorization", "Names of its owners", [.text, .json("Owners")])
    static let template = property(
        "tosca", "The template that it was made of", [.text, .json("Template")], details: "403 where there is none.")
    static let outputs = property(
        "outputs", "Outputs of its template", [.json("Outputs")], details: "403 where there is no template.")
    static let export = property(
        "data", "Everything about it, for another service", [.json("Export")],
        details: "Passwords and keys of machines are in it.",
        parameters: [.flag("delete", "Forget it here; everything at its clouds stays.")], refusals: [409])

    /// Every other name.
    static let unknownProperty = RESTOperation(
        method: .get, path: "/infrastructures/:id/:property", name: "getInfrastructureProperty",
        section: .properties, summary: "Refusal of every other property", answers: [], refusals: [405])

    private static func property(
        _ name: String, _ summary: String, _ answers: [Content], details: String = "", parameters: [Parameter] = [],
        refusals: [Int] = []
    ) -> RESTOperation {
        RESTOperation(
            method: .get, path: "/infrastructures/:id/\(name)",
            name: "getInfrastructure" + name.prefix(1).uppercased() + name.dropFirst(), section: .properties,
            summary: summary, details: details, parameters: parameters, answers: answers, refusals: refusals + [415])
    }
}
